#include "core/judge/judge.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace cytodrop {

Verdict judge(std::span<const float> logits, HeadOutput output, const JudgeRules& rules, double novelty) {
  if (logits.empty() || !std::all_of(logits.begin(), logits.end(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "a verdict needs logits that are finite");
  }
  // A sigmoid is the softmax of (0, logit); subtracting the largest keeps exp from overflowing.
  std::vector<double> scaled;
  if (output == HeadOutput::kSigmoid) scaled.push_back(0);
  for (const float logit : logits) scaled.push_back(static_cast<double>(logit) / rules.temperature);
  const double largest = *std::max_element(scaled.begin(), scaled.end());

  Verdict verdict;
  double total = 0;
  for (const double value : scaled) {
    verdict.probabilities.push_back(std::exp(value - largest));
    total += verdict.probabilities.back();
  }
  for (double& probability : verdict.probabilities) probability /= total;
  const auto top = std::max_element(verdict.probabilities.begin(), verdict.probabilities.end());
  verdict.class_index = static_cast<int>(top - verdict.probabilities.begin());
  verdict.probability = *top;
  verdict.unsure = verdict.probability < rules.abstain_below;
  verdict.novelty = novelty;
  verdict.foreign = novelty > rules.foreign_above;
  return verdict;
}

}  // namespace cytodrop
