#include "core/detect/detector.h"

#include <algorithm>
#include <cmath>

#include "core/detect/flatten.h"
#include "core/error.h"
#include "core/prepare/resize.h"
#include "core/spec/field.h"

namespace cytodrop {
namespace {

constexpr int kMaps = 9;
constexpr double kMostScale = 8;             // a cell of a few px enlarged further shows nothing new
constexpr double kMostPixels = 16'000'000;   // at the network's scale
constexpr float kMostReach = 16;             // typical diameters
constexpr float kLevelsPerUnit = 257;        // resizing brings 16 bits to 0..255

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidModel, "the detector's network is not valid: " + what);
}

int round_up(int px, int to_px) { return (px + to_px - 1) / to_px * to_px; }

/// What of the maps depends on frame and settings, before the network is asked.
struct Outlook {
  int width_px, height_px;
  std::int64_t outliers;
};

/// Args:
///   width_px, height_px: of the frame.
Outlook outlook_of(int width_px, int height_px, const Diameters& diameters, double cell_diameter_px) {
  const double pixels = static_cast<double>(width_px) * height_px, typical_area = diameters.least_px * diameters.most_px;
  const double scale = std::min({cell_diameter_px / std::sqrt(typical_area), kMostScale, std::sqrt(kMostPixels / pixels)});
  const auto scaled = [&](int px) { return std::max(kBlockPx, static_cast<int>(px * scale + 0.5)); };
  // A thousandth, but in a large frame fewer than one cell has.
  return {scaled(width_px), scaled(height_px), static_cast<std::int64_t>(std::min(std::floor((pixels - 1) / 1'000), typical_area / 8))};
}

/// The value at a place in the order of all values.
int value_at(const std::vector<std::int64_t>& histogram, std::int64_t place) {
  std::size_t value = 0;
  while (place >= histogram[value]) place -= histogram[value++];
  return static_cast<int>(value);
}

/// Calls use(values) for the values of rows of blocks, map by map.
template <typename Use>
void for_each_run(CellMaps& maps, int first_row, int last_row, Use use) {
  const auto run = [&](Plane<float>& plane, int rows) {
    const auto width = static_cast<std::size_t>(plane.width_px) * static_cast<std::size_t>(rows);
    use(std::span(plane.values).subspan(static_cast<std::size_t>(first_row) * width, static_cast<std::size_t>(last_row - first_row) * width));
  };
  run(maps.centre, 1);
  for (Plane<float>& side : maps.reach) run(side, 1);
  run(maps.inside, 2);
}

ImageView view_of(const Plane<std::uint16_t>& plane) {
  return {.data = reinterpret_cast<const std::byte*>(plane.values.data()), .width_px = plane.width_px, .height_px = plane.height_px,
          .channels = 1, .type = SampleType::kUint16, .row_stride_bytes = static_cast<std::size_t>(plane.width_px) * sizeof(std::uint16_t)};
}

}  // namespace

DetectorSpec parse_detector_spec(std::string_view json_text) {
  constexpr double kMostDiameter = 1'000;
  constexpr int kMostHalo = 4'096;
  const SpecText text("the detector's spec", json_text);
  const Field root = text.root(), normalisation = root["normalisation"];
  const DetectorSpec spec{.input = root["network"]["input"].text(),
                          .output = root["network"]["output"].text(),
                          .cell_diameter_px = root["cell_diameter_px"].number(kBlockPx, kMostDiameter),
                          .gain = normalisation["gain"].number(1e-3, 1e3),
                          .most = normalisation["most"].number(1e-3, 1e3),
                          .threshold = root["threshold"].number(0, 1),
                          .overlap = root["overlap"].number(0, 1),
                          .outline = root["outline"].one_of<DetectorOutline>({{"inside", DetectorOutline::kInside}, {"ellipse", DetectorOutline::kEllipse}}),
                          .halo_px = root["network"]["halo_px"].integer(0, kMostHalo)};
  normalisation["rule"].one_of<int>({{"median_spread", 0}});
  return spec;
}

Detector::Detector(DetectorSpec spec, std::span<const std::uint8_t> onnx)
    : spec_(std::move(spec)), network_(onnx, spec_.input, spec_.output) {
  // What is wrong with it is better known now than at the first frame.
  constexpr int kTrialPx = 64;
  input_.assign(kTrialPx * kTrialPx, 0);
  const std::vector<int> said = ask(kTrialPx, kTrialPx).shape;
  if (const int across = said.size() == 4 ? said[3] : 0; across > 0 && kTrialPx / across % kBlockPx == 0) square_px_ = std::max(kBlockPx, kTrialPx / across);
  run(kTrialPx, kTrialPx);
}

CellMaps Detector::look(const ImageView& frame, const DetectSettings& settings, int tile_px) {
  CellMaps maps = empty_maps(frame, settings);
  look_at_rows(frame, {0, maps.centre.height_px}, tile_px, maps);
  return maps;
}

std::vector<float> Detector::look_at_part(const ImageView& frame, const DetectSettings& settings, int part, int parts, int tile_px) {
  CellMaps maps = empty_maps(frame, settings);
  const Rows rows = rows_of(maps, part, parts);
  if (rows.first < rows.last) look_at_rows(frame, rows, tile_px, maps);
  std::vector<float> values;
  for_each_run(maps, rows.first, rows.last, [&](std::span<float> run) { values.insert(values.end(), run.begin(), run.end()); });
  return values;
}

CellMaps Detector::joined(const ImageView& frame, const DetectSettings& settings, std::span<const std::vector<float>> parts) const {
  CellMaps maps = empty_maps(frame, settings);
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const Rows rows = rows_of(maps, static_cast<int>(part), static_cast<int>(parts.size()));
    std::span<const float> left(parts[part]);
    for_each_run(maps, rows.first, rows.last, [&](std::span<float> run) {
      if (left.size() < run.size()) throw Error(ErrorCode::kInvalidArgument, "a part holds too few values for this frame");
      std::copy_n(left.begin(), run.size(), run.begin());
      left = left.subspan(run.size());
    });
    if (!left.empty()) throw Error(ErrorCode::kInvalidArgument, "a part holds too many values for this frame");
  }
  return maps;
}

CellMaps Detector::empty_maps(const ImageView& frame, const DetectSettings& settings) const {
  const Outlook outlook = outlook_of(frame.width_px, frame.height_px, diameters_of(frame, settings), spec_.cell_diameter_px);
  const int width = round_up(outlook.width_px, step_px()), height = round_up(outlook.height_px, step_px());
  CellMaps maps{.frame_width_px = frame.width_px, .frame_height_px = frame.height_px,
                .width_px = outlook.width_px, .height_px = outlook.height_px, .outliers = outlook.outliers};
  maps.centre = Plane<float>(width / kBlockPx, height / kBlockPx);
  maps.reach.fill(maps.centre);
  maps.inside = Plane<float>(2 * maps.centre.width_px, 2 * maps.centre.height_px);
  return maps;
}

Detector::Rows Detector::rows_of(const CellMaps& maps, int part, int parts) const {
  if (part < 0 || part >= parts) throw Error(ErrorCode::kInvalidArgument, "part must be one of the parts");
  const int step = step_px() / kBlockPx, steps = maps.centre.height_px / step;
  const auto first = [&](int of) { return static_cast<int>(std::int64_t{steps} * of / parts) * step; };
  return {first(part), first(part + 1)};
}

/// Fills the maps' rows, whole steps of them, of tiles of about one size.
void Detector::look_at_rows(const ImageView& frame, const Rows& rows, int tile_px, CellMaps& maps) {
  const Plane<std::uint16_t> grey = grey_levels(frame, 1);
  const Contrast contrast = contrast_of(grey, maps.outliers);
  const auto side = [&](int px) {
    const int tiles = (px + tile_px - 1) / tile_px;
    return round_up((px + tiles - 1) / tiles, step_px());
  };
  const int width = maps.centre.width_px * kBlockPx, first = rows.first * kBlockPx, last = rows.last * kBlockPx;
  const int tile_width = side(width), tile_height = side(last - first);
  for (int top = first; top < last; top += tile_height) {
    for (int left = 0; left < width; left += tile_width) {
      look_at({left, top, std::min(tile_width, width - left), std::min(tile_height, last - top)}, grey, contrast, maps);
    }
  }
}

bool Detector::fits(const CellMaps& maps, const DetectSettings& settings) const {
  const Outlook outlook = outlook_of(maps.frame_width_px, maps.frame_height_px, diameters_of(settings), spec_.cell_diameter_px);
  return outlook.width_px == maps.width_px && outlook.height_px == maps.height_px && outlook.outliers == maps.outliers;
}

Detector::Contrast Detector::contrast_of(const Plane<std::uint16_t>& grey, std::int64_t outliers) const {
  std::vector<std::int64_t> histogram(kLevels + 1);
  for (const std::uint16_t level : grey.values) ++histogram[level];
  const auto count = static_cast<std::int64_t>(grey.values.size());
  const int spread = value_at(histogram, count - 1 - outliers) - value_at(histogram, outliers);
  return {.median = static_cast<float>(value_at(histogram, count / 2)), .gain = spread > 0 ? static_cast<float>(spec_.gain / spread) : 0};
}

/// Fills the maps of one tile, in px at the network's scale; its sides are multiples of step_px().
void Detector::look_at(const Box& tile, const Plane<std::uint16_t>& grey, const Contrast& contrast, CellMaps& maps) {
  // The network takes what lies beyond the frame for zeros, and must find nothing else there: what is seen ends where the frame does.
  const int halo = round_up(spec_.halo_px, step_px());
  const int left = std::max(0, tile.left_px - halo), right = std::min(round_up(maps.width_px, step_px()), tile.left_px + tile.width_px + halo);
  const int top = std::max(0, tile.top_px - halo), bottom = std::min(round_up(maps.height_px, step_px()), tile.top_px + tile.height_px + halo);
  const Box seen{left, top, std::min(right, maps.width_px) - left, std::min(bottom, maps.height_px) - top};
  const int width = right - left;
  const std::vector<float> pixels = resize_part(view_of(grey), Lanes::kGrey, ResizeRule::kBilinearAntialiased, maps.width_px, maps.height_px, seen);
  const auto most = static_cast<float>(spec_.most);
  input_.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(bottom - top), 0);
  for (int y = 0; y < seen.height_px; ++y) {
    const float* from = &pixels[4 * static_cast<std::size_t>(y) * static_cast<std::size_t>(seen.width_px)];
    float* to = &input_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width)];
    for (int x = 0; x < seen.width_px; ++x) {
      to[x] = std::clamp((from[4 * x] * kLevelsPerUnit - contrast.median) * contrast.gain, -most, most);
    }
  }

  const std::span<const float> values = run(width, bottom - top);
  const int first_column = (tile.left_px - left) / kBlockPx, first_row = (tile.top_px - top) / kBlockPx;
  const int blocks = square_px_ / kBlockPx, squares_across = width / square_px_;
  const auto squares = static_cast<std::size_t>(squares_across * ((bottom - top) / square_px_)), map_size = static_cast<std::size_t>(blocks * blocks) * squares;
  const int to_column = tile.left_px / kBlockPx, to_row = tile.top_px / kBlockPx;
  for (int row = 0; row < tile.height_px / kBlockPx; ++row) {
    for (int column = 0; column < tile.width_px / kBlockPx; ++column) {
      const int y = first_row + row, x = first_column + column;
      const int part = y % blocks * blocks + x % blocks, square = y / blocks * squares_across + x / blocks;
      const float* const said = &values[static_cast<std::size_t>(part) * squares + static_cast<std::size_t>(square)];
      maps.centre.row(to_row + row)[to_column + column] = said[0];
      for (std::size_t side = 0; side < 4; ++side) {
        // Not std::clamp: what is no number becomes 0.
        const float reach = said[(1 + side) * map_size];
        maps.reach[side].row(to_row + row)[to_column + column] = reach > 0 ? std::min(reach, kMostReach) : 0;
        maps.inside.row(2 * (to_row + row) + static_cast<int>(side / 2))[2 * (to_column + column) + static_cast<int>(side % 2)] = said[(5 + side) * map_size];
      }
    }
  }
}

/// Runs the network on `input_`.
///
/// Returns: kMaps · n · n values of each square of n × n blocks, all first ones one after the other, then all second ones. Value
///   (m · n + y) · n + x of a square is what map m says of its block in row y and column x.
std::span<const float> Detector::run(int width_px, int height_px) {
  const Tensor& output = ask(width_px, height_px);
  const int blocks = square_px_ / kBlockPx, values = kMaps * blocks * blocks;
  const std::vector<int> expected{1, std::max(values, output.shape.size() > 1 ? output.shape[1] : 0), height_px / square_px_, width_px / square_px_};
  if (output.shape != expected) refuse("of each 4 × 4 px it must give " + std::to_string(kMaps) + " values");
  return std::span(output.values).first(static_cast<std::size_t>(values) * static_cast<std::size_t>(expected[2]) * static_cast<std::size_t>(expected[3]));
}

const Tensor& Detector::ask(int width_px, int height_px) try {
  const int shape[] = {1, 1, height_px, width_px};
  return network_.run(input_, shape);
} catch (const Error& error) {
  if (error.code() == ErrorCode::kInvalidArgument) refuse(error.what());
  throw;
}

}  // namespace cytodrop
