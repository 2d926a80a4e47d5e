#include "core/judge/batch.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"

namespace cytodrop {
namespace {

/// Of `count` values from `first` on of each cell.
double shift_of(std::span<const float> deviations, std::size_t dimensions, std::size_t first, std::size_t count) {
  std::vector<double> sums(count);
  double squares = 0;
  for (std::size_t cell = first; cell < deviations.size(); cell += dimensions) {
    for (std::size_t j = 0; j < count; ++j) {
      const double value = std::clamp(static_cast<double>(deviations[cell + j]), -kMostDeviation, kMostDeviation);
      sums[j] += value;
      squares += value * value;
    }
  }
  const double cells = static_cast<double>(deviations.size() / dimensions);
  double length = 0;
  for (const double sum : sums) length += sum * sum;
  return cells < 2 ? 0 : std::max(0.0, length - squares) / (cells * (cells - 1));
}

}  // namespace

BatchVerdict judge_batch(std::span<const float> deviations, std::size_t dimensions, std::size_t look_dimensions, const BatchRules& rules) {
  if (dimensions == 0 || look_dimensions > dimensions || deviations.size() % dimensions != 0 || !std::all_of(deviations.begin(), deviations.end(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "a set of cells needs " + std::to_string(dimensions) + " finite deviations for each of them");
  }
  BatchVerdict verdict{.cells = deviations.size() / dimensions};
  if (verdict.cells == 0) return verdict;
  const std::size_t features = dimensions - look_dimensions;
  const auto limit = [&](const BatchLimit& allowed) { return allowed.shift + allowed.noise / static_cast<double>(verdict.cells); };
  verdict.shift = shift_of(deviations, dimensions, 0, features);
  verdict.limit = limit(rules.features);
  verdict.look_shift = shift_of(deviations, dimensions, features, look_dimensions);
  verdict.look_limit = limit(rules.look);
  const bool is_shifted = verdict.shift > verdict.limit || verdict.look_shift > verdict.look_limit;
  verdict.foreign = verdict.cells >= static_cast<std::size_t>(rules.least_cells) && is_shifted;
  return verdict;
}

}  // namespace cytodrop
