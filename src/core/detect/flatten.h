#pragma once
#include "core/detect/plane.h"
#include "core/image.h"

namespace cytodrop {

/// Levels between a frame's darkest and brightest value; a power of two, so that no 8-bit value falls between two levels.
inline constexpr int kLevels = 1 << 15;

/// The frame as one grey plane of 0 to kLevels, made smaller by averaging blocks of `factor` × `factor` px.
///
/// Equal for a frame of any sample type, with the same values repeated in three channels or not. Values that are no
/// number count as the darkest; a float frame's range leaves out a few extreme values that would squeeze all others.
///
/// Returns: ⌈height / factor⌉ × ⌈width / factor⌉; all 0 for a constant frame.
Plane<std::uint16_t> grey_levels(const ImageView& frame, int factor);

/// What a plane would be without its cells: the medians of tiles, themselves smoothed by a 3 × 3 median and
/// interpolated bilinearly between the tiles' centres.
class Background {
 public:
  Background(const Plane<std::uint16_t>& grey, int tile_px);
  /// The background of row y, for all x.
  void row(int y, std::span<float> out) const;

 private:
  int width_px_, height_px_;
  Plane<float> medians_;
};

}  // namespace cytodrop
