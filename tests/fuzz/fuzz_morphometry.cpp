#include <cmath>
#include <vector>

#include "core/measure/morphometry.h"
#include "fuzz.h"

using namespace cytodrop;

namespace {

void measure(Bytes bytes) {
  const SampleType types[] = {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32};
  const int width = 1 + bytes.take<std::uint8_t>() % 64, height = 1 + bytes.take<std::uint8_t>() % 64;
  Image frame(width, height, bytes.take<std::uint8_t>() % 2 == 0 ? 1 : 3, types[bytes.take<std::uint8_t>() % 3]);
  std::vector<Point> outline(bytes.take<std::uint8_t>());
  for (Point& point : outline) {
    point.x_px = bytes.take<float>();
    point.y_px = bytes.take<float>();
  }
  const std::size_t size = frame.row_stride_bytes() * static_cast<std::size_t>(height);
  for (std::size_t i = 0; i < size && !bytes.rest().empty(); ++i) frame.data()[i] = static_cast<std::byte>(bytes.rest()[i % bytes.rest().size()]);

  const Morphometry cell = morphometry_of(frame.view(), outline);
  const bool is_nothing = cell.area_px == 0 && std::isnan(cell.circularity) && std::isnan(cell.feret_diameter_px) && std::isnan(cell.grey_mean);
  const bool is_sound = cell.area_px >= 1 && cell.area_px <= width * height && cell.perimeter_px > 2 && cell.feret_diameter_px >= 1 && cell.feret_diameter_px <= width + height &&
                        cell.circularity > 0 && cell.circularity < 3 && cell.elongation >= 1 && cell.elongation < 160 && cell.solidity > 0 && cell.solidity <= 1 &&
                        !(cell.grey_spread < 0) && !(cell.granularity < 0) && !std::isinf(cell.granularity);
  if (!is_nothing && !is_sound) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) { measure(Bytes(file)); });
}
