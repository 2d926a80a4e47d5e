#include "core/metrics/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/split_mix.h"

namespace cytodrop {
namespace {

constexpr double kTail = 0.025;

void check_share(double successes, double trials) {
  if (!(successes >= 0 && successes <= trials && std::isfinite(trials))) throw Error(ErrorCode::kInvalidArgument, "a share needs from no successes to as many as there are trials");
}

/// The regularised incomplete beta function by its continued fraction, which is fast left of the mean; right of it by the mirror image.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  constexpr double kTiny = 1e-300, kRest = 1e-16;
  constexpr int kMostSteps = 10'000;
  const auto kept = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / kept(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < kMostSteps; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    const double step = d * c;
    fraction *= step;
    if (std::abs(step - 1) < kRest) break;
  }
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  return front * fraction / a;
}

/// Where the incomplete beta function has a value.
double beta_quantile(double a, double b, double share) {
  double low = 0, high = 1;
  for (int step = 0; step < 200 && low < high; ++step) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (incomplete_beta(a, b, middle) < share ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

/// Interpolated between the two values on either side, as numpy's `quantile`.
double quantile(std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double above = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (above - sorted[below]) * (place - static_cast<double>(below));
}

}  // namespace

Interval wilson_interval(double successes, double trials) {
  check_share(successes, trials);
  if (trials == 0) return {};
  const double share = successes / trials, square = kZ95 * kZ95, scale = 1 + square / trials;
  const double centre = share + square / (2 * trials), reach = kZ95 * std::sqrt(share * (1 - share) / trials + square / (4 * trials * trials));
  return {successes == 0 ? 0 : (centre - reach) / scale, successes == trials ? 1 : (centre + reach) / scale};
}

Interval exact_interval(std::int64_t successes, std::int64_t trials) {
  const auto hits = static_cast<double>(successes), all = static_cast<double>(trials);
  check_share(hits, all);
  return {successes == 0 ? 0 : beta_quantile(hits, all - hits + 1, kTail), successes == trials ? 1 : beta_quantile(hits + 1, all - hits, 1 - kTail)};
}

double mcnemar_exact(std::int64_t one, std::int64_t other) {
  if (one < 0 || other < 0) throw Error(ErrorCode::kInvalidArgument, "counts of cells are at least 0");
  if (one == other) return 1;
  const auto fewer = static_cast<double>(std::min(one, other)), all = static_cast<double>(one + other);
  // At most `fewer` heads of `all`: the incomplete beta function at a half.
  return std::min(1.0, 2 * incomplete_beta(all - fewer, fewer + 1, 0.5));
}

ShareEstimate stratified_share(std::span<const Stratum> strata) {
  double all = 0, hits = 0, variance = 0;
  for (const Stratum& part : strata) {
    if (part.hits < 0 || part.hits > part.drawn || part.drawn > part.cells || (part.cells > 0 && part.drawn == 0)) {
      throw Error(ErrorCode::kInvalidArgument, "of each part at least one cell must be drawn, no more than it has, and no more hits than that");
    }
    all += static_cast<double>(part.cells);
  }
  if (!(all > 0)) return {};
  for (const Stratum& part : strata) {
    if (part.cells == 0) continue;
    const auto cells = static_cast<double>(part.cells), looked_at = static_cast<double>(part.drawn), found = static_cast<double>(part.hits);
    hits += cells * found / looked_at;
    const double shrunk = (found + 1) / (looked_at + 2);
    variance += cells * cells * (1 - looked_at / cells) * shrunk * (1 - shrunk) / looked_at;
  }
  const double share = hits / all, reach = kZ95 * std::sqrt(variance) / all;
  return {share, {std::max(0.0, share - reach), std::min(1.0, share + reach)}};
}

std::vector<Interval> bootstrap(std::size_t cells, std::span<const std::int32_t> groups, const Resampling& resampling,
                                const std::function<std::vector<double>(std::span<const double>)>& statistic) {
  constexpr int kMostDraws = 100'000;
  if (!groups.empty() && groups.size() != cells) throw Error(ErrorCode::kInvalidArgument, "every cell needs a group, or none");
  if (resampling.draws < 1 || resampling.draws > kMostDraws) throw Error(ErrorCode::kInvalidArgument, "the draws must be 1 to 100,000");
  std::vector<std::vector<std::size_t>> members;
  std::map<std::int32_t, std::size_t> number_of;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    if (groups.empty()) {
      members.push_back({cell});
      continue;
    }
    const auto [place, is_new] = number_of.try_emplace(groups[cell], members.size());
    if (is_new) members.emplace_back();
    members[place->second].push_back(cell);
  }
  std::vector<std::vector<double>> found;
  SplitMix random(resampling.seed);
  std::vector<double> times(cells);
  for (int draw = 0; draw < resampling.draws && cells > 0; ++draw) {
    std::fill(times.begin(), times.end(), 0.0);
    for (std::size_t i = 0; i < members.size(); ++i) {
      for (const std::size_t cell : members[random.below(members.size())]) ++times[cell];
    }
    const std::vector<double> values = statistic(times);
    found.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isnan(values[i])) found[i].push_back(values[i]);
    }
  }
  std::vector<Interval> intervals;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  for (std::vector<double>& values : found) {
    std::sort(values.begin(), values.end());
    intervals.push_back(values.empty() ? Interval{kNone, kNone} : Interval{quantile(values, kTail), quantile(values, 1 - kTail)});
  }
  return intervals;
}

}  // namespace cytodrop
