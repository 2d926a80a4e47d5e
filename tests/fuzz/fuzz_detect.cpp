#include <algorithm>
#include <cmath>
#include <string>

#include "core/detect/detector.h"
#include "core/detect/marked_cells.h"
#include "fuzz.h"
#include "onnx_writer.h"

using namespace cytodrop;

namespace {

/// One convolution: its maps are nine of the sixteen pixels of each block, some turned around.
Detector small_detector() {
  std::vector<float> weights(9 * 16);
  for (std::size_t i = 0; i < 9; ++i) weights[i * 16 + i] = i % 3 == 0 ? -0.5f : 0.5f;
  const auto onnx = test::GraphWriter().constant("w", {9, 1, 4, 4}, weights).node("Conv", {"x", "w"}, "y", {{"strides", {4, 4}}}).file({1, 1, -1, -1});
  return Detector({.input = "x", .output = "y", .cell_diameter_px = 12, .gain = 4, .most = 8, .threshold = 0.6, .overlap = 0.4, .halo_px = 4}, onnx);
}

void search(Bytes bytes, DetectMethod method) {
  static Detector detector = small_detector();
  const SampleType types[] = {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32};
  const int width = 1 + bytes.take<std::uint8_t>() % 64, height = 1 + bytes.take<std::uint8_t>() % 64;
  Image frame(width, height, bytes.take<std::uint8_t>() % 2 == 0 ? 1 : 3, types[bytes.take<std::uint8_t>() % 3]);
  const DetectSettings settings{.pixel_size_um = bytes.take<float>(), .least_diameter = bytes.take<float>(), .most_diameter = bytes.take<float>(),
                                .sensitivity = bytes.take<std::uint8_t>() / 255.0, .split_touching = bytes.take<std::uint8_t>() % 2 == 0,
                                .keep_cut_by_border = bytes.take<std::uint8_t>() % 2 == 0, .method = method};
  const std::size_t size = frame.row_stride_bytes() * static_cast<std::size_t>(height);
  for (std::size_t i = 0; i < size && !bytes.rest().empty(); ++i) frame.data()[i] = static_cast<std::byte>(bytes.rest()[i % bytes.rest().size()]);

  const bool by_network = method == DetectMethod::kNetwork;
  for (const DetectedCell& cell : by_network ? marked_cells(detector.look(frame.view(), settings, 64), detector.spec(), settings) : detect(frame.view(), settings)) {
    frame.view().crop(cell.box);  // refuses what reaches outside
    const bool is_sound = cell.score > 0 && cell.score <= 1 && cell.area_px > 0 && cell.outline.size() >= 3 &&
                          std::all_of(cell.outline.begin(), cell.outline.end(), [&](const Point& point) {
                            return point.x_px >= 0 && point.y_px >= 0 && point.x_px <= static_cast<float>(width) && point.y_px <= static_cast<float>(height);
                          });
    if (!is_sound) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    Bytes bytes(file);
    switch (bytes.take<std::uint8_t>() % 4) {
      case 0: return search(bytes, DetectMethod::kRound);
      case 1: return search(bytes, DetectMethod::kAdherent);
      case 2: return search(bytes, DetectMethod::kNetwork);
      default: parse_detector_spec({reinterpret_cast<const char*>(bytes.rest().data()), bytes.rest().size()});
    }
  });
}
