#include "core/learn/alike.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace cytodrop {
namespace {

/// Which of several things are joined.
class Joined {
 public:
  explicit Joined(std::size_t count) : above_(count) { std::iota(above_.begin(), above_.end(), std::size_t{0}); }

  std::size_t first_of(std::size_t place) {
    while (above_[place] != place) place = above_[place] = above_[above_[place]];
    return place;
  }

  void join(std::size_t one, std::size_t other) {
    const auto [low, high] = std::minmax({first_of(one), first_of(other)});
    above_[high] = low;
  }

 private:
  std::vector<std::size_t> above_;
};

}  // namespace

std::vector<Alike> find_alike(const Compact& compact) {
  const std::size_t cells = compact.count(), rank = compact.rank();
  double squares = 0;
  for (const double value : compact.rows()) squares += value * value;
  // Of two cells that have nothing to do with each other the squared distance is twice the mean square.
  const double usual = 2 * squares / static_cast<double>(cells), limit = kAlike * usual;
  std::vector<Alike> found;
  Joined joined(cells);
  for (std::size_t i = 0; i < cells; ++i) {
    for (std::size_t j = i + 1; j < cells; ++j) {
      if (found.size() >= kMostPairs && joined.first_of(i) == joined.first_of(j)) continue;
      const double *a = compact.rows().data() + i * rank, *b = compact.rows().data() + j * rank;
      double sum = 0;
      for (std::size_t r = 0; r < rank && sum < limit; ++r) sum += (a[r] - b[r]) * (a[r] - b[r]);
      // Where all are one picture the limit is 0 too.
      if (!(sum < limit || sum == 0)) continue;
      found.push_back({i, j, sum > 0 ? sum / usual : 0});
      joined.join(i, j);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Alike& a, const Alike& b) { return a.apart < b.apart; });
  return found;
}

std::vector<std::int32_t> joined_groups(std::span<const std::int32_t> groups, std::span<const Alike> pairs) {
  std::map<std::int32_t, std::size_t> place;
  for (const std::int32_t group : groups) place.try_emplace(group, 0);
  std::vector<std::int32_t> rising;
  for (auto& [group, at] : place) {
    at = rising.size();
    rising.push_back(group);
  }
  Joined joined(rising.size());
  for (const Alike& pair : pairs) joined.join(place[groups[pair.one]], place[groups[pair.other]]);
  std::vector<std::int32_t> all;
  for (const std::int32_t group : groups) all.push_back(rising[joined.first_of(place[group])]);
  return all;
}

}  // namespace cytodrop
