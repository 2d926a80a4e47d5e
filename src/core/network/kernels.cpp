#include "core/network/kernels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "core/network/activation.h"

namespace cytodrop {
namespace {

/// Where one pixel of a convolution reads and writes.
struct Pixel {
  const float* in;
  const float* residual;
  float* out;
};

/// The weights that meet one output pixel: `rows` × `runs` runs of `length` floats that lie side by side.
struct Taps {
  int rows;
  int runs;
  int length;
  std::ptrdiff_t row_step;
  std::ptrdiff_t run_step;

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

/// Activation, residual, activation over the sums of whole pixels; only where an activation is more than a clamp.
void finish(const Convolution& convolution, const Pixel* pixels, std::size_t count) {
  const int channels = round_up_to_4(convolution.outputs);
  for (std::size_t p = 0; p < count; ++p) {
    float* out = pixels[p].out;
    activate_in_place(convolution.activation, out, channels);
    if (!pixels[p].residual) continue;
    for (int c = 0; c < channels; c += 4) store4(out + c, load4(out + c) + load4(pixels[p].residual + c));
    activate_in_place(convolution.after, out, channels);
  }
}

bool only_clamps(const Convolution& convolution) {
  return convolution.activation.kind == NonlinearityKind::kClamp && convolution.after.kind == NonlinearityKind::kClamp;
}

/// Stores a tile, finished where all activations are clamps; `finish` does the rest.
template <std::size_t kPixels, std::size_t kVectors>
void store_tile(const Convolution& convolution, bool clamps, Float4 (&sum)[kPixels][kVectors], const Pixel* pixels,
                int channel) {
  const Float4 low = splat4(convolution.activation.low), high = splat4(convolution.activation.high);
  // A projection has no activation: a clamp without bounds changes no bit, and costs two of its few operations per sum.
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (convolution.activation.low > -kInfinity || convolution.activation.high < kInfinity) {
    for (std::size_t p = 0; p < kPixels; ++p) {
      for (std::size_t v = 0; v < kVectors; ++v) sum[p][v] = clamp(sum[p][v], low, high);
    }
  }
  if (clamps && pixels[0].residual) {
    const Float4 lower = splat4(convolution.after.low), upper = splat4(convolution.after.high);
    for (std::size_t p = 0; p < kPixels; ++p) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        sum[p][v] = clamp(sum[p][v] + load4(pixels[p].residual + channel + 4 * v), lower, upper);
      }
    }
  }
  for (std::size_t p = 0; p < kPixels; ++p) {
    for (std::size_t v = 0; v < kVectors; ++v) store4(pixels[p].out + channel + 4 * v, sum[p][v]);
  }
}

/// kPixels pixels of a dense convolution, outputs `first` to `last` in blocks of 4 · kVectors; the sums of a block stay in
/// registers from the first weight to the last.
template <std::size_t kPixels, std::size_t kVectors>
void dense_tile(const Convolution& convolution, const Taps& taps, bool clamps, const Pixel* pixels, int first, int last) {
  const float* weight = convolution.packed.data() + first * taps.depth();
  for (int channel = first; channel < last; channel += static_cast<int>(4 * kVectors)) {
    Float4 sum[kPixels][kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) {
      const Float4 bias = load4(convolution.bias.data() + channel + 4 * v);
      for (std::size_t p = 0; p < kPixels; ++p) sum[p][v] = bias;
    }
    for (int row = 0; row < taps.rows; ++row) {
      for (int run = 0; run < taps.runs; ++run) {
        const float* in[kPixels];
        for (std::size_t p = 0; p < kPixels; ++p) in[p] = pixels[p].in + row * taps.row_step + run * taps.run_step;
        const auto step = [&](std::size_t i) {
          Float4 w[kVectors];
          for (std::size_t v = 0; v < kVectors; ++v) w[v] = load4(weight + (i * kVectors + v) * 4);
          for (std::size_t p = 0; p < kPixels; ++p) {
            const Float4 value = splat4(in[p][i]);
            for (std::size_t v = 0; v < kVectors; ++v) sum[p][v] += value * w[v];
          }
        };
        int left = taps.length;
        for (; left >= 4; left -= 4) {
          step(0);
          step(1);
          step(2);
          step(3);
          weight += 16 * kVectors;
          for (std::size_t p = 0; p < kPixels; ++p) in[p] += 4;
        }
        for (; left > 0; --left) {
          step(0);
          weight += 4 * kVectors;
          for (std::size_t p = 0; p < kPixels; ++p) ++in[p];
        }
      }
    }
    store_tile(convolution, clamps, sum, pixels, channel);
  }
}

/// Measured in WASM on x86-64: 4, 5 and 6 pixels × 8 outputs are within 3 % of each other, 6 the fastest.
constexpr int kTilePixels = 6;
/// Tiles that share the weights of a few outputs while these lie in the first-level cache, and how many floats these are.
constexpr int kChunkTiles = 4;
constexpr std::ptrdiff_t kSharedWeights = 4'096;

template <std::size_t kVectors>
void dense_tile_of(int count, const Convolution& convolution, const Taps& taps, bool clamps, const Pixel* pixels, int first, int last) {
  switch (count) {
    case 1: return dense_tile<1, kVectors>(convolution, taps, clamps, pixels, first, last);
    case 2: return dense_tile<2, kVectors>(convolution, taps, clamps, pixels, first, last);
    case 3: return dense_tile<3, kVectors>(convolution, taps, clamps, pixels, first, last);
    case 4: return dense_tile<4, kVectors>(convolution, taps, clamps, pixels, first, last);
    case 5: return dense_tile<5, kVectors>(convolution, taps, clamps, pixels, first, last);
    case 6: return dense_tile<6, kVectors>(convolution, taps, clamps, pixels, first, last);
  }
}

void dense_chunk(const Convolution& convolution, const Taps& taps, bool clamps, const Pixel* pixels, int count) {
  const int channels = round_up_to_4(convolution.outputs), in_blocks = channels / 8 * 8;
  const int tiles = (count + kTilePixels - 1) / kTilePixels;
  const int group = static_cast<int>(std::max(kSharedWeights / (8 * taps.depth()), std::ptrdiff_t{1})) * 8;
  for (int first = 0; first < channels; first += group) {
    const int last = std::min(first + group, in_blocks);
    for (int tile = 0, done = 0; tile < tiles; ++tile) {
      const int size = (count - done + tiles - tile - 1) / (tiles - tile);  // 16 pixels as 6, 5, 5 rather than 6, 6, 4
      dense_tile_of<2>(size, convolution, taps, clamps, pixels + done, first, last);
      if (first + group >= channels) dense_tile_of<1>(size, convolution, taps, clamps, pixels + done, in_blocks, channels);
      done += size;
    }
  }
  if (!clamps) finish(convolution, pixels, static_cast<std::size_t>(count));
}

void convolve_dense(const Convolution& convolution, const Map& in, int top, int left, const Map* residual, const Map& out) {
  const Taps taps = taps_of(convolution, in);
  const bool clamps = only_clamps(convolution);
  std::array<Pixel, kTilePixels * kChunkTiles> pixels;
  std::size_t count = 0;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      pixels[count++] = {in.at(y * convolution.window.stride_y - top, x * convolution.window.stride_x - left),
                         residual ? residual->at(y, x) : nullptr, out.at(y, x)};
      if (count == pixels.size()) dense_chunk(convolution, taps, clamps, pixels.data(), static_cast<int>(std::exchange(count, 0)));
    }
  }
  if (count > 0) dense_chunk(convolution, taps, clamps, pixels.data(), static_cast<int>(count));
}

/// kPixels pixels in a row × 4 channels of a depthwise convolution.
///
/// Args:
///   kKernel, kStride: size and step of the kernel where they are known when compiling, else 0.
///   weight: of the first tap; the next tap's lies `channels` further.
template <std::size_t kPixels, int kKernel, int kStride>
void depthwise_tile(const Convolution& convolution, bool clamps, const Map& map, const float* in, const float* weight,
                    std::ptrdiff_t channels, const Pixel* pixels, int channel) {
  const Window& window = convolution.window;
  const int height = kKernel ? kKernel : window.height, width = kKernel ? kKernel : window.width;
  const std::ptrdiff_t step = (kStride ? kStride : window.stride_x) * map.pixel_stride;
  const std::ptrdiff_t dilation = (kKernel ? 1 : window.dilation_x) * map.pixel_stride;
  Float4 sum[kPixels][1];
  const Float4 bias = load4(convolution.bias.data() + channel);
  for (std::size_t p = 0; p < kPixels; ++p) sum[p][0] = bias;
  for (int ky = 0; ky < height; ++ky, in += (kKernel ? 1 : window.dilation_y) * map.row_stride) {
    for (int kx = 0; kx < width; ++kx, weight += channels) {
      const Float4 w = load4(weight);
      const float* pixel = in + kx * dilation;
      for (std::size_t p = 0; p < kPixels; ++p, pixel += step) sum[p][0] += load4(pixel) * w;
    }
  }
  store_tile<kPixels, 1>(convolution, clamps, sum, pixels, channel);
}

template <int kKernel, int kStride>
void convolve_depthwise(const Convolution& convolution, const Map& in, int top, int left, const Map* residual, const Map& out) {
  constexpr int kPixels = 4;
  const Window& window = convolution.window;
  const bool clamps = only_clamps(convolution);
  const int channels = round_up_to_4(convolution.outputs);
  for (int y = 0; y < out.height; ++y) {
    const auto tile = [&]<std::size_t kCount>(std::integral_constant<std::size_t, kCount>, int x) {
      Pixel pixels[kCount];
      for (std::size_t p = 0; p < kCount; ++p) {
        const int column = x + static_cast<int>(p);
        pixels[p] = {nullptr, residual ? residual->at(y, column) : nullptr, out.at(y, column)};
      }
      const float* first = in.at(y * window.stride_y - top, x * window.stride_x - left);
      for (int c = 0; c < channels; c += 4) {
        depthwise_tile<kCount, kKernel, kStride>(convolution, clamps, in, first + c, convolution.packed.data() + c, channels, pixels, c);
      }
      if (!clamps) finish(convolution, pixels, kCount);
    };
    int x = 0;
    for (; x + kPixels <= out.width; x += kPixels) tile(std::integral_constant<std::size_t, kPixels>{}, x);
    for (; x < out.width; ++x) tile(std::integral_constant<std::size_t, 1>{}, x);
  }
}

/// Runs body(value) for every value, channel by channel, as the border has them.
template <typename Body>
void channels_first(const Map& map, Body body) {
  for (int c = 0; c < map.channels; ++c) {
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) body(map.at(y, x)[c]);
    }
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
  if (!convolution.depthwise) return convolve_dense(convolution, in, top, left, residual, out);
  const bool square = window.height == window.width && window.dilation_y == 1 && window.dilation_x == 1;
  const int size = square ? window.width : 0, stride = window.stride_x;
  if (size == 3 && stride == 1) return convolve_depthwise<3, 1>(convolution, in, top, left, residual, out);
  if (size == 3 && stride == 2) return convolve_depthwise<3, 2>(convolution, in, top, left, residual, out);
  if (size == 5 && stride == 1) return convolve_depthwise<5, 1>(convolution, in, top, left, residual, out);
  if (size == 5 && stride == 2) return convolve_depthwise<5, 2>(convolution, in, top, left, residual, out);
  convolve_depthwise<0, 0>(convolution, in, top, left, residual, out);
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

void add(const Map& a, const Map& b, const Map& out) {
  each_channel<4>(out, [&](int y, int x, int c) { store4(out.at(y, x) + c, load4(a.at(y, x) + c) + load4(b.at(y, x) + c)); });
}

void multiply(const Map& a, const Map& b, const Map& out) {
  const auto at = [](const Map& map, int y, int x) { return map.height == 1 && map.width == 1 ? map.data : map.at(y, x); };
  each_channel<4>(out, [&](int y, int x, int c) { store4(out.at(y, x) + c, load4(at(a, y, x) + c) * load4(at(b, y, x) + c)); });
}

void mean(const Map& in, const Map& out) {
  const Float4 count = splat4(static_cast<float>(in.height * in.width));
  for (int c = 0; c < in.channels; c += 4) {
    Float4 sum = splat4(0);
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) sum += load4(in.at(y, x) + c);
    }
    store4(out.data + c, sum / count);
  }
}

void max_pool(const Window& window, const Map& in, int top, int left, const Map& out) {
  each_channel<4>(out, [&](int y, int x, int c) {
    Float4 largest = splat4(-std::numeric_limits<float>::infinity());
    for (int ky = 0; ky < window.height; ++ky) {
      const int in_y = y * window.stride_y + ky * window.dilation_y - top;
      if (in_y < 0 || in_y >= in.height) continue;
      for (int kx = 0; kx < window.width; ++kx) {
        const int in_x = x * window.stride_x + kx * window.dilation_x - left;
        if (in_x >= 0 && in_x < in.width) largest = most(largest, load4(in.at(in_y, in_x) + c));
      }
    }
    store4(out.at(y, x) + c, largest);
  });
}

void concatenate(std::span<const Map> parts, const Map& out) {
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      float* to = out.at(y, x);
      for (const Map& part : parts) to = std::copy_n(part.at(y, x), part.channels, to);
    }
  }
}

void reshape(const Map& in, const Map& out) {
  int to = 0;
  channels_first(in, [&](const float& value) {
    out.at(to / out.width % out.height, to % out.width)[to / out.width / out.height] = value;
    ++to;
  });
}

void from_channels_first(const float* in, const Map& out) {
  channels_first(out, [&](float& value) { value = *in++; });
}

void to_channels_first(const Map& in, float* out) {
  channels_first(in, [&](const float& value) { *out++ = value; });
}

}  // namespace cytodrop
