#pragma once
#include <vector>

#include "core/image.h"

namespace cytodrop {

struct GreyContrast {
  float gain = 0;
  float least_spread = 0;
};

/// How a grey picture is brought to one background, and to one contrast where that says nothing; from the encoder's spec.
///
/// x becomes clamp(middle + gain · (x − median of the four corner squares) / max(spread, least_spread), 0, 255), all on the 0..255
/// scale, with the spread of the whole picture.
struct GreyRule {
  float tint = 0;          ///< a picture is grey whose largest and smallest channel differ by less, in the mean
  int corner_share = 0;    ///< side of the picture over that of a corner square
  float middle = 0;
  GreyContrast eight_bit;
  GreyContrast deeper;     ///< of 16 bits or floats, of which nobody knows how much of the scale is used
};

/// Whether the largest and the smallest channel of a picture differ by less than the rule's tint, in the mean over 64×64 px.
///
/// Args:
///   image: 1 or 3 channels of any sample type; not empty.
bool is_grey(const ImageView& image, const GreyRule& rule);

/// A whole picture as a square, by the antialiased bilinear rule; a grey one with its background and contrast mended.
///
/// Args:
///   image: as of `is_grey`.
///   side_px: at least corner_share.
///   grey: what `is_grey` says.
/// Returns: side_px × side_px × 4 lanes: R, G, B, 0 on the 0..255 scale.
std::vector<float> picture_lanes(const ImageView& image, int side_px, const GreyRule& rule, bool grey);

}  // namespace cytodrop
