#include "core/prepare/grey_contrast.h"

#include <algorithm>
#include <cstddef>

#include "core/prepare/normalise.h"

namespace cytodrop {
namespace {

bool is_grey(std::span<const float> lanes, float tint) {
  double sum = 0;
  for (std::size_t i = 0; i < lanes.size(); i += 4) {
    const auto [least, most] = std::minmax({lanes[i], lanes[i + 1], lanes[i + 2]});
    sum += static_cast<double>(most - least);
  }
  return sum / (static_cast<double>(lanes.size()) / 4) < static_cast<double>(tint);
}

}  // namespace

void mend_contrast(std::span<float> lanes, int width_px, int height_px, const GreyRule& rule, bool has_eight_bits) {
  if (!is_grey(lanes, rule.tint)) return;
  const GreyContrast& contrast = has_eight_bits ? rule.eight_bit : rule.deeper;
  const PlaneScale scale = corner_median_spread(lanes, 3, width_px, height_px, std::min(width_px, height_px) / rule.corner_share);
  for (std::size_t i = 0; i < lanes.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = (lanes[i + c] - scale.middle[c]) / std::max(scale.spread[c], contrast.least_spread) * contrast.gain + rule.middle;
      lanes[i + c] = std::clamp(value, 0.0f, 255.0f);
    }
  }
}

}  // namespace cytodrop
