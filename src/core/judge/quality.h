#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "core/image.h"

namespace cytodrop {

/// What is measured of the crop that a network sees. Y is its luma on the 0..255 scale at the network's input size,
/// `spread` its population standard deviation, at least 0.001.
enum class Measure : std::size_t {
  kSize,        ///< smaller side of the crop over the side that the model was trained on; of a stained cell over the network's input; 1 without a crop rule
  kBrightness,  ///< mean of Y
  kContrast,    ///< standard deviation of Y
  kWhite,       ///< share of Y ≥ 254
  kBlack,       ///< share of Y ≤ 1
  kColour,      ///< mean over the crop's own pixels of the largest less the smallest channel; 0 of a grey image
  kDetail1,     ///< ln of the mean of (Y(x+d) − Y(x))² across and down, a quarter of their sum, at least 1e-9, over spread²; d = 1
  kDetail2,     ///< the same, d = 2
  kDetail4,     ///< d = 4
  kDetail8,     ///< d = 8
  kBorder,      ///< standard deviation within the outer twelfth over spread
  kMiddle,      ///< standard deviation within the central half of both sides over spread
  kPeak,        ///< ln(0.001 + mean of ((Y − mean) / spread)⁴)
  kRim,         ///< (mean of the outer twelfth − mean) / spread
  kRed,         ///< ln((1 + r) / (1 + g)) with r and g the means of the first two channels over the crop's own pixels; 0 of a grey image
  kBlue,        ///< the same of the third channel over the second
};
constexpr std::size_t kMeasureCount = 16;
using Measures = std::array<double, kMeasureCount>;

/// The words of models/spec.schema.json, in order.
extern const std::array<std::string_view, kMeasureCount> kMeasureNames;

/// What a measure may be; an end that is infinite is no limit.
struct QualityLimit {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
using QualityRules = std::array<QualityLimit, kMeasureCount>;

/// A measure that lies outside its limits.
struct QualityFlag {
  std::string_view name;  ///< what it means, "out_of_focus" for example
  std::size_t measure = 0;
  double value = 0;
  double limit = 0;
};

/// Measures a crop. All sums are in float64 and in row order.
///
/// Args:
///   crop: opaque, 1 or 3 channels.
///   lanes: the same resized, height_px × width_px × 4; three channels of colour or one of luma.
///   trained_side_px: 0 where the model has no crop rule.
/// Source: scripts/cytotrain/quality.py is the twin.
Measures measure_quality(const ImageView& crop, std::span<const float> lanes, int channels, int width_px, int height_px, int trained_side_px);

/// What is wrong with a crop, in the order of the measures, each name once; a measure that is not a number breaks its limits.
std::vector<QualityFlag> quality_flags(const Measures& measures, const QualityRules& rules);

}  // namespace cytodrop
