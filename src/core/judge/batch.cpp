#include "core/judge/batch.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"

namespace cytodrop {

BatchVerdict judge_batch(std::span<const float> deviations, std::size_t dimensions, const BatchRules& rules) {
  if (dimensions == 0 || deviations.size() % dimensions != 0 || !std::all_of(deviations.begin(), deviations.end(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "a set of cells needs " + std::to_string(dimensions) + " finite deviations for each of them");
  }
  BatchVerdict verdict{.cells = deviations.size() / dimensions};
  if (verdict.cells == 0) return verdict;
  std::vector<double> sums(dimensions);
  for (std::size_t first = 0; first < deviations.size(); first += dimensions) {
    for (std::size_t j = 0; j < dimensions; ++j) sums[j] += std::clamp(static_cast<double>(deviations[first + j]), -kMostDeviation, kMostDeviation);
  }
  const double cells = static_cast<double>(verdict.cells);
  for (const double sum : sums) verdict.shift += (sum / cells) * (sum / cells);
  verdict.limit = rules.shift + rules.noise / cells;
  verdict.foreign = verdict.cells >= static_cast<std::size_t>(rules.least_cells) && verdict.shift > verdict.limit;
  return verdict;
}

}  // namespace cytodrop
