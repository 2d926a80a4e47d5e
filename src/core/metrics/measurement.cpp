#include "core/metrics/measurement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kBins = 15;

/// What of the cells stays the same however often each is drawn.
class Sample {
 public:
  explicit Sample(const LabelledCells& cells) : cells_(cells) {
    check_cells(cells);
    for (std::size_t cell = 0; cell < cells.count(); ++cell) named_.push_back(likeliest(cells, cell));
  }

  /// The cells' own weights times how often each was drawn.
  std::vector<double> weighed(std::span<const double> times) const {
    std::vector<double> weights(times.begin(), times.end());
    for (std::size_t cell = 0; cell < weights.size(); ++cell) weights[cell] *= cells_.weight(cell);
    return weights;
  }

  Scores scores(std::span<const double> weights) const {
    ConfusionMatrix matrix(cells_.types);
    for (std::size_t cell = 0; cell < named_.size(); ++cell) matrix.at(cells_.truth[cell], named_[cell]) += weights[cell];
    return scores_of(matrix);
  }

  bool is_right(std::size_t cell) const { return named_[cell] == cells_.truth[cell]; }

 private:
  const LabelledCells& cells_;
  std::vector<int> named_;
};

/// Gives the values of a statistic one after the other, with their intervals.
class Reader {
 public:
  Reader(std::vector<double> values, std::vector<Interval> intervals) : values_(std::move(values)), intervals_(std::move(intervals)) {}

  Measured next() {
    const std::size_t at = at_++;
    return {values_[at], at < intervals_.size() ? intervals_[at] : Interval{kNone, kNone}};
  }

 private:
  std::vector<double> values_;
  std::vector<Interval> intervals_;
  std::size_t at_ = 0;
};

std::size_t groups_of(std::size_t cells, std::span<const std::int32_t> groups) {
  return groups.empty() ? cells : std::set<std::int32_t>(groups.begin(), groups.end()).size();
}

/// A share that was never, or always, right in the sample is so in every draw, which is no certainty: the interval is no narrower than if no
/// two cells were alike, and that alone where none are. Cells that stand for several have the bootstrap's only.
void widen(Measured& share, double hits, double trials, bool is_grouped, bool is_weighed) {
  if (is_weighed || std::isnan(share.value)) return;
  const Interval least = wilson_interval(hits, trials);
  share.interval = is_grouped ? Interval{std::min(share.interval.low, least.low), std::max(share.interval.high, least.high)} : least;
}

}  // namespace

Measurement measure(const LabelledCells& cells, std::span<const std::int32_t> groups, const Resampling& resampling) {
  const Sample sample(cells);
  const std::vector<double> errors = squared_errors(cells);
  const std::vector<NamedCell> named = named_cells(cells);
  std::vector<TypeRanking> rankings;
  for (int type = 0; type < cells.types; ++type) rankings.emplace_back(cells, type);
  const std::vector<double> once(cells.count(), 1.0);
  const auto statistic = [&](std::span<const double> times) {
    const std::vector<double> weights = sample.weighed(times);
    const Scores scores = sample.scores(weights);
    std::vector<double> values{scores.accuracy, scores.balanced_accuracy, scores.macro_f1, scores.matthews, weighed_mean(errors, weights), calibration_error(named, weights, kBins)};
    if (!(scores.total > 0)) std::fill(values.begin(), values.end(), kNone);
    for (std::size_t type = 0; type < rankings.size(); ++type) {
      const TypeScores& of = scores.types[type];
      const auto areas = rankings[type].areas(weights);
      values.insert(values.end(), {of.named_count > 0 ? of.precision : kNone, of.true_count > 0 ? of.recall : kNone, of.named_count + of.true_count > 0 ? of.f1 : kNone,
                                   areas ? areas->first : kNone, areas ? areas->second : kNone});
    }
    return values;
  };
  Reader values(statistic(once), bootstrap(cells.count(), groups, resampling, statistic));
  Measurement found{.cells = cells.count(), .groups = groups_of(cells.count(), groups), .matrix = confusion_matrix(cells)};
  for (Measured* one : {&found.accuracy, &found.balanced_accuracy, &found.macro_f1, &found.matthews, &found.brier, &found.calibration_error}) *one = values.next();
  const Scores scores = scores_of(found.matrix);
  double right = 0;
  for (std::size_t cell = 0; cell < cells.count(); ++cell) right += sample.is_right(cell) ? 1 : 0;
  found.accuracy_wilson = wilson_interval(right, static_cast<double>(cells.count()));
  const auto widened = [&](Measured& share, double hits, double trials) { widen(share, hits, trials, !groups.empty(), !cells.weights.empty()); };
  widened(found.accuracy, right, static_cast<double>(cells.count()));
  for (std::size_t type = 0; type < rankings.size(); ++type) {
    TypeMeasurement of{.true_count = scores.types[type].true_count, .named_count = scores.types[type].named_count};
    for (Measured* one : {&of.precision, &of.recall, &of.f1}) *one = values.next();
    const double hits = found.matrix.at(static_cast<int>(type), static_cast<int>(type));
    widened(of.precision, hits, of.named_count);
    widened(of.recall, hits, of.true_count);
    const Measured area = values.next(), average_precision = values.next();
    of.curve = rankings[type].curve(cells.weights);
    if (of.curve) {
      of.area = area;
      of.average_precision = average_precision;
    }
    found.types.push_back(std::move(of));
  }
  found.reliability = reliability_of(cells, kBins);
  found.risk_coverage = risk_coverage(cells);
  return found;
}

Comparison compare(const LabelledCells& first, const LabelledCells& second, std::span<const std::int32_t> groups, const Resampling& resampling) {
  const Sample one(first), other(second);
  if (!std::equal(first.truth.begin(), first.truth.end(), second.truth.begin(), second.truth.end())) {
    throw Error(ErrorCode::kInvalidArgument, "two models are compared on the same cells, of the same true types");
  }
  Comparison found;
  for (std::size_t cell = 0; cell < first.count(); ++cell) {
    found.only_first += one.is_right(cell) && !other.is_right(cell);
    found.only_second += other.is_right(cell) && !one.is_right(cell);
  }
  found.p = mcnemar_exact(found.only_first, found.only_second);
  const auto gains = [&](std::span<const double> times) {
    const std::vector<double> weights = one.weighed(times);
    const Scores before = one.scores(weights), after = other.scores(weights);
    return std::vector<double>{after.accuracy - before.accuracy, after.balanced_accuracy - before.balanced_accuracy};
  };
  Reader values(gains(std::vector<double>(first.count(), 1.0)), bootstrap(first.count(), groups, resampling, gains));
  found.accuracy_gain = values.next();
  found.balanced_gain = values.next();
  return found;
}

}  // namespace cytodrop
