#include "core/detect/detect.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/detect/flatten.h"
#include "core/detect/morphology.h"
#include "core/detect/regions.h"
#include "core/detect/split.h"
#include "core/detect/threshold.h"
#include "core/error.h"

namespace cytodrop {
namespace {

/// The fixed numbers of a method, found by scripts/score_detection.py on the tuning parts of two data sets. Lengths are
/// shares of the least diameter if not said otherwise.
struct Recipe {
  double least_diameter_px;  ///< frames are made smaller as long as the least diameter stays above this
  double noise_share;        ///< this share of the frame is taken for empty; its contrast is the noise
  double times_noise;        ///< what a cell's contrast has to exceed
  double line_length;        ///< straight runs this many times the most diameter long are lines of the chamber; 0: has none
  double closing;
  double opening;
  double halo;               ///< brighter than the background by this many thresholds is a border between cells; 0: never
  double least_part;         ///< smallest part a clump is cut into, as a share of the least cell's area
  double least_strength;     ///< mean contrast of a cell, in thresholds
};

constexpr Recipe kRoundRecipe{.least_diameter_px = 12, .noise_share = 0.5, .times_noise = 6, .line_length = 1.5,
                              .closing = 0.1, .opening = 0.3, .halo = 0, .least_part = 0.5, .least_strength = 1.2};
constexpr Recipe kAdherentRecipe{.least_diameter_px = 10, .noise_share = 0.05, .times_noise = 5, .line_length = 0,
                                 .closing = 0.05, .opening = 0.1, .halo = 1.4, .least_part = 1, .least_strength = 1.5};
constexpr int kContrastWindowPx = 3;
constexpr double kBackgroundTiles = 2;      // most diameters: wide enough to see past a cell
constexpr double kShareOfBrightest = 0.1;   // of the strongest contrast: what is fainter beside it is blur and debris
constexpr double kLeastContrast = kLevels / 256.0;  // one step of an 8-bit frame is no cell
constexpr double kLeastRise = 0.25;
constexpr double kMostHole = 0.25;          // of the square of the most diameter
constexpr double kMostDiameterPx = 1e9;
constexpr std::int64_t kMostPixels = 16'000'000;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::kInvalidArgument, what); }

int shrinking(const ImageView& frame, double least_diameter_px, double wanted_px) {
  int factor = static_cast<int>(std::clamp(least_diameter_px / wanted_px, 1.0, 1'000.0));
  const auto side = [&](int size) { return std::int64_t{(size + factor - 1) / factor}; };
  while (side(frame.width_px) * side(frame.height_px) > kMostPixels) ++factor;
  return factor;
}

/// Contrast above which a pixel belongs to a cell.
double threshold_of(const Plane<std::uint16_t>& contrast, const Recipe& recipe, double sensitivity) {
  const double noise = recipe.times_noise * quantile(contrast, recipe.noise_share);
  const double brightest = kShareOfBrightest * quantile(contrast, 0.998);
  // 3 at 0, 1 at a half, a third at 1.
  const double caution = sensitivity < 0.5 ? 3 - 4 * sensitivity : 1 / (4 * sensitivity - 1);
  return std::max(kLeastContrast, std::max(noise, brightest) * caution);
}

/// Distance to the mask's edge in sixteenths of a px.
Plane<std::uint16_t> depth_of(const Mask& mask) {
  const Plane<std::int32_t> squares = squared_distance(mask);
  Plane<std::uint16_t> depth(mask.width_px, mask.height_px);
  for (std::size_t i = 0; i < squares.values.size(); ++i) {
    depth.values[i] = static_cast<std::uint16_t>(std::min(65'535.0, std::sqrt(static_cast<double>(squares.values[i])) * 16));
  }
  return depth;
}

Mask without_halos(Mask mask, const Plane<std::uint16_t>& grey, const Background& background, double brighter) {
  std::vector<float> empty(static_cast<std::size_t>(grey.width_px));
  for (int y = 0; y < grey.height_px; ++y) {
    background.row(y, empty);
    for (int x = 0; x < grey.width_px; ++x) {
      if (grey.row(y)[x] - double{empty[static_cast<std::size_t>(x)]} > brighter) mask.row(y)[x] = 0;
    }
  }
  return mask;
}

int rounded(double length_px) { return static_cast<int>(length_px + 0.5); }

}  // namespace

Diameters diameters_of(const DetectSettings& settings) {
  if (!(settings.sensitivity >= 0 && settings.sensitivity <= 1)) refuse("the sensitivity lies between 0 and 1");
  if (!(settings.pixel_size_um >= 0 && settings.pixel_size_um <= 1e6)) refuse("the pixel size lies between 0, for unknown, and 1,000,000 µm");
  if (!(settings.least_diameter > 0 && settings.least_diameter <= settings.most_diameter && settings.most_diameter <= 1e6)) {
    refuse("the least diameter lies above 0 and not above the most, the most not above 1,000,000");
  }
  const double um = settings.pixel_size_um > 0 ? settings.pixel_size_um : 1;
  // What is measured with them is then a whole number of 64 bits.
  const auto px = [&](double length) { return std::min(length / um, kMostDiameterPx); };
  return {px(settings.least_diameter), px(settings.most_diameter)};
}

Diameters diameters_of(const ImageView& frame, const DetectSettings& settings) {
  if (frame.data == nullptr || frame.width_px < 1 || frame.height_px < 1) refuse("a frame needs at least 1 × 1 px");
  if (frame.channels != 1 && frame.channels != 3) refuse("a frame has 1 or 3 channels, not " + std::to_string(frame.channels));
  return diameters_of(settings);
}

std::vector<DetectedCell> detect(const ImageView& frame, const DetectSettings& settings) {
  if (settings.method == DetectMethod::kNetwork) refuse("this method needs a detector");
  const Diameters lengths = diameters_of(frame, settings);
  const Recipe& recipe = settings.method == DetectMethod::kAdherent ? kAdherentRecipe : kRoundRecipe;
  const int factor = shrinking(frame, lengths.least_px, recipe.least_diameter_px);
  const double least = lengths.least_px / factor, most = lengths.most_px / factor;

  const Plane<std::uint16_t> grey = grey_levels(frame, factor);
  const Background background(grey, static_cast<int>(std::clamp(kBackgroundTiles * most, 32.0, 1e6)));
  const Plane<std::uint16_t> contrast = local_contrast(grey, background, kContrastWindowPx);
  const double threshold = threshold_of(contrast, recipe, settings.sensitivity);

  Mask mask(grey.width_px, grey.height_px);
  for (std::size_t i = 0; i < mask.values.size(); ++i) mask.values[i] = contrast.values[i] > threshold;
  if (recipe.line_length > 0) remove_lines(mask, rounded(recipe.line_length * most) + 1);
  close(mask, rounded(std::min(recipe.closing * least, 1'000.0)));
  fill_holes(mask, static_cast<std::int64_t>(kMostHole * most * most));
  open(mask, rounded(std::min(recipe.opening * least, 1'000.0)));

  const Plane<std::uint16_t> depth =
      depth_of(recipe.halo > 0 ? without_halos(mask, grey, background, recipe.halo * threshold) : mask);
  const auto least_pixels = static_cast<std::int64_t>(recipe.least_part * 0.785 * least * least);
  const Regions regions = split(mask, depth, settings.split_touching ? kLeastRise : 2, least_pixels);

  const std::vector<Extent> extents = extents_of(regions, contrast);
  std::vector<float> scores;
  for (const Extent& extent : extents) {
    const double strength = extent.mean() / threshold;
    scores.push_back(strength < recipe.least_strength ? 0 : static_cast<float>(1 - 1 / strength));
  }
  return cells_of(regions, extents, scores, {lengths.least_px, lengths.most_px, settings.keep_cut_by_border}, factor,
                  frame.width_px, frame.height_px);
}

}  // namespace cytodrop
