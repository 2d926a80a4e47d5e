#pragma once
#include <span>

namespace cytodrop {

struct GreyContrast {
  float gain = 0;
  float least_spread = 0;
};

/// How a grey picture is brought to one background, and to one contrast where that says nothing; from a spec.
///
/// x becomes clamp(middle + gain · (x − median of the four corner squares) / max(spread, least_spread), 0, 255), all on the 0..255
/// scale, with the spread of the whole picture. A picture of colours stays as it is.
struct GreyRule {
  float tint = 0;          ///< a picture is grey whose largest and smallest channel differ by less, in the mean
  int corner_share = 0;    ///< smaller side of the picture over that of a corner square
  float middle = 0;
  GreyContrast eight_bit;
  GreyContrast deeper;     ///< of 16 bits or floats, of which nobody knows how much of the scale is used
};

/// Applies the rule.
///
/// Args:
///   lanes: height_px × width_px × 4 lanes: R, G, B, 0 on the 0..255 scale; both sides at least corner_share.
void mend_contrast(std::span<float> lanes, int width_px, int height_px, const GreyRule& rule, bool has_eight_bits);

}  // namespace cytodrop
