#pragma once
#include <array>
#include <optional>
#include <vector>

#include "core/image.h"
#include "core/judge/quality.h"
#include "core/prepare/display_range.h"
#include "core/prepare/grey_contrast.h"
#include "core/prepare/resize.h"
#include "core/prepare/stained_cell.h"

namespace cytodrop {

enum class CropRule { kNone, kCentreSquare, kStainedCell };
enum class InputChannels { kRgb, kGrey };
enum class RangeRule { kAsStored, kFramePercentiles, kStainedCell };
enum class NormalisationRule { kMeanStd, kCornerMedianSpread, kInsideMeanSpread, kGreyContrast };

/// How an image becomes the input of one model's network; all of it comes from the model's spec.
struct PrepareRules {
  int width_px = 0;
  int height_px = 0;
  InputChannels channels = InputChannels::kRgb;
  RangeRule range = RangeRule::kAsStored;
  CropRule crop = CropRule::kNone;
  int crop_side_px = 0;  ///< for kCentreSquare
  double crop_radii = 0;  ///< for kStainedCell: half the side, in radii of the cell
  std::array<float, 3> usual_nucleus{};  ///< for RangeRule::kStainedCell: R, G, B, 0..255
  ResizeRule resize = ResizeRule::kBilinearAntialiased;
  NormalisationRule normalisation = NormalisationRule::kMeanStd;
  /// For kMeanStd, per input channel, on the 0..255 scale: (x − mean) / std.
  std::array<float, 3> mean{};
  std::array<float, 3> std{1, 1, 1};
  /// For kInsideMeanSpread, of cells cut out along their outline, on the 0..255 scale: within what is above `inside_above`, (x − mean
  /// of the inside) / max(standard deviation of the inside, least_spread); 0 elsewhere.
  float inside_above = 0;
  /// For kCornerMedianSpread, which takes off the background of each microscope frame by itself, on the 0..255 scale:
  /// (x − median of the corner squares) / max(standard deviation of the plane, least_spread).
  int corner_px = 0;
  float least_spread = 0;
  GreyRule grey;  ///< for kGreyContrast, whose input stays on the 0..255 scale

  int channel_count() const { return channels == InputChannels::kRgb ? 3 : 1; }
};

constexpr double kLeastScale = 1.0 / 64, kMostScale = 64;

/// The rules for an image of another scale: the crop's side, if there is a crop, times `scale`, rounded, at least 1 px.
///
/// Args:
///   scale: image px per px of the images that the model was trained on.
/// Raises: kInvalidArgument for a scale that is not within kLeastScale to kMostScale.
PrepareRules at_scale(PrepareRules rules, double scale);

/// The part of an image that a model looks at.
///
/// kCentreSquare: the central square of side min(side, width, height), its corner rounded down. kStainedCell: `stained_square` of the
/// cell that `find_stained_cell` finds, which may reach outside.
Box crop_box(const PrepareRules& rules, const ImageView& image);

/// What `prepare` found on its way.
struct Seen {
  Box crop;
  Measures measures;
};

/// Crops, resizes and normalises an upright, opaque image.
///
/// Args:
///   image: 1 or 3 channels; 16-bit samples are divided by 257 and float samples multiplied by 255 first. Grey fills
///     all three planes of an RGB input; colour becomes Rec. 601 luma for a grey one.
///   frame_range: for kFramePercentiles, display_range of the frame that the image is a part of; without it the image is the frame.
///     Applied after resizing. What a person sets on the screen never comes here.
///   seen: written where there is a place for it.
/// Returns: C × H × W float32, contiguous, as the training code makes it.
/// Raises: kInvalidArgument for another number of channels.
std::vector<float> prepare(const ImageView& image, const PrepareRules& rules,
                           const std::optional<SampleRange>& frame_range = std::nullopt, Seen* seen = nullptr);

/// 8-bit RGBA picture of part of an image for the screen, alpha 255, antialiased, never enlarged.
struct ScreenPicture {
  int width_px = 0;
  int height_px = 0;
  std::vector<std::uint8_t> rgba;
};

/// Draws a box of an image for the screen.
///
/// Args:
///   max_side_px: the longer side of the result at most.
///   range: what becomes black and white; by default display_range of the image.
/// Raises: kInvalidArgument.
ScreenPicture draw_for_screen(const ImageView& image, const Box& box, int max_side_px,
                              const std::optional<SampleRange>& range = std::nullopt);

/// Draws what a model looks at, in the colours of the image.
///
/// Args:
///   box: receives where it lies.
/// Raises: kInvalidArgument, kOutOfMemory.
ScreenPicture draw_crop(const ImageView& image, const PrepareRules& rules, int max_side_px, Box& box);

}  // namespace cytodrop
