#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/metrics/scores.h"

namespace cytodrop {

struct Interval {
  double low = 0, high = 1;
};

/// The score interval of a share, 95 %. Of no trial it is 0 to 1.
///
/// Raises: kInvalidArgument where there are more successes than trials, or fewer than none.
/// Source: Wilson 1927; Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion", equation 4.
Interval wilson_interval(double successes, double trials);

/// The exact interval of a share, 95 %: it never covers less, and often more.
///
/// Raises: as `wilson_interval`.
/// Source: Clopper and Pearson 1934. The incomplete beta function is the continued fraction of Press et al., "Numerical recipes", 6.4.
Interval exact_interval(std::int64_t successes, std::int64_t trials);

/// Probability that a fair coin falls at least as unevenly as `one` against `other`: McNemar's exact test of two models, where these count the
/// cells that only one of them, and only the other, named rightly. 1 where both are 0.
double mcnemar_exact(std::int64_t one, std::int64_t other);

/// One part of all cells, of which some were drawn at random to be looked at.
struct Stratum {
  std::int64_t cells = 0;  ///< of the part
  std::int64_t drawn = 0;
  std::int64_t hits = 0;   ///< of those drawn
};

struct ShareEstimate {
  double share = 0;
  Interval interval{};
};

/// The share of hits among all cells, of which parts were drawn from unevenly, with its interval of 95 %.
///
/// Raises: kInvalidArgument where a part with cells was not drawn from, or the counts contradict each other.
/// Source: Horvitz and Thompson 1952, for equal chances within a part; the variance is that of Cochran, "Sampling techniques" (1977), 5.6, each
///   part's share shrunk by one hit and one miss for it, so that two cells of two do not pass for certainty.
ShareEstimate stratified_share(std::span<const Stratum> strata);

/// How bootstrap samples are drawn.
struct Resampling {
  int draws = 2'000;
  std::uint64_t seed = 1;
};

/// Intervals of 95 % by drawing groups with replacement: cells of one file, folder or frame are alike, and are drawn together.
///
/// Args:
///   groups: of each cell, any numbers; empty where every cell is its own.
///   statistic: takes how often each cell was drawn and gives any number of values, always as many; NaN for what cannot be told.
/// Returns: of each value the 2.5th and the 97.5th percentile of the draws that could tell it, interpolated; NaN where none could.
/// Raises: kInvalidArgument.
/// Source: Efron 1979; Field and Welsh 2007, "Bootstrapping clustered data". Numbers are drawn by SplitMix64 (Steele et al. 2014).
std::vector<Interval> bootstrap(std::size_t cells, std::span<const std::int32_t> groups, const Resampling& resampling,
                                const std::function<std::vector<double>(std::span<const double>)>& statistic);

}  // namespace cytodrop
