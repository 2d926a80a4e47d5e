#include "core/detect/regions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/detect/outline.h"

namespace cytodrop {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// Twice the centre of a box, row first: whole numbers to sort by.
std::pair<int, int> place(const DetectedCell& cell) {
  return {2 * cell.box.top_px + cell.box.height_px, 2 * cell.box.left_px + cell.box.width_px};
}

}  // namespace

std::vector<Extent> extents_of(const Regions& regions, const Plane<std::uint16_t>& values) {
  std::vector<Extent> extents(static_cast<std::size_t>(regions.count));
  for (int y = 0; y < values.height_px; ++y) {
    for (int x = 0; x < values.width_px; ++x) {
      const std::int32_t label = regions.labels.row(y)[x];
      if (label == 0) continue;
      Extent& extent = extents[static_cast<std::size_t>(label - 1)];
      if (extent.pixels == 0) extent = {.left = x, .top = y, .right = x, .bottom = y, .first_x = x};
      extent.left = std::min(extent.left, x);
      extent.right = std::max(extent.right, x);
      extent.bottom = y;
      ++extent.pixels;
      extent.sum += values.row(y)[x];
    }
  }
  return extents;
}

void sort_in_reading_order(std::vector<DetectedCell>& cells) {
  std::stable_sort(cells.begin(), cells.end(), [](const DetectedCell& a, const DetectedCell& b) {
    return std::pair(place(a), a.area_px) < std::pair(place(b), b.area_px);
  });
}

std::vector<DetectedCell> cells_of(const Regions& regions, std::span<const Extent> extents, std::span<const float> scores,
                                   const SizeRule& rule, int factor, int frame_width_px, int frame_height_px) {
  const int width = regions.labels.width_px, height = regions.labels.height_px;
  const double least_pixels = rule.least_diameter_px * rule.least_diameter_px * kPi / 4 / factor / factor;
  const double most_pixels = rule.most_diameter_px * rule.most_diameter_px * kPi / 4 / factor / factor;
  const auto frame_x = [&](float x) { return std::min(x * static_cast<float>(factor), static_cast<float>(frame_width_px)); };
  const auto frame_y = [&](float y) { return std::min(y * static_cast<float>(factor), static_cast<float>(frame_height_px)); };
  std::vector<DetectedCell> cells;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const Extent& extent = extents[i];
    const auto pixels = static_cast<double>(extent.pixels);
    if (scores[i] <= 0 || pixels < least_pixels || pixels > most_pixels) continue;
    DetectedCell cell;
    cell.cut_by_border = extent.left == 0 || extent.top == 0 || extent.right + 1 == width || extent.bottom + 1 == height;
    if (cell.cut_by_border && !rule.keep_cut_by_border) continue;
    cell.score = std::min(scores[i], 1.0f);
    cell.box = {.left_px = extent.left * factor, .top_px = extent.top * factor};
    cell.box.width_px = std::min((extent.right + 1) * factor, frame_width_px) - cell.box.left_px;
    cell.box.height_px = std::min((extent.bottom + 1) * factor, frame_height_px) - cell.box.top_px;
    cell.area_px = pixels * factor * factor;
    cell.outline = outline_of(regions.labels, static_cast<std::int32_t>(i) + 1, extent.first_x, extent.top);
    for (Point& point : cell.outline) point = {frame_x(point.x_px), frame_y(point.y_px)};
    cells.push_back(std::move(cell));
  }
  sort_in_reading_order(cells);
  return cells;
}

}  // namespace cytodrop
