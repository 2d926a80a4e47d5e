#include "core/spec/prepare_field.h"

#include <algorithm>

namespace cytodrop {
namespace {

// Bounds as in models/spec.schema.json.
constexpr int kMaxInputPx = 1024, kMaxCropPx = 16384;
constexpr double kSmallest = 1e-12, kLargest = 1e12;

GreyRule read_grey(const Field& rule) {
  const auto number = [](const Field& field, double least, double most) { return static_cast<float>(field.number(least, most)); };
  const auto contrast = [&](const Field& field) { return GreyContrast{number(field["gain"], 0, kLargest), number(field["least_spread"], 1e-6, kLargest)}; };
  // The least input has eight px.
  return {.tint = number(rule["tint"], 0, 255),
          .corner_share = rule["corner_share"].integer(2, 8),
          .middle = number(rule["middle"], 0, 255),
          .eight_bit = contrast(rule["eight_bit"]),
          .deeper = contrast(rule["deeper"])};
}

}  // namespace

PrepareRules read_prepare(const Field& spec) {
  PrepareRules rules;
  rules.width_px = spec["input"]["width_px"].integer(8, kMaxInputPx);
  rules.height_px = spec["input"]["height_px"].integer(8, kMaxInputPx);
  rules.channels = spec["input"]["channels"].one_of<InputChannels>({{"rgb", InputChannels::kRgb}, {"grey", InputChannels::kGrey}});
  if (spec["input"].has("range")) {
    rules.range = spec["input"]["range"].one_of<RangeRule>({{"as_stored", RangeRule::kAsStored}, {"frame_percentiles", RangeRule::kFramePercentiles}, {"stained_cell", RangeRule::kStainedCell}});
  }
  if (rules.range == RangeRule::kStainedCell) {
    if (rules.channels != InputChannels::kRgb) spec["input"]["range"].reject("needs colours");
    const auto nucleus = spec["input"]["nucleus"].items(3, 3);
    for (std::size_t c = 0; c < 3; ++c) rules.usual_nucleus[c] = static_cast<float>(nucleus[c].number(1, 254));
  }
  rules.crop = spec["crop"]["rule"].one_of<CropRule>({{"none", CropRule::kNone}, {"centre_square", CropRule::kCentreSquare}, {"stained_cell", CropRule::kStainedCell}});
  if (rules.crop == CropRule::kCentreSquare) rules.crop_side_px = spec["crop"]["side_px"].integer(8, kMaxCropPx);
  if (rules.crop == CropRule::kStainedCell) rules.crop_radii = spec["crop"]["radii"].number(0.5, 8);
  rules.resize = spec["resize"]["rule"].one_of<ResizeRule>({{"bilinear_antialiased", ResizeRule::kBilinearAntialiased},
                                                           {"bilinear_half_pixel", ResizeRule::kBilinearHalfPixel}});
  const Field normalisation = spec["normalisation"];
  rules.normalisation = normalisation["rule"].one_of<NormalisationRule>(
      {{"mean_std", NormalisationRule::kMeanStd}, {"corner_median_spread", NormalisationRule::kCornerMedianSpread}, {"inside_mean_spread", NormalisationRule::kInsideMeanSpread}, {"grey_contrast", NormalisationRule::kGreyContrast}});
  if (rules.normalisation == NormalisationRule::kGreyContrast) {
    if (rules.channels != InputChannels::kRgb) normalisation["rule"].reject("needs colours");
    rules.grey = read_grey(normalisation);
    return rules;
  }
  if (rules.normalisation == NormalisationRule::kInsideMeanSpread) {
    rules.inside_above = static_cast<float>(normalisation["inside_above"].number(0, 254));
    rules.least_spread = static_cast<float>(normalisation["least_spread"].number(kSmallest, kLargest));
    return rules;
  }
  if (rules.normalisation == NormalisationRule::kCornerMedianSpread) {
    rules.corner_px = normalisation["corner_px"].integer(1, std::min(rules.width_px, rules.height_px) / 2);
    rules.least_spread = static_cast<float>(normalisation["least_spread"].number(kSmallest, kLargest));
    return rules;
  }
  const auto channels = static_cast<std::size_t>(rules.channel_count());
  const auto mean = normalisation["mean"].items(channels, channels), std = normalisation["std"].items(channels, channels);
  for (std::size_t c = 0; c < channels; ++c) {
    rules.mean[c] = static_cast<float>(mean[c].number(-kLargest, kLargest));
    rules.std[c] = static_cast<float>(std[c].number(kSmallest, kLargest));
  }
  return rules;
}

}  // namespace cytodrop
