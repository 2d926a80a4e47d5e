#pragma once
#include <array>
#include <span>

#include "core/image.h"

namespace cytodrop {

/// Where the stained cell of an image lies, and in which colours it is photographed.
struct StainedCell {
  double x_px = 0;       ///< centre of its nucleus, in px of the image from its left edge
  double y_px = 0;
  double radius_px = 0;  ///< of a disc whose pixels are spread as the nucleus's are, all lobes together
  std::array<float, 3> background{};  ///< R, G, B between the cells, 0..255
  std::array<float, 3> nucleus{};     ///< R, G, B of the middle of its pixels
};

/// Finds the stained nucleus nearest the middle of an image of one cell.
///
/// Nuclei alone are dark in red light. The image is reduced to at most 96 px; the background is, in each channel, the value at nine
/// tenths of its order; red over its background is cut into three parts as Otsu does with two thresholds, of which the darkest is
/// nucleus; a window begins in the middle and moves to the centre and grows to the spread of what it holds until it rests.
/// Integers and float64 in a fixed order, so that every build gives the same bits.
///
/// Args:
///   image: upright, 1 or 3 channels of any sample type; not empty.
/// Source: Otsu 1979; Bradski 1998, "Computer vision face tracking for use in a perceptual user interface", for the window.
StainedCell find_stained_cell(const ImageView& image);

/// The square around a cell that its network sees; it may reach outside the image.
///
/// Args:
///   radii: half its side, in radii of the cell.
Box stained_square(const StainedCell& cell, double radii);

/// Brings colours to those of one laboratory: in each channel the background becomes 255 and the nucleus its usual value.
///
/// Optical densities over the background are multiplied by one number a channel, which is kept between 0.4 and 2.5:
/// 255 (clamp(x / background, 1/255, 1))^g with g = ln(usual / 255) / ln(nucleus / background). Values between whole numbers are
/// interpolated.
///
/// Args:
///   lanes: pixels × 4, on the 0..255 scale, changed in place.
///   usual: R, G, B of a nucleus, 0..255.
void restain(std::span<float> lanes, const StainedCell& cell, const std::array<float, 3>& usual);

}  // namespace cytodrop
