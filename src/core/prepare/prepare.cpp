#include "core/prepare/prepare.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/prepare/cut.h"
#include "core/prepare/normalise.h"

namespace cytodrop {
namespace {

void check_opaque(const ImageView& image) {
  if (image.channels != 1 && image.channels != 3) {
    throw Error(ErrorCode::kInvalidArgument,
                "an opaque image of 1 or 3 channels is needed, not of " + std::to_string(image.channels));
  }
}

/// The background's colour in the samples of an image, to lie where the image does not reach.
Fill background_fill(const StainedCell& cell, const ImageView& image) {
  Fill fill;
  for (std::size_t c = 0; c < 3; ++c) fill.level[c] = static_cast<double>(cell.background[image.channels == 1 ? 0 : c]) / 255;
  return fill;
}

/// The image's stained cell, where a rule asks for one.
std::optional<StainedCell> wanted_cell(const PrepareRules& rules, const ImageView& image) {
  if (rules.crop != CropRule::kStainedCell && rules.range != RangeRule::kStainedCell) return std::nullopt;
  return find_stained_cell(image);
}

Box crop_box(const PrepareRules& rules, const ImageView& image, const std::optional<StainedCell>& cell) {
  if (rules.crop == CropRule::kStainedCell) return stained_square(*cell, rules.crop_radii);
  if (rules.crop == CropRule::kNone) return {0, 0, image.width_px, image.height_px};
  const int side = std::min({rules.crop_side_px, image.width_px, image.height_px});
  return {(image.width_px - side) / 2, (image.height_px - side) / 2, side, side};
}

/// A view of a box; where it reaches outside, which only that of a stained cell does, of a copy with the background's colour around.
ImageView part_of(const ImageView& image, const Box& box, const std::optional<StainedCell>& cell, Image& copy) {
  if (!cell || is_inside(box, image)) return image.crop(box);
  copy = cut(image, box, background_fill(*cell, image));
  return copy.view();
}

/// Which side the size of a crop is measured by.
int trained_side(const PrepareRules& rules) {
  switch (rules.crop) {
    case CropRule::kNone: return 0;
    case CropRule::kCentreSquare: return rules.crop_side_px;
    case CropRule::kStainedCell: return rules.width_px;
  }
  return 0;
}

}  // namespace

PrepareRules at_scale(PrepareRules rules, double scale) {
  if (!(scale >= kLeastScale && scale <= kMostScale)) throw Error(ErrorCode::kInvalidArgument, "the scale of the images must be within 1/64 to 64");
  rules.crop_side_px = std::max(1, static_cast<int>(std::floor(rules.crop_side_px * scale + 0.5)));
  return rules;
}

Box crop_box(const PrepareRules& rules, const ImageView& image) { return crop_box(rules, image, wanted_cell(rules, image)); }

std::vector<float> prepare(const ImageView& image, const PrepareRules& rules, const std::optional<SampleRange>& frame_range, Seen* seen) {
  check_opaque(image);
  const std::optional<StainedCell> cell = wanted_cell(rules, image);
  const Box box = crop_box(rules, image, cell);
  Image copy;
  const ImageView part = part_of(image, box, cell, copy);
  const Lanes lanes = rules.channels == InputChannels::kRgb ? Lanes::kRgb : Lanes::kGrey;
  std::vector<float> resized = resize(part, lanes, rules.resize, rules.width_px, rules.height_px);
  if (rules.range == RangeRule::kFramePercentiles) {
    const SampleRange range = frame_range ? *frame_range : display_range(image);
    if (range != SampleRange{}) stretch(resized, range);
  }
  if (seen != nullptr) *seen = {box, measure_quality(part, resized, rules.channel_count(), rules.width_px, rules.height_px, trained_side(rules))};
  if (rules.range == RangeRule::kStainedCell) restain(resized, *cell, rules.usual_nucleus);
  if (rules.normalisation == NormalisationRule::kGreyContrast) mend_contrast(resized, rules.width_px, rules.height_px, rules.grey, image.type == SampleType::kUint8);
  std::vector<float> planes(resized.size() / 4 * static_cast<std::size_t>(rules.channel_count()));
  if (rules.normalisation == NormalisationRule::kInsideMeanSpread) {
    normalise_inside(resized, rules.channel_count(), rules.inside_above, rules.least_spread, planes);
    return planes;
  }
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

ScreenPicture draw_crop(const ImageView& image, const PrepareRules& rules, int max_side_px, Box& box) {
  check_opaque(image);
  const std::optional<StainedCell> cell = wanted_cell(rules, image);
  box = crop_box(rules, image, cell);
  Image copy;
  const ImageView part = part_of(image, box, cell, copy);
  return draw_for_screen(part, {0, 0, part.width_px, part.height_px}, max_side_px, display_range(image));
}

}  // namespace cytodrop
