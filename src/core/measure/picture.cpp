#include "core/measure/picture.h"

#include <algorithm>

#include "core/measure/measurements.h"
#include "core/prepare/normalise.h"
#include "core/prepare/resize.h"

namespace cytodrop {
namespace {

std::vector<float> square(const ImageView& image, int side_px) { return resize(image, Lanes::kRgb, ResizeRule::kBilinearAntialiased, side_px, side_px); }

}  // namespace

bool is_grey(const ImageView& image, const GreyRule& rule) {
  if (image.channels == 1) return true;
  const std::vector<float> lanes = square(image, kMeasuredSidePx);
  double sum = 0;
  for (std::size_t i = 0; i < lanes.size(); i += 4) {
    const auto [least, most] = std::minmax({lanes[i], lanes[i + 1], lanes[i + 2]});
    sum += static_cast<double>(most - least);
  }
  return sum / (static_cast<double>(lanes.size()) / 4) < static_cast<double>(rule.tint);
}

std::vector<float> picture_lanes(const ImageView& image, int side_px, const GreyRule& rule, bool grey) {
  std::vector<float> lanes = square(image, side_px);
  if (!grey) return lanes;
  const GreyContrast& contrast = image.type == SampleType::kUint8 ? rule.eight_bit : rule.deeper;
  const PlaneScale scale = corner_median_spread(lanes, 3, side_px, side_px, side_px / rule.corner_share);
  for (std::size_t i = 0; i < lanes.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = (lanes[i + c] - scale.middle[c]) / std::max(scale.spread[c], contrast.least_spread) * contrast.gain + rule.middle;
      lanes[i + c] = std::clamp(value, 0.0f, 255.0f);
    }
  }
  return lanes;
}

}  // namespace cytodrop
