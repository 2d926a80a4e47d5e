#pragma once
#include <array>

#include "core/detect/plane.h"

namespace cytodrop {

/// Px of a frame, brought to the network's scale, that one value of the network's maps stands for.
inline constexpr int kBlockPx = 4;

/// What a network says of a frame that was brought to the size in which it knows cells.
struct CellMaps {
  int frame_width_px = 0, frame_height_px = 0;
  int width_px = 0, height_px = 0;  ///< of the frame at the network's scale
  std::int64_t outliers = 0;        ///< pixels at either end of the grey levels that do not count for the contrast
  Plane<float> centre{};            ///< of each block: logit that a cell's centre lies in it
  std::array<Plane<float>, 4> reach{};  ///< of each block: from its middle to the left, top, right, bottom of that cell's box, in typical diameters, at least 0
  Plane<float> inside{};            ///< of each quarter of a block: logit that it lies inside a cell

  double frame_px_across() const { return static_cast<double>(frame_width_px) / width_px; }  ///< for each px at the network's scale
  double frame_px_down() const { return static_cast<double>(frame_height_px) / height_px; }
};

}  // namespace cytodrop
