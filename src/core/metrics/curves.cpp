#include "core/metrics/curves.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace cytodrop {
namespace {

/// Puts places in order of falling probability, equal ones as they were, and marks the last of each tie.
template <typename Place>
void rank(std::vector<Place>& places) {
  std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.probability > b.probability; });
  for (std::size_t i = 1; i < places.size(); ++i) places[i - 1].ends_tie = places[i].probability != places[i - 1].probability;
}

/// Sums of weights, of weighed probabilities and of weighed hits in bins of equal width.
class Bins {
 public:
  explicit Bins(int count) : sums_(static_cast<std::size_t>(count)) {}

  void add(double probability, bool is_hit, double weight) {
    const auto last = static_cast<double>(sums_.size() - 1);
    Sums& bin = sums_[static_cast<std::size_t>(std::clamp(std::floor(probability * static_cast<double>(sums_.size())), 0.0, last))];
    bin.weight += weight;
    bin.probability += weight * probability;
    bin.hits += is_hit ? weight : 0;
  }

  double error() const {
    double off = 0, all = 0;
    for (const Sums& bin : sums_) {
      off += std::abs(bin.probability - bin.hits);
      all += bin.weight;
    }
    return all > 0 ? off / all : 0;
  }

  std::vector<ReliabilityBin> described() const {
    std::vector<ReliabilityBin> bins;
    const auto count = static_cast<double>(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const auto at = static_cast<double>(i);
      const double weight = sums_[i].weight;
      bins.push_back({.low = at / count, .high = (at + 1) / count, .weight = weight,
                      .confidence = weight > 0 ? sums_[i].probability / weight : 0, .accuracy = weight > 0 ? sums_[i].hits / weight : 0});
    }
    return bins;
  }

 private:
  struct Sums {
    double weight = 0, probability = 0, hits = 0;
  };
  std::vector<Sums> sums_;
};

/// Raises: kInvalidArgument.
Bins likeliest_bins(std::span<const NamedCell> cells, std::span<const double> weights, int count) {
  if (count < 1) throw Error(ErrorCode::kInvalidArgument, "reliability needs at least one bin");
  Bins bins(count);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) bins.add(cells[cell].probability, cells[cell].is_right, weights.empty() ? 1 : weights[cell]);
  return bins;
}

}  // namespace

TypeRanking::TypeRanking(const LabelledCells& cells, int type) {
  check_cells(cells);
  if (type < 0 || type >= cells.types) throw Error(ErrorCode::kInvalidArgument, "there is no such type");
  for (std::size_t cell = 0; cell < cells.count(); ++cell) places_.push_back({cell, cells.probability(cell, type), cells.truth[cell] == type, true});
  rank(places_);
}

template <typename End>
bool TypeRanking::walk(std::span<const double> weights, End end) const {
  const auto weight = [&](const Place& place) { return weights.empty() ? 1 : weights[place.cell]; };
  double positives = 0, negatives = 0;
  for (const Place& place : places_) (place.is_type ? positives : negatives) += weight(place);
  if (!(positives > 0 && negatives > 0)) return false;
  double hits = 0, alarms = 0, last_hits = 0, last_alarms = 0, area = 0, average_precision = 0;
  for (const Place& place : places_) {
    (place.is_type ? hits : alarms) += weight(place);
    if (!place.ends_tie || !(hits + alarms > 0)) continue;  // cells that count for nothing make no point
    area += (alarms - last_alarms) * (hits + last_hits) / 2;
    average_precision += (hits - last_hits) / positives * (hits / (hits + alarms));
    end(place.probability, hits / positives, alarms / negatives, hits / (hits + alarms), area / (positives * negatives), average_precision);
    last_hits = hits;
    last_alarms = alarms;
  }
  return true;
}

std::optional<std::pair<double, double>> TypeRanking::areas(std::span<const double> weights) const {
  std::pair<double, double> found;
  const auto keep = [&](double, double, double, double, double area, double average_precision) { found = {area, average_precision}; };
  return walk(weights, keep) ? std::optional(found) : std::nullopt;
}

std::optional<TypeCurve> TypeRanking::curve(std::span<const double> weights) const {
  TypeCurve curve;
  const auto add = [&](double threshold, double true_positives, double false_positives, double precision, double area, double average_precision) {
    curve.thresholds.push_back(threshold);
    curve.true_positive_rates.push_back(true_positives);
    curve.false_positive_rates.push_back(false_positives);
    curve.precisions.push_back(precision);
    curve.area = area;
    curve.average_precision = average_precision;
  };
  return walk(weights, add) ? std::optional(std::move(curve)) : std::nullopt;
}

std::optional<TypeCurve> type_curve(const LabelledCells& cells, int type) { return TypeRanking(cells, type).curve(cells.weights); }

std::vector<NamedCell> named_cells(const LabelledCells& cells) {
  check_cells(cells);
  std::vector<NamedCell> named;
  for (std::size_t cell = 0; cell < cells.count(); ++cell) {
    const int type = likeliest(cells, cell);
    named.push_back({cells.probability(cell, type), type == cells.truth[cell]});
  }
  return named;
}

double calibration_error(std::span<const NamedCell> cells, std::span<const double> weights, int bins) { return likeliest_bins(cells, weights, bins).error(); }

Reliability reliability_of(const LabelledCells& cells, int bins) {
  const Bins of_likeliest = likeliest_bins(named_cells(cells), cells.weights, bins);
  std::vector<Bins> of_type(static_cast<std::size_t>(cells.types), Bins(bins));
  for (std::size_t cell = 0; cell < cells.count(); ++cell) {
    for (int type = 0; type < cells.types; ++type) of_type[static_cast<std::size_t>(type)].add(cells.probability(cell, type), cells.truth[cell] == type, cells.weight(cell));
  }
  Reliability found{.bins = of_likeliest.described(), .calibration_error = of_likeliest.error()};
  for (const Bins& one : of_type) found.classwise_error += one.error() / cells.types;
  return found;
}

RiskCoverage risk_coverage(const LabelledCells& cells) {
  struct Place {
    double weight, probability;
    bool is_wrong, ends_tie;
  };
  std::vector<Place> places;
  double all = 0, named = 0, wrong = 0, last = 0;
  for (const NamedCell& cell : named_cells(cells)) {
    places.push_back({cells.weight(places.size()), cell.probability, !cell.is_right, true});
    all += places.back().weight;
  }
  rank(places);
  RiskCoverage curve;
  for (const Place& place : places) {
    named += place.weight;
    if (place.is_wrong) wrong += place.weight;
    if (!place.ends_tie || !(named > 0)) continue;
    curve.thresholds.push_back(place.probability);
    curve.coverages.push_back(named / all);
    curve.risks.push_back(wrong / named);
    curve.area += (named - last) / all * curve.risks.back();
    last = named;
  }
  return curve;
}

}  // namespace cytodrop
