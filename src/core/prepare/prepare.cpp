#include "core/prepare/prepare.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/prepare/normalise.h"

namespace cytodrop {
namespace {

void check_opaque(const ImageView& image) {
  if (image.channels != 1 && image.channels != 3) {
    throw Error(ErrorCode::kInvalidArgument,
                "an opaque image of 1 or 3 channels is needed, not of " + std::to_string(image.channels));
  }
}

}  // namespace

PrepareRules at_scale(PrepareRules rules, double scale) {
  if (!(scale >= kLeastScale && scale <= kMostScale)) throw Error(ErrorCode::kInvalidArgument, "the scale of the images must be within 1/64 to 64");
  rules.crop_side_px = std::max(1, static_cast<int>(std::floor(rules.crop_side_px * scale + 0.5)));
  return rules;
}

Box crop_box(const PrepareRules& rules, int width_px, int height_px) {
  if (rules.crop == CropRule::kNone) return {0, 0, width_px, height_px};
  const int side = std::min({rules.crop_side_px, width_px, height_px});
  return {(width_px - side) / 2, (height_px - side) / 2, side, side};
}

std::vector<float> prepare(const ImageView& image, const PrepareRules& rules, const std::optional<SampleRange>& frame_range, Measures* measures) {
  check_opaque(image);
  const ImageView part = image.crop(crop_box(rules, image.width_px, image.height_px));
  const Lanes lanes = rules.channels == InputChannels::kRgb ? Lanes::kRgb : Lanes::kGrey;
  std::vector<float> resized = resize(part, lanes, rules.resize, rules.width_px, rules.height_px);
  if (rules.range == RangeRule::kFramePercentiles) {
    const SampleRange range = frame_range ? *frame_range : display_range(image);
    if (range != SampleRange{}) stretch(resized, range);
  }
  if (measures != nullptr) {
    const int trained_side_px = rules.crop == CropRule::kCentreSquare ? rules.crop_side_px : 0;
    *measures = measure_quality(part, resized, rules.channel_count(), rules.width_px, rules.height_px, trained_side_px);
  }
  std::vector<float> planes(resized.size() / 4 * static_cast<std::size_t>(rules.channel_count()));
  PlaneScale scale{.middle = rules.mean, .spread = rules.std};
  if (rules.normalisation == NormalisationRule::kCornerMedianSpread) {
    scale = corner_median_spread(resized, rules.channel_count(), rules.width_px, rules.height_px, rules.corner_px);
    for (float& spread : scale.spread) spread = std::max(spread, rules.least_spread);
  }
  normalise(resized, rules.channel_count(), scale.middle, scale.spread, planes);
  return planes;
}

ScreenPicture draw_for_screen(const ImageView& image, const Box& box, int max_side_px, const std::optional<SampleRange>& range) {
  check_opaque(image);
  if (max_side_px < 1) throw Error(ErrorCode::kInvalidArgument, "a picture for the screen needs at least 1 px");
  if (range && !(range->high > range->low)) throw Error(ErrorCode::kInvalidArgument, "the range must have its white above its black");
  const ImageView part = image.crop(box);
  const int longer = std::max(part.width_px, part.height_px);
  const auto fit = [&](int px) {
    if (longer <= max_side_px) return px;
    return std::max(1, static_cast<int>(static_cast<std::int64_t>(px) * max_side_px / longer));
  };
  ScreenPicture picture{.width_px = fit(part.width_px), .height_px = fit(part.height_px), .rgba = {}};
  std::vector<float> lanes = resize(part, Lanes::kRgb, ResizeRule::kBilinearAntialiased, picture.width_px, picture.height_px);
  const SampleRange shown = range ? *range : display_range(image);
  if (shown != SampleRange{}) stretch(lanes, shown);
  picture.rgba.resize(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const float value = i % 4 == 3 ? 255.0f : std::clamp(lanes[i] + 0.5f, 0.0f, 255.0f);
    picture.rgba[i] = static_cast<std::uint8_t>(value);
  }
  return picture;
}

}  // namespace cytodrop
