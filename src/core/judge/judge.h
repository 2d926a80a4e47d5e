#pragma once
#include <limits>
#include <span>
#include <vector>

#include "core/head/head.h"
#include "core/judge/batch.h"

namespace cytodrop {

/// How a model's logits become a verdict; from the model's spec.
struct JudgeRules {
  double temperature = 1;
  double abstain_below = 0;
  double foreign_above = std::numeric_limits<double>::infinity();
  BatchRules batch;
};

struct Verdict {
  int class_index = 0;  ///< the most probable class; the first of equals
  double probability = 0;
  bool unsure = false;  ///< probability < abstain_below
  std::vector<double> probabilities;  ///< one per class, summing to 1
  /// How unlike the training images the cell is; not a number where the model cannot tell.
  double novelty = std::numeric_limits<double>::quiet_NaN();
  bool foreign = false;  ///< novelty > foreign_above: the probabilities say nothing about such a cell
};

/// Turns logits into calibrated probabilities and a verdict.
///
/// Args:
///   logits: one per class for softmax, one for sigmoid (the second class's).
///   novelty: as `Novelty::distance` gives it; not a number where the model has no statistics.
/// Raises: kInvalidArgument when there are none or one is not finite.
/// Source: temperature scaling, Guo et al. 2017, "On calibration of modern neural networks".
Verdict judge(std::span<const float> logits, HeadOutput output, const JudgeRules& rules,
              double novelty = std::numeric_limits<double>::quiet_NaN());

}  // namespace cytodrop
