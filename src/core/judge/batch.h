#pragma once
#include <cstddef>
#include <limits>
#include <span>

namespace cytodrop {

/// When a set of cells as a whole is not of the kind that a model learned from; from the model's spec.
struct BatchRules {
  int least_cells = 20;  ///< of fewer nothing is said
  /// A set of n cells is foreign whose shift is above `shift + noise / n`.
  double shift = std::numeric_limits<double>::infinity();
  double noise = 0;
};

struct BatchVerdict {
  std::size_t cells = 0;
  double shift = 0;  ///< squared length of the mean deviation
  double limit = std::numeric_limits<double>::infinity();
  bool foreign = false;
};

/// Longest deviation that counts in any one direction: a few odd cells are no other laboratory.
constexpr double kMostDeviation = 3;

/// Tells whether cells come from the distribution that a model was trained on.
///
/// One cell of another laboratory may look like a rare one of the own; of thirty the mean gives it away. Deviations are those from the
/// nearest class, so that it hardly matters how many cells there are of each type. The sums are in float64 and in order.
///
/// Args:
///   deviations: cells × dimensions, as `Novelty::place` gives them, one after the other.
///   dimensions: of one cell.
/// Raises: kInvalidArgument when the values are no whole number of cells or one is not finite.
/// Source: Hotelling 1931, "The generalization of Student's ratio", for the length of the mean of whitened values; clipped as in Huber
///   1964; Rabanser et al. 2019, "Failing loudly", for testing sets by a network's representation.
BatchVerdict judge_batch(std::span<const float> deviations, std::size_t dimensions, const BatchRules& rules);

}  // namespace cytodrop
