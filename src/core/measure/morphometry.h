#pragma once
#include <span>

#include "core/image.h"

namespace cytodrop {

/// What is measured of one cell of a frame, in px of the frame; NaN is what cannot be told. A cell that no pixel belongs to has an area of 0, and nothing else.
///
/// A pixel belongs to the cell whose middle is inside its outline, by the even-odd rule. Grey is the sample of a frame of one channel and the
/// Rec. 601 luma of one of three, in the frame's own samples: 0 to 255, 0 to 65535, or floats; those that are not finite are left out.
struct Morphometry {
  double area_px = 0;             ///< its pixels
  double equivalent_diameter_px;  ///< of a disc of the area
  double perimeter_px;            ///< by Crofton's formula in eight directions; holes have a border too
  double feret_diameter_px;       ///< largest distance between middles of its pixels' sides
  double circularity;             ///< 4π · area / perimeter²: 1 of a disc, to 3 % from 10 px across
  double elongation;              ///< longer over shorter axis of the ellipse of its second moments, a pixel being a square; from 1
  double solidity;                ///< its pixels over those whose middles are in the convex hull of its pixels' middles; to 1
  double grey_mean;
  double grey_spread;             ///< population standard deviation
  double granularity;             ///< root mean square of what a pixel differs from the mean of the 3×3 around it, where all nine are the cell's, over grey_mean, where that is above 0
};

/// Measures one cell of a frame. What lies outside the frame is not there.
///
/// Sums are in float64 in one order, and no function but the square root rounds: equal bits in every build.
///
/// Args:
///   frame: upright, 1 or 3 channels of any sample type.
///   outline: closed polygon in px of the frame, first point not repeated. It may cross itself and reach outside.
/// Raises: kInvalidArgument for a point that is not finite; kOutOfMemory.
/// Source: Crofton's formula as in Legland, Kiêu and Devaux 2007, "Computation of Minkowski measures on 2D and 3D binary images", section 3, with
///   knight's moves as further directions; Cox 1927 for
///   circularity; Pick 1899 for the pixels of the hull; Feret 1931; Burt and Adelson 1983 for detail as what a local mean leaves. scripts/golden_morphometry.py
///   is the twin.
Morphometry morphometry_of(const ImageView& frame, std::span<const Point> outline);

}  // namespace cytodrop
