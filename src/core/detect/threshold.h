#pragma once
#include "core/detect/plane.h"

namespace cytodrop {

class Background;

/// How far each pixel's surroundings are from the background: the root of the mean square difference in a window.
///
/// Bright, dark and textured cells all rise above the noise of an empty field. Whole levels of flatten.h.
///
/// Args:
///   window_px: side of the square window, odd; cut off at the frame's edge.
Plane<std::uint16_t> local_contrast(const Plane<std::uint16_t>& grey, const Background& background, int window_px);

/// The value that `share` of the plane's values are not above.
int quantile(const Plane<std::uint16_t>& plane, double share);

}  // namespace cytodrop
