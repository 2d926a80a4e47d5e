#include "core/prepare/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/simd.h"

namespace cytodrop {
namespace {

/// Full scale of each sample type brought to 0..255.
float to_255(std::uint8_t sample) { return sample; }
float to_255(std::uint16_t sample) { return static_cast<float>(sample) / 257.0f; }
float to_255(float sample) { return sample * 255.0f; }

float luma(float red, float green, float blue) { return 0.299f * red + 0.587f * green + 0.114f * blue; }

template <typename Sample, std::size_t kChannels>
void unpack_samples(const std::byte* row, int width_px, Lanes lanes, float* out) {
  Sample pixel[kChannels];
  for (int x = 0; x < width_px; ++x, row += sizeof pixel, out += 4) {
    std::memcpy(pixel, row, sizeof pixel);  // rows of a crop need not be aligned
    const float red = to_255(pixel[0]), green = to_255(pixel[kChannels / 2]), blue = to_255(pixel[kChannels - 1]);
    if (lanes == Lanes::kRgb) {
      store4(out, Float4{red, green, blue, 0});
    } else {
      store4(out, Float4{kChannels == 1 ? red : luma(red, green, blue), 0, 0, 0});
    }
  }
}

template <typename Sample>
void unpack_row_of(const ImageView& image, int y_px, Lanes lanes, float* out) {
  if (image.channels == 3) {
    unpack_samples<Sample, 3>(image.row(y_px), image.width_px, lanes, out);
  } else {
    unpack_samples<Sample, 1>(image.row(y_px), image.width_px, lanes, out);
  }
}

/// One image row as width × 4 lanes on the 0..255 scale.
void unpack_row_plain(const ImageView& image, int y_px, Lanes lanes, float* out) {
  switch (image.type) {
    case SampleType::kUint8: return unpack_row_of<std::uint8_t>(image, y_px, lanes, out);
    case SampleType::kUint16: return unpack_row_of<std::uint16_t>(image, y_px, lanes, out);
    case SampleType::kFloat32: return unpack_row_of<float>(image, y_px, lanes, out);
  }
}

/// The plain row with a fast path for what nearly every image is: 8-bit RGB, four pixels from one load.
void unpack_row(const ImageView& image, int y_px, Lanes lanes, float* out) {
  if (image.type != SampleType::kUint8 || image.channels != 3 || lanes != Lanes::kRgb) {
    return unpack_row_plain(image, y_px, lanes, out);
  }
  const std::byte* row = image.row(y_px);
  int x = 0;
  for (; x + 6 <= image.width_px; x += 4) {  // 16 bytes are 5⅓ pixels
    const Byte16 bytes = load16(row + 3 * x);
    constexpr Byte16 kZero = {};
    // Little-endian 32-bit lanes: one sample, three zeros.
    store4(out + 4 * x, to_float4(__builtin_shufflevector(bytes, kZero, 0, 16, 16, 16, 1, 16, 16, 16, 2, 16, 16, 16, 16, 16, 16, 16)));
    store4(out + 4 * x + 4, to_float4(__builtin_shufflevector(bytes, kZero, 3, 16, 16, 16, 4, 16, 16, 16, 5, 16, 16, 16, 16, 16, 16, 16)));
    store4(out + 4 * x + 8, to_float4(__builtin_shufflevector(bytes, kZero, 6, 16, 16, 16, 7, 16, 16, 16, 8, 16, 16, 16, 16, 16, 16, 16)));
    store4(out + 4 * x + 12, to_float4(__builtin_shufflevector(bytes, kZero, 9, 16, 16, 16, 10, 16, 16, 16, 11, 16, 16, 16, 16, 16, 16, 16)));
  }
  unpack_samples<std::uint8_t, 3>(row + 3 * x, image.width_px - x, lanes, out + 4 * x);
}

void set_antialiased(Taps& taps, std::size_t output, float scale, int in_px) {
  // The triangle spans one input pixel to each side, or one output pixel where the image shrinks.
  const float support = std::max(scale, 1.0f);
  const float centre = scale * (static_cast<float>(output) + 0.5f);
  const int first = std::max(static_cast<int>(centre - support + 0.5f), 0);
  const int last = std::min(static_cast<int>(centre + support + 0.5f), in_px);
  float* weight = &taps.weight[output * static_cast<std::size_t>(taps.count)];
  float total = 0;
  for (int i = first; i < last; ++i) {
    const float distance = std::abs((static_cast<float>(i) - centre + 0.5f) / support);
    weight[i - first] = distance < 1.0f ? 1.0f - distance : 0.0f;
    total += weight[i - first];
  }
  for (int i = 0; i < last - first; ++i) weight[i] /= total;
  taps.start[output] = first;
  taps.used[output] = last - first;
}

void set_half_pixel(Taps& taps, std::size_t output, float scale, int in_px) {
  const float at = std::max(scale * (static_cast<float>(output) + 0.5f) - 0.5f, 0.0f);
  const int first = std::min(static_cast<int>(at), in_px - 1);
  const float fraction = at - static_cast<float>(first);
  float* weight = &taps.weight[output * 2];
  const bool inside = first + 1 < in_px;
  weight[0] = inside ? 1.0f - fraction : 1.0f;
  weight[1] = inside ? fraction : 0.0f;
  taps.start[output] = first;
  taps.used[output] = inside ? 2 : 1;
}

}  // namespace

Taps make_taps(ResizeRule rule, int in_px, int out_px) {
  const float scale = static_cast<float>(in_px) / static_cast<float>(out_px);
  const auto outputs = static_cast<std::size_t>(out_px);
  Taps taps;
  taps.count = rule == ResizeRule::kBilinearHalfPixel ? 2 : static_cast<int>(std::ceil(std::max(scale, 1.0f))) * 2 + 1;
  taps.start.resize(outputs);
  taps.used.resize(outputs);
  taps.weight.resize(outputs * static_cast<std::size_t>(taps.count));
  for (std::size_t output = 0; output < outputs; ++output) {
    if (rule == ResizeRule::kBilinearAntialiased) {
      set_antialiased(taps, output, scale, in_px);
    } else {
      set_half_pixel(taps, output, scale, in_px);
    }
  }
  return taps;
}

std::vector<float> resize(const ImageView& image, Lanes lanes, ResizeRule rule, int out_width_px, int out_height_px) {
  return resize_part(image, lanes, rule, out_width_px, out_height_px, {0, 0, out_width_px, out_height_px});
}

std::vector<float> resize_part(const ImageView& image, Lanes lanes, ResizeRule rule, int out_width_px, int out_height_px, const Box& part) {
  const Taps across = make_taps(rule, image.width_px, out_width_px);
  const Taps down = make_taps(rule, image.height_px, out_height_px);
  const auto left = static_cast<std::size_t>(part.left_px), top = static_cast<std::size_t>(part.top_px);
  const auto width = static_cast<std::size_t>(part.width_px), height = static_cast<std::size_t>(part.height_px);
  const std::size_t row_floats = width * 4;
  // Starts and ends of taps only ever move right.
  const int first_column = across.start[left], end_column = across.start[left + width - 1] + across.used[left + width - 1];
  const ImageView columns = image.crop({first_column, 0, end_column - first_column, image.height_px});

  std::vector<float> unpacked(static_cast<std::size_t>(columns.width_px) * 4);
  // Rows already resized across; the window of input rows only ever moves down, so a ring of its size is enough.
  std::vector<float> ring(static_cast<std::size_t>(down.count) * row_floats);
  const auto ring_row = [&](int y) { return &ring[static_cast<std::size_t>(y % down.count) * row_floats]; };
  int next_row = 0;

  std::vector<float> out(height * row_floats);
  for (std::size_t y = 0; y < height; ++y) {
    const int first = down.start[top + y], last = first + down.used[top + y];
    for (next_row = std::max(next_row, first); next_row < last; ++next_row) {
      unpack_row(columns, next_row, lanes, unpacked.data());
      float* resized = ring_row(next_row);
      for (std::size_t x = 0; x < width; ++x) {
        const float* weight = &across.weight[(left + x) * static_cast<std::size_t>(across.count)];
        const float* in = &unpacked[static_cast<std::size_t>(across.start[left + x] - first_column) * 4];
        Float4 sum = splat4(0);
        for (int k = 0; k < across.used[left + x]; ++k) sum += splat4(weight[k]) * load4(in + 4 * k);
        store4(resized + 4 * x, sum);
      }
    }
    const float* weight = &down.weight[(top + y) * static_cast<std::size_t>(down.count)];
    float* out_row = &out[y * row_floats];
    for (int k = 0; k < down.used[top + y]; ++k) {
      const Float4 factor = splat4(weight[k]);
      const float* in = ring_row(first + k);
      for (std::size_t x = 0; x < row_floats; x += 4) store4(out_row + x, load4(out_row + x) + factor * load4(in + x));
    }
  }
  return out;
}

std::vector<float> resize_plain(const ImageView& image, Lanes lanes, ResizeRule rule, int out_width_px,
                                int out_height_px) {
  const Taps across = make_taps(rule, image.width_px, out_width_px);
  const Taps down = make_taps(rule, image.height_px, out_height_px);
  const auto in_width = static_cast<std::size_t>(image.width_px), in_height = static_cast<std::size_t>(image.height_px);
  const auto out_width = static_cast<std::size_t>(out_width_px), out_height = static_cast<std::size_t>(out_height_px);

  std::vector<float> unpacked(in_height * in_width * 4);
  for (std::size_t y = 0; y < in_height; ++y) {
    unpack_row_plain(image, static_cast<int>(y), lanes, &unpacked[y * in_width * 4]);
  }
  std::vector<float> narrow(in_height * out_width * 4);
  for (std::size_t y = 0; y < in_height; ++y) {
    for (std::size_t x = 0; x < out_width; ++x) {
      for (std::size_t lane = 0; lane < 4; ++lane) {
        float sum = 0;
        for (std::size_t k = 0; k < static_cast<std::size_t>(across.used[x]); ++k) {
          sum += across.weight[x * static_cast<std::size_t>(across.count) + k] *
                 unpacked[(y * in_width + static_cast<std::size_t>(across.start[x]) + k) * 4 + lane];
        }
        narrow[(y * out_width + x) * 4 + lane] = sum;
      }
    }
  }
  std::vector<float> out(out_height * out_width * 4);
  for (std::size_t y = 0; y < out_height; ++y) {
    for (std::size_t x = 0; x < out_width * 4; ++x) {
      float sum = 0;
      for (std::size_t k = 0; k < static_cast<std::size_t>(down.used[y]); ++k) {
        sum += down.weight[y * static_cast<std::size_t>(down.count) + k] *
               narrow[(static_cast<std::size_t>(down.start[y]) + k) * out_width * 4 + x];
      }
      out[y * out_width * 4 + x] = sum;
    }
  }
  return out;
}

}  // namespace cytodrop
