#pragma once
#include <cstddef>
#include <limits>
#include <span>

namespace cytodrop {

/// How far a set of n cells may be shifted: by `shift + noise / n`.
struct BatchLimit {
  double shift = std::numeric_limits<double>::infinity();
  double noise = 0;
};

/// When a set of cells as a whole is not of the kind that a model learned from; from the model's spec.
struct BatchRules {
  int least_cells = 20;  ///< of fewer nothing is said
  BatchLimit features;
  BatchLimit look;
};

struct BatchVerdict {
  std::size_t cells = 0;
  double shift = 0;  ///< squared length of the mean deviation of the features, less what chance makes of it
  double limit = std::numeric_limits<double>::infinity();
  double look_shift = 0;  ///< the same of the look: light, colour, size and how structures lie
  double look_limit = std::numeric_limits<double>::infinity();
  bool foreign = false;  ///< either is above its limit
};

/// Longest deviation that counts in any one direction: a few odd cells are no other laboratory.
constexpr double kMostDeviation = 3;

/// Tells whether cells come from the distribution that a model was trained on.
///
/// One cell of another laboratory may look like a rare one of the own; of thirty the mean gives it away. Deviations are those from the
/// nearest class, so that it hardly matters how many cells there are of each type. Features and look are judged apart: a stain moves
/// three of the look's values and would be lost among the hundred of the features, which training made blind to it.
///
/// With v the deviations, each value within ±kMostDeviation: shift = max(0, ‖Σ v‖² − Σ ‖v‖²) / (n (n − 1)), the mean of v · v' over all
/// pairs, of which cells of the own kind have 0 whatever their spread. The sums are in float64 and in order.
///
/// Args:
///   deviations: cells × dimensions, as `Novelty::place` gives them, one after the other.
///   dimensions: of one cell.
///   look_dimensions: the last so many of them are of the look.
/// Raises: kInvalidArgument when the values are no whole number of cells or one is not finite.
/// Source: Chen and Qin 2010, "A two-sample test for high-dimensional data with applications to gene-set testing", for the mean over
///   pairs; clipped as in Huber 1964; Rabanser et al. 2019, "Failing loudly", for testing sets by a network's representation.
BatchVerdict judge_batch(std::span<const float> deviations, std::size_t dimensions, std::size_t look_dimensions, const BatchRules& rules);

}  // namespace cytodrop
