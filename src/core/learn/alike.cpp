#include "core/learn/alike.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace cytodrop {

std::vector<Alike> find_alike(const Compact& compact) {
  const std::size_t cells = compact.count(), rank = compact.rank();
  double squares = 0;
  for (const double value : compact.rows()) squares += value * value;
  // Of two cells that have nothing to do with each other the squared distance is twice the mean square.
  const double usual = cells == 0 ? 0 : 2 * squares / static_cast<double>(cells), limit = kAlike * usual;
  std::vector<Alike> found;
  for (std::size_t i = 0; i < cells; ++i) {
    for (std::size_t j = i + 1; j < cells; ++j) {
      const double *a = &compact.rows()[i * rank], *b = &compact.rows()[j * rank];
      double sum = 0;
      for (std::size_t r = 0; r < rank && sum < limit; ++r) sum += (a[r] - b[r]) * (a[r] - b[r]);
      if (sum < limit) found.push_back({i, j, sum / usual});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Alike& a, const Alike& b) { return a.apart < b.apart; });
  return found;
}

std::vector<std::int32_t> joined_groups(std::span<const std::int32_t> groups, std::span<const Alike> pairs) {
  std::map<std::int32_t, std::int32_t> root;
  for (const std::int32_t group : groups) root.try_emplace(group, group);
  const auto root_of = [&](std::int32_t group) {
    while (root[group] != group) group = root[group];
    return group;
  };
  for (const Alike& pair : pairs) {
    const auto [low, high] = std::minmax(root_of(groups[pair.one]), root_of(groups[pair.other]));
    root[high] = low;
  }
  std::vector<std::int32_t> joined;
  for (const std::int32_t group : groups) joined.push_back(root_of(group));
  return joined;
}

}  // namespace cytodrop
