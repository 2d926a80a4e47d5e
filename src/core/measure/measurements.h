#pragma once
#include <array>
#include <cstddef>
#include <span>

namespace cytodrop {

constexpr int kMeasuredSidePx = 64;
constexpr std::size_t kMeasurementCount = 136;
using Measurements = std::array<double, kMeasurementCount>;

/// Measures the picture of one cell. Y is its Rec. 601 luma, U = B − Y and V = R − Y, all on the 0..255 scale; a spread is a population
/// standard deviation, at least 0.001 where something is divided by it. None changes but by rounding when the picture is turned by quarters or mirrored.
///
/// - Intensity (24): of Y the values at 1, 5, 25, 50, 75, 95 and 99 % of their order (rank rounded down), mean, spread, root of the skewness with its
///   sign, root of the kurtosis; of U and V the values at 5, 50 and 95 %, mean and spread; correlations of Y and U, Y and V, U and V.
/// - Radial profile (36): in eight rings of 4 px around the middle and in what is left: mean and spread of Y, means of U and V.
/// - Local binary patterns (20): shares of the ten uniform, rotation-invariant patterns of eight neighbours at 1 and at 2 px, diagonal
///   ones interpolated; a neighbour counts as bright that is at most 0.001 darker. Source: Ojala et al. 2002, equations 9 to 11.
/// - Co-occurrence (10): of pairs of pixels 1 and 3 px apart in four directions together, both ways, of Y in 16 levels between its values at 1 and
///   99 %: root of contrast, correlation (1 where all are of one level), root of energy, homogeneity 1 / (1 + |i − j|), largest share.
///   Source: Haralick et al. 1973, appendix; Soh and Tsatsoulis 1999 for the homogeneity.
/// - Octave detail (20): for each of five halvings by means of 2×2 the root mean square of what the halving loses, of Y, the same over the spread of Y, of U, of V.
///   Source: Burt and Adelson 1983, with the box as filter.
/// - Shape (26): of the body and of its core thirteen each. Otsu's threshold of Y in 256 levels parts the picture, of which the part that most of the rim
///   is not is the body, and the body, of which the part nearer its middle is the core. Threshold, share of the variance between the two parts, whether
///   it is the brighter, root of its share of the area, difference of Y, U and V to the rest, spread of Y, share of the rim, distance between the middles over 64 px,
///   root of the ratio of the principal moments, root of area over their sum, root of area over the length of its border in steps between pixels.
///   Source: Otsu 1979; Hu 1962 for moments.
///
/// All sums are in float64 in one order, and no function but the square root rounds: equal bits in every build.
///
/// Args:
///   lanes: 64×64×4, R, G, B, 0 on the 0..255 scale.
/// Raises: kInvalidArgument for another number of lanes.
/// Source: scripts/cytotrain/measurements.py is the twin, which names each.
Measurements measure_cell(std::span<const float> lanes);

}  // namespace cytodrop
