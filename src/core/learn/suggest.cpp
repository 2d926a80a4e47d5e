#include "core/learn/suggest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace cytodrop {

std::vector<std::size_t> suggest(const Features& features, std::size_t labelled, std::span<const double> uncertainties, std::size_t count) {
  const bool is_known = std::all_of(uncertainties.begin(), uncertainties.end(), [](double value) { return value >= 0 && std::isfinite(value); });
  if (labelled + uncertainties.size() != features.count() || !is_known) throw Error(ErrorCode::kInvalidArgument, "a suggestion needs an uncertainty of every cell without a label");
  if (uncertainties.empty()) return {};
  std::vector<std::size_t> all(features.count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Compact compact(features, all);
  const std::size_t rank = compact.rank();
  const auto apart = [&](std::size_t one, std::size_t other) {
    double sum = 0;
    for (std::size_t r = 0; r < rank; ++r) {
      const double off = compact.rows()[one * rank + r] - compact.rows()[other * rank + r];
      sum += off * off;
    }
    return sum;
  };
  // Where nothing is labelled all are as far.
  std::vector<double> nearest(uncertainties.size(), labelled == 0 ? 1 : std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    for (std::size_t other = 0; other < labelled; ++other) nearest[i] = std::min(nearest[i], apart(labelled + i, other));
  }
  std::vector<std::size_t> chosen;
  std::vector<bool> is_chosen(nearest.size());
  while (chosen.size() < std::min(count, nearest.size())) {
    std::size_t best = nearest.size();
    double most = -1;
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      const double worth = uncertainties[i] * std::sqrt(nearest[i]);
      if (is_chosen[i] || worth <= most) continue;
      best = i;
      most = worth;
    }
    chosen.push_back(best);
    is_chosen[best] = true;
    for (std::size_t i = 0; i < nearest.size(); ++i) nearest[i] = std::min(nearest[i], apart(labelled + i, labelled + best));
  }
  return chosen;
}

}  // namespace cytodrop
