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

}  // namespace cytodrop
