#pragma once
#include <array>
#include <span>

namespace cytodrop {

/// Turns interleaved lanes into normalised planes: plane[c][i] = (lanes[i][c] − mean[c]) / std[c].
///
/// Args:
///   lanes: pixels × 4.
///   planes: channels × pixels, written; channels is 1 to 3.
void normalise(std::span<const float> lanes, int channels, const std::array<float, 3>& mean,
               const std::array<float, 3>& std, std::span<float> planes);

/// The plain twin of `normalise`.
void normalise_plain(std::span<const float> lanes, int channels, const std::array<float, 3>& mean,
                     const std::array<float, 3>& std, std::span<float> planes);

/// Normalises the part of each plane that is above a level by its own mean and population standard deviation; the rest becomes 0.
///
/// The sums are in float64, in row order; mean and deviation are rounded to float32.
///
/// Args:
///   lanes: pixels × 4.
///   least_spread: the deviation at least.
///   planes: channels × pixels, written.
void normalise_inside(std::span<const float> lanes, int channels, float inside_above, float least_spread, std::span<float> planes);

/// Middle and spread of each plane, from which corner_median_spread normalises it.
struct PlaneScale {
  std::array<float, 3> middle{};
  std::array<float, 3> spread{};
};

/// Measures each plane by itself: the median of the four corner squares, which are background, and the population
/// standard deviation of the whole plane.
///
/// The sums are in float64, in row order, each in one lane; the results are rounded to float32.
///
/// Args:
///   lanes: height_px × width_px × 4.
///   corner_px: side of a corner square; at least 1, at most half of the smaller side.
PlaneScale corner_median_spread(std::span<const float> lanes, int channels, int width_px, int height_px, int corner_px);

/// The plain twin of `corner_median_spread`.
PlaneScale corner_median_spread_plain(std::span<const float> lanes, int channels, int width_px, int height_px, int corner_px);

}  // namespace cytodrop
