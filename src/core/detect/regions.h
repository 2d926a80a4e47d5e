#pragma once
#include <span>

#include "core/detect/detect.h"
#include "core/detect/split.h"

namespace cytodrop {

/// One region of a split mask; extents in px of its plane, both ends inside.
struct Extent {
  int left = 0, top = 0, right = -1, bottom = -1;
  int first_x = 0;          ///< of its first pixel in reading order
  std::int64_t pixels = 0;
  std::int64_t sum = 0;     ///< of the plane's values in it

  double mean() const { return static_cast<double>(sum) / static_cast<double>(pixels); }
};

/// Extents of all regions, that of label n at n − 1.
std::vector<Extent> extents_of(const Regions& regions, const Plane<std::uint16_t>& values);

/// Which regions are cells, by size.
struct SizeRule {
  double least_diameter_px;  ///< of a disc of the same area
  double most_diameter_px;
  bool keep_cut_by_border;
};

/// By the centres of their boxes, top to bottom, then left to right; cells of one centre by their area.
void sort_in_reading_order(std::vector<DetectedCell>& cells);

/// Turns regions into cells of a frame `factor` times as large, in reading order of their boxes' centres.
///
/// Args:
///   scores: one for each region; those at 0 or below are no cells.
std::vector<DetectedCell> cells_of(const Regions& regions, std::span<const Extent> extents, std::span<const float> scores,
                                   const SizeRule& rule, int factor, int frame_width_px, int frame_height_px);

}  // namespace cytodrop
