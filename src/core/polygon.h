#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/image.h"

namespace cytodrop {

/// Which pixels have their middles inside a closed polygon, by the even-odd rule, row by row.
class PolygonRows {
 public:
  /// Args:
  ///   outline: finite points in px; not owned. The first is not repeated, and of fewer than three nothing is inside.
  explicit PolygonRows(std::span<const Point> outline) : outline_(outline) {}

  /// Args:
  ///   y: of the row.
  ///   left: of its first pixel.
  ///   inside: becomes 1 for each pixel that is inside, 0 for the others.
  void read(int y, int left, std::span<std::uint8_t> inside);

 private:
  std::span<const Point> outline_;
  std::vector<double> crossings_;
};

}  // namespace cytodrop
