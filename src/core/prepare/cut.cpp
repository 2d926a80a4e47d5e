#include "core/prepare/cut.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace cytodrop {
namespace {

/// Writes one pixel of the fill.
void write_fill(std::byte* pixel, int channels, SampleType type, const Fill& fill) {
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    const double level = fill.level[c];
    const auto put = [&](auto sample) { std::memcpy(pixel + c * sizeof sample, &sample, sizeof sample); };
    switch (type) {
      case SampleType::kUint8: put(static_cast<std::uint8_t>(level * 255 + 0.5)); break;
      case SampleType::kUint16: put(static_cast<std::uint16_t>(level * 65535 + 0.5)); break;
      case SampleType::kFloat32: put(static_cast<float>(level)); break;
    }
  }
}

}  // namespace

bool is_inside(const Box& box, const ImageView& image) {
  return box.left_px >= 0 && box.top_px >= 0 && box.width_px >= 1 && box.height_px >= 1 &&
         box.left_px <= image.width_px - box.width_px && box.top_px <= image.height_px - box.height_px;
}

Image cut(const ImageView& image, const Box& region, const std::optional<Fill>& fill) {
  Image part(region.width_px, region.height_px, image.channels, image.type);
  const std::size_t pixel_bytes = image.pixel_bytes();
  // In 64 bits, since a region may begin anywhere.
  const auto within = [](std::int64_t at, int size) { return static_cast<int>(std::clamp<std::int64_t>(at, 0, size - 1)); };
  for (int y = 0; y < region.height_px; ++y) {
    const std::int64_t from_y = std::int64_t{region.top_px} + y;
    const std::byte* row = image.row(within(from_y, image.height_px));
    std::byte* out = part.data() + static_cast<std::size_t>(y) * part.row_stride_bytes();
    for (int x = 0; x < region.width_px; ++x, out += pixel_bytes) {
      const std::int64_t from_x = std::int64_t{region.left_px} + x;
      if (fill && (from_x < 0 || from_x >= image.width_px || from_y < 0 || from_y >= image.height_px)) {
        write_fill(out, image.channels, image.type, *fill);
      } else {
        std::memcpy(out, row + static_cast<std::size_t>(within(from_x, image.width_px)) * pixel_bytes, pixel_bytes);
      }
    }
  }
  return part;
}

}  // namespace cytodrop
