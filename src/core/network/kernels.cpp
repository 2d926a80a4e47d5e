// The fast kernels of convolution and activation, in one file so that they are inlined into each other.

#include "core/network/kernels.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/network/activation.h"

namespace cytodrop {
namespace {

/// Pixels side by side in a row of a convolution's output: where the first reads and writes, and how far it is to the next.
struct Strip {
  int count;
  const float* in;
  const float* residual;
  float* out;
  std::ptrdiff_t in_step, residual_step, out_step;

  /// The `size` pixels after these.
  Strip next(int size) const {
    Strip strip = *this;
    strip.count = size;
    strip.in += count * in_step;
    strip.residual += residual ? count * residual_step : 0;
    strip.out += count * out_step;
    return strip;
  }
};

/// What is done to sums once they are complete. `store_tile` clamps and adds while they are in registers.
struct Ending {
  bool clamps;    ///< a projection has no activation: a clamp without bounds changes no bit, and costs two of its few operations per sum
  bool adds;      ///< there is a residual, and all activations are clamps
  bool finishes;  ///< an activation is more than a clamp: `finish` goes over whole pixels
};

Ending ending_of(const Convolution& convolution, const Map* residual) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Nonlinearity &activation = convolution.activation, &after = convolution.after;
  const bool only_clamps = activation.kind == NonlinearityKind::kClamp && after.kind == NonlinearityKind::kClamp;
  return {.clamps = activation.low > -kInfinity || activation.high < kInfinity, .adds = only_clamps && residual, .finishes = !only_clamps};
}

/// A convolution on its way over its maps; `residual` is null or of the output's size.
struct Sweep {
  const Convolution& convolution;
  Map in;
  int top, left;
  const Map* residual;
  Map out;
  Ending ending;

  Strip strip(int y, int x, int count) const {
    const Window& window = convolution.window;
    return {.count = count, .in = in.at(y * window.stride_y - top, x * window.stride_x - left),
            .residual = residual ? residual->at(y, x) : nullptr, .out = out.at(y, x), .in_step = window.stride_x * in.pixel_stride,
            .residual_step = residual ? residual->pixel_stride : 0, .out_step = out.pixel_stride};
  }
};

/// The weights that meet one output pixel: `rows` × `runs` runs of `length` floats that lie side by side.
struct Taps {
  int rows;
  int runs;
  int length;
  std::ptrdiff_t row_step;
  std::ptrdiff_t run_step;

  /// From a row's last run to the next row's first.
  std::ptrdiff_t row_gap() const { return row_step - (runs - 1) * run_step; }
  std::ptrdiff_t depth() const { return static_cast<std::ptrdiff_t>(rows) * runs * length; }
};

Taps taps_of(const Convolution& convolution, const Map& in) {
  const Window& window = convolution.window;
  Taps taps{.rows = window.height, .runs = window.width, .length = convolution.inputs,
            .row_step = window.dilation_y * in.row_stride, .run_step = window.dilation_x * in.pixel_stride};
  if (window.dilation_x == 1 && in.pixel_stride == convolution.inputs) {
    taps.length *= std::exchange(taps.runs, 1);  // pixels without gaps: a kernel row is one run
  }
  return taps;
}

/// values[i] = body(values[i]) for `count` values, a multiple of four.
template <typename Body>
void each_four(float* values, int count, Body body) {
  for (int i = 0; i < count; i += 4) store4(values + i, body(load4(values + i)));
}

void activate_in_place(const Nonlinearity& f, float* values, int count) {
  // The kind is known to each loop, so that each is a short one.
  switch (f.kind) {
    case NonlinearityKind::kClamp: return each_four(values, count, [&](Float4 x) { return clamp(x, splat4(f.low), splat4(f.high)); });
    case NonlinearityKind::kSigmoid: return each_four(values, count, sigmoid<Float4>);
    case NonlinearityKind::kHardSigmoid: return each_four(values, count, [&](Float4 x) { return hard_sigmoid(x, f.slope, f.offset); });
    case NonlinearityKind::kSilu: return each_four(values, count, silu<Float4>);
    case NonlinearityKind::kHardSwish: return each_four(values, count, hard_swish<Float4>);
  }
}

/// Activation, residual, activation over the sums of whole pixels.
void finish(const Convolution& convolution, const Strip& strip) {
  const int channels = round_up_to_4(convolution.outputs);
  for (int p = 0; p < strip.count; ++p) {
    float* out = strip.out + p * strip.out_step;
    activate_in_place(convolution.activation, out, channels);
    if (!strip.residual) continue;
    const float* residual = strip.residual + p * strip.residual_step;
    for (int c = 0; c < channels; c += 4) store4(out + c, load4(out + c) + load4(residual + c));
    activate_in_place(convolution.after, out, channels);
  }
}

/// The sums of kPixels pixels × 4 · kVectors outputs, in registers.
template <int kPixels, int kVectors>
using Sums = Float4[std::size_t{kPixels}][std::size_t{kVectors}];

template <int kPixels, int kVectors>
void store_tile(const Convolution& convolution, const Ending& ending, Sums<kPixels, kVectors>& sum, const Strip& strip, int channel) {
  if (ending.clamps) {
    const Float4 low = splat4(convolution.activation.low), high = splat4(convolution.activation.high);
    for (int p = 0; p < kPixels; ++p) {
      for (int v = 0; v < kVectors; ++v) sum[p][v] = clamp(sum[p][v], low, high);
    }
  }
  if (ending.adds) {
    const Float4 lower = splat4(convolution.after.low), upper = splat4(convolution.after.high);
    const float* residual = strip.residual + channel;
    for (int p = 0; p < kPixels; ++p, residual += strip.residual_step) {
      for (int v = 0; v < kVectors; ++v) sum[p][v] = clamp(sum[p][v] + load4(residual + 4 * v), lower, upper);
    }
  }
  float* out = strip.out + channel;
  for (int p = 0; p < kPixels; ++p, out += strip.out_step) {
    for (int v = 0; v < kVectors; ++v) store4(out + 4 * v, sum[p][v]);
  }
}

/// Strips of kPixels pixels of a dense convolution, outputs `first` to `last` in blocks of 4 · kVectors; the sums of a block stay in
/// registers from the first weight to the last. kOneRun: `taps` are one run, as those of 1×1.
template <int kPixels, int kVectors, bool kOneRun>
void dense_tiles(const Convolution& convolution, const Taps& taps, const Ending& ending, std::span<const Strip> strips, int first, int last) {
  constexpr int kTurn = 8;
  const float* const first_weight = convolution.packed.data() + first * taps.depth();
  const int last_steps = (taps.length - 1) % kTurn + 1;
  for (const Strip& strip : strips) {
    const float* weight = first_weight;
    for (int channel = first; channel < last; channel += 4 * kVectors) {
      Sums<kPixels, kVectors> sum;
      for (int v = 0; v < kVectors; ++v) {
        const Float4 bias = load4(convolution.bias.data() + channel + 4 * v);
        for (int p = 0; p < kPixels; ++p) sum[p][v] = bias;
      }
      const float* pixel = strip.in;
      for (int row = 0, run = 0;;) {
        const float* in[std::size_t{kPixels}];
        for (int p = 0; p < kPixels; ++p) in[p] = pixel + p * strip.in_step;
        const auto step = [&](int i) {
          Float4 w[std::size_t{kVectors}];
          for (int v = 0; v < kVectors; ++v) w[v] = load4(weight + (i * kVectors + v) * 4);
          for (int p = 0; p < kPixels; ++p) {
            const Float4 value = splat4(in[p][i]);
            for (int v = 0; v < kVectors; ++v) sum[p][v] += value * w[v];
          }
        };
        // Several steps a turn, with a way out after each: without it the optimisers put all that one sum needs in these steps
        // side by side, and the weights of all steps and all sums do not fit the registers.
        const auto ends = [&]<int... kStep>(std::integer_sequence<int, kStep...>, int left) { return ((step(kStep), left == kStep + 1) || ...); };
        for (int left = taps.length; !ends(std::make_integer_sequence<int, kTurn>{}, left); left -= kTurn) {
          weight += kTurn * 4 * kVectors;
          for (int p = 0; p < kPixels; ++p) in[p] += kTurn;
        }
        weight += last_steps * 4 * kVectors;
        if (kOneRun) break;
        if (++run < taps.runs) {
          pixel += taps.run_step;
          continue;
        }
        if (++row == taps.rows) break;
        run = 0;
        pixel += taps.row_gap();
      }
      store_tile<kPixels, kVectors>(convolution, ending, sum, strip, channel);
    }
  }
}

/// With 8 outputs the most whose sums, weights and products fit the 15 registers that V8 has on x86-64.
constexpr int kTilePixels = 5;
/// Strips that share the weights of a few outputs while these lie in the first-level cache, and how many floats these are.
constexpr std::size_t kChunkStrips = 8;
constexpr std::ptrdiff_t kSharedWeights = 4'096;

/// All outputs of a few strips of the same length. `group`: how many outputs share the cache.
template <bool kOneRun, int kPixels = kTilePixels>
void dense_chunk(const Convolution& convolution, const Taps& taps, const Ending& ending, int group, std::span<const Strip> strips) {
  if constexpr (kPixels > 1) {
    if (strips[0].count < kPixels) return dense_chunk<kOneRun, kPixels - 1>(convolution, taps, ending, group, strips);
  }
  const int channels = round_up_to_4(convolution.outputs), in_blocks = channels / 8 * 8;
  for (int first = 0; first < in_blocks; first += group) {
    dense_tiles<kPixels, 2, kOneRun>(convolution, taps, ending, strips, first, std::min(first + group, in_blocks));
  }
  if (in_blocks < channels) dense_tiles<kPixels, 1, kOneRun>(convolution, taps, ending, strips, in_blocks, channels);
  if (!ending.finishes) return;
  for (const Strip& strip : strips) finish(convolution, strip);
}

template <bool kOneRun>
void convolve_rows(const Sweep& sweep, const Taps& taps) {
  const int group = static_cast<int>(std::max(kSharedWeights / (8 * taps.depth()), std::ptrdiff_t{1})) * 8;
  std::array<Strip, kChunkStrips> strips;
  std::size_t count = 0;
  const auto flush = [&] { dense_chunk<kOneRun>(sweep.convolution, taps, sweep.ending, group, {strips.data(), std::exchange(count, 0)}); };
  // A row of 16 pixels as 4, 4, 4, 4 rather than 5, 5, 5, 1.
  const int in_row = (sweep.out.width + kTilePixels - 1) / kTilePixels, size = sweep.out.width / in_row, larger = sweep.out.width % in_row;
  for (int y = 0; y < sweep.out.height; ++y) {
    Strip strip = sweep.strip(y, 0, 0);
    for (int i = 0; i < in_row; ++i) {
      strip = strip.next(i < larger ? size + 1 : size);
      if (count == strips.size() || (count > 0 && strips[0].count != strip.count)) flush();
      strips[count++] = strip;
    }
  }
  flush();
}

void convolve_dense(Sweep sweep) {
  const Window& window = sweep.convolution.window;
  const auto has_no_gaps = [&](const Map& map) { return map.row_stride == sweep.out.width * map.pixel_stride; };
  if (window.taps() == 1 && window.stride_y == 1 && window.stride_x == 1 && has_no_gaps(sweep.in) && has_no_gaps(sweep.out) &&
      (!sweep.residual || has_no_gaps(*sweep.residual))) {
    sweep.out.width *= std::exchange(sweep.out.height, 1);  // all rows are one
  }
  const Taps taps = taps_of(sweep.convolution, sweep.in);
  taps.rows * taps.runs == 1 ? convolve_rows<true>(sweep, taps) : convolve_rows<false>(sweep, taps);
}

/// A strip × 4 channels of a depthwise convolution.
///
/// Args:
///   kKernel, kStride: size and step of the kernel where they are known when compiling, else 0.
///   channels: from a tap's weights to the next's.
template <int kPixels, int kKernel, int kStride>
void depthwise_tile(const Convolution& convolution, const Ending& ending, const Map& map, int channels, const Strip& strip, int channel) {
  const Window& window = convolution.window;
  const float *in = strip.in + channel, *weight = convolution.packed.data() + channel;
  Sums<kPixels, 1> sum;
  const Float4 bias = load4(convolution.bias.data() + channel);
  for (int p = 0; p < kPixels; ++p) sum[p][0] = bias;
  for (int ky = 0; ky < window.height; ++ky, in += window.dilation_y * map.row_stride) {
    if constexpr (kKernel > 0) {
      // Each input of a row is loaded once and meets its outputs from the left to the right: theirs is the order of kx.
      Float4 w[std::size_t{kKernel}];
      for (int kx = 0; kx < kKernel; ++kx, weight += channels) w[kx] = load4(weight);
      for (int column = 0; column < kStride * (kPixels - 1) + kKernel; ++column) {
        const Float4 value = load4(in + column * map.pixel_stride);
        for (int kx = 0; kx < kKernel; ++kx) {
          const int p = (column - kx) / kStride;
          if (column >= kx && (column - kx) % kStride == 0 && p < kPixels) sum[p][0] += value * w[kx];
        }
      }
    } else {
      for (int kx = 0; kx < window.width; ++kx, weight += channels) {
        const Float4 w = load4(weight);
        const float* pixel = in + kx * window.dilation_x * map.pixel_stride;
        for (int p = 0; p < kPixels; ++p, pixel += strip.in_step) sum[p][0] += load4(pixel) * w;
      }
    }
  }
  store_tile<kPixels, 1>(convolution, ending, sum, strip, channel);
}

template <int kKernel, int kStride>
void convolve_depthwise(const Sweep& sweep) {
  constexpr int kPixels = 4;
  const int channels = round_up_to_4(sweep.convolution.outputs);
  for (int y = 0; y < sweep.out.height; ++y) {
    const auto tile = [&]<int kCount>(std::integral_constant<int, kCount>, int x) {
      const Strip strip = sweep.strip(y, x, kCount);
      for (int c = 0; c < channels; c += 4) depthwise_tile<kCount, kKernel, kStride>(sweep.convolution, sweep.ending, sweep.in, channels, strip, c);
      if (sweep.ending.finishes) finish(sweep.convolution, strip);
    };
    int x = 0;
    for (; x + kPixels <= sweep.out.width; x += kPixels) tile(std::integral_constant<int, kPixels>{}, x);
    for (; x < sweep.out.width; ++x) tile(std::integral_constant<int, 1>{}, x);
  }
}

}  // namespace

std::vector<float> pack_weights(const Convolution& convolution) {
  const Window& window = convolution.window;
  const int outputs = convolution.outputs, depth = convolution.inputs_per_output(), padded = round_up_to_4(outputs);
  const int taps = window.height * window.width;
  std::vector<float> packed(static_cast<std::size_t>(padded) * static_cast<std::size_t>(taps * depth));
  for (int output = 0; output < outputs; ++output) {
    const int block = convolution.depthwise ? 0 : output / 8 * 8;
    const int block_width = convolution.depthwise ? padded : std::min(8, padded - block);
    for (int i = 0; i < depth; ++i) {
      for (int tap = 0; tap < taps; ++tap) {
        const int to = block * taps * depth + (tap * depth + i) * block_width + output - block;
        packed[static_cast<std::size_t>(to)] = convolution.weights[static_cast<std::size_t>((output * depth + i) * taps + tap)];
      }
    }
  }
  return packed;
}

void convolve(const Convolution& convolution, const Map& in, int top, int left, const Map* residual, const Map& out) {
  const Window& window = convolution.window;
  const Sweep sweep{convolution, in, top, left, residual, out, ending_of(convolution, residual)};
  if (!convolution.depthwise) return convolve_dense(sweep);
  const bool square = window.height == window.width && window.dilation_y == 1 && window.dilation_x == 1;
  const int size = square ? window.width : 0, stride = window.stride_x;
  if (size == 3 && stride == 1) return convolve_depthwise<3, 1>(sweep);
  if (size == 3 && stride == 2) return convolve_depthwise<3, 2>(sweep);
  if (size == 5 && stride == 1) return convolve_depthwise<5, 1>(sweep);
  if (size == 5 && stride == 2) return convolve_depthwise<5, 2>(sweep);
  convolve_depthwise<0, 0>(sweep);
}

void activate(const Nonlinearity& activation, const Map& in, const Map& out) {
  const int channels = round_up_to_4(out.channels);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      std::copy_n(in.at(y, x), channels, out.at(y, x));
      activate_in_place(activation, out.at(y, x), channels);
    }
  }
}

}  // namespace cytodrop
