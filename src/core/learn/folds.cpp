#include "core/learn/folds.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/split_mix.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kSeed = 1;

struct Group {
  std::vector<std::size_t> cells;
  std::vector<int> of_type;
};

std::vector<Group> groups_of(std::span<const std::int32_t> labels, std::span<const std::int32_t> groups, int types) {
  std::map<std::int32_t, std::size_t> place;
  std::vector<Group> found;
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    const auto [at, is_new] = place.try_emplace(groups[cell], found.size());
    if (is_new) found.push_back({{}, std::vector<int>(static_cast<std::size_t>(types))});
    Group& group = found[at->second];
    group.cells.push_back(cell);
    ++group.of_type[static_cast<std::size_t>(labels[cell])];
  }
  return found;
}

/// Of each type.
std::vector<int> distinct_groups(std::span<const std::int32_t> labels, std::span<const std::int32_t> groups, int types) {
  std::vector<std::set<std::int32_t>> seen(static_cast<std::size_t>(types));
  for (std::size_t cell = 0; cell < labels.size(); ++cell) seen[static_cast<std::size_t>(labels[cell])].insert(groups[cell]);
  std::vector<int> counts;
  for (const auto& of_type : seen) counts.push_back(static_cast<int>(of_type.size()));
  return counts;
}

}  // namespace

Folds make_folds(std::span<const std::int32_t> labels, std::span<const std::int32_t> groups, int types, int most) {
  const auto fewest = [&](std::span<const std::int32_t> of) {
    int least = most;
    for (const int count : distinct_groups(labels, of, types)) {
      if (count > 0) least = std::min(least, count);
    }
    return labels.empty() ? 0 : least;
  };
  Folds folds{.of = std::vector<int>(labels.size()), .count = fewest(groups), .is_grouped = true};
  std::vector<std::int32_t> single(labels.size());
  std::iota(single.begin(), single.end(), 0);
  if (folds.count < 2) {
    folds.is_grouped = false;
    groups = single;
    folds.count = fewest(groups);
    if (folds.count < 2) return {.of = {}, .count = 0, .is_grouped = false};
  }
  std::vector<Group> all = groups_of(labels, groups, types);
  SplitMix(kSeed).shuffle(all);
  std::stable_sort(all.begin(), all.end(), [](const Group& a, const Group& b) { return a.cells.size() > b.cells.size(); });
  const auto parts = static_cast<std::size_t>(folds.count);
  std::vector<std::vector<int>> held(parts, std::vector<int>(static_cast<std::size_t>(types)));
  for (const Group& group : all) {
    std::size_t best = 0;
    std::pair<int, int> least{};
    for (std::size_t part = 0; part < parts; ++part) {
      std::pair<int, int> weight{0, std::accumulate(held[part].begin(), held[part].end(), 0)};
      for (std::size_t type = 0; type < group.of_type.size(); ++type) {
        if (group.of_type[type] > 0) weight.first = std::max(weight.first, held[part][type]);
      }
      if (part == 0 || weight < least) {
        best = part;
        least = weight;
      }
    }
    for (const std::size_t cell : group.cells) folds.of[cell] = static_cast<int>(best);
    for (std::size_t type = 0; type < group.of_type.size(); ++type) held[best][type] += group.of_type[type];
  }
  return folds;
}

}  // namespace cytodrop
