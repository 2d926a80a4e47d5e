// Entries about how good a model is on cells of known type.

#include "core/metrics/measurement.h"
#include "core/metrics/shares.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

#include <cmath>

namespace cytodrop {

using emscripten::val;

namespace {

constexpr int kMostTypes = 8192;
constexpr int kMostDraws = 100'000;

/// null for what cannot be told.
val number(double value) { return std::isnan(value) ? val::null() : val(value); }

val describe(const Interval& interval) {
  val ends = val::array();
  ends.call<void>("push", number(interval.low));
  ends.call<void>("push", number(interval.high));
  return ends;
}

val describe(const Measured& measured) {
  val object = val::object();
  object.set("value", number(measured.value));
  object.set("interval", std::isnan(measured.value) || std::isnan(measured.interval.low) ? val::null() : describe(measured.interval));
  return object;
}

val describe(const std::optional<Measured>& measured) { return measured ? describe(*measured) : val::null(); }

val describe(const std::optional<TypeCurve>& curve) {
  if (!curve) return val::null();
  val object = val::object();
  object.set("thresholds", copy_out(curve->thresholds));
  object.set("true_positive_rates", copy_out(curve->true_positive_rates));
  object.set("false_positive_rates", copy_out(curve->false_positive_rates));
  object.set("precisions", copy_out(curve->precisions));
  return object;
}

val describe(const TypeMeasurement& type) {
  val object = val::object();
  object.set("true_count", type.true_count);
  object.set("named_count", type.named_count);
  object.set("precision", describe(type.precision));
  object.set("recall", describe(type.recall));
  object.set("f1", describe(type.f1));
  object.set("roc_area", describe(type.area));
  object.set("average_precision", describe(type.average_precision));
  object.set("curve", describe(type.curve));
  return object;
}

val describe(const Reliability& reliability) {
  val bins = val::array();
  for (const ReliabilityBin& bin : reliability.bins) {
    val object = val::object();
    object.set("low", bin.low);
    object.set("high", bin.high);
    object.set("weight", bin.weight);
    object.set("confidence", bin.confidence);
    object.set("accuracy", bin.accuracy);
    bins.call<void>("push", object);
  }
  return bins;
}

val describe(const RiskCoverage& curve) {
  val object = val::object();
  object.set("thresholds", copy_out(curve.thresholds));
  object.set("coverages", copy_out(curve.coverages));
  object.set("risks", copy_out(curve.risks));
  object.set("area", curve.area);
  return object;
}

val describe(const Measurement& found) {
  val types = val::array();
  for (const TypeMeasurement& type : found.types) types.call<void>("push", describe(type));
  val object = val::object();
  object.set("cells", static_cast<double>(found.cells));
  object.set("groups", static_cast<double>(found.groups));
  object.set("matrix", copy_out(found.matrix.counts));
  object.set("accuracy", describe(found.accuracy));
  object.set("accuracy_wilson", describe(found.accuracy_wilson));
  object.set("balanced_accuracy", describe(found.balanced_accuracy));
  object.set("macro_f1", describe(found.macro_f1));
  object.set("matthews", describe(found.matthews));
  object.set("brier", describe(found.brier));
  object.set("calibration_error", describe(found.calibration_error));
  object.set("classwise_calibration_error", found.reliability.classwise_error);
  object.set("types", types);
  object.set("reliability", describe(found.reliability));
  object.set("risk_coverage", describe(found.risk_coverage));
  return object;
}

/// An array that may be missing: null and undefined are empty.
template <typename Value>
std::vector<Value> optional(const val& array, const char* type_name, const char* argument) {
  return array.isNull() || array.isUndefined() ? std::vector<Value>{} : copy_in<Value>(array, type_name, argument);
}

/// Cells of known type that JavaScript passed.
struct GivenCells {
  std::vector<std::int32_t> truth, groups;
  std::vector<double> probabilities, weights;
  int types;

  GivenCells(const val& cells)
      : truth(copy_in<std::int32_t>(fields_of(cells, "cells")["truth"], "Int32Array", "truth")),
        groups(optional<std::int32_t>(cells["groups"], "Int32Array", "groups")),
        probabilities(copy_in<double>(cells["probabilities"], "Float64Array", "probabilities")),
        weights(optional<double>(cells["weights"], "Float64Array", "weights")),
        types(whole_number(cells["types"], "types", 1, kMostTypes)) {}

  LabelledCells view() const { return {truth, probabilities, types, weights}; }
};

ConfusionMatrix square_matrix(const val& matrix, const char* argument) {
  const std::vector<double> counts = copy_in<double>(matrix, "Float64Array", argument);
  ConfusionMatrix given(static_cast<int>(std::lround(std::sqrt(static_cast<double>(counts.size())))));
  if (given.counts.size() != counts.size()) throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be square");
  given.counts = counts;
  return given;
}

}  // namespace

val measure_cells(const val& cells, const val& draws) {
  return guard([&] {
    const GivenCells given(cells);
    return describe(measure(given.view(), given.groups, {.draws = whole_number(draws, "draws", 1, kMostDraws)}));
  });
}

val compare_models(const val& first, const val& second, const val& draws) {
  return guard([&] {
    const GivenCells one(first), other(second);
    const Comparison found = compare(one.view(), other.view(), one.groups, {.draws = whole_number(draws, "draws", 1, kMostDraws)});
    val object = val::object();
    object.set("only_first", static_cast<double>(found.only_first));
    object.set("only_second", static_cast<double>(found.only_second));
    object.set("p", found.p);
    object.set("accuracy_gain", describe(found.accuracy_gain));
    object.set("balanced_accuracy_gain", describe(found.balanced_gain));
    return object;
  });
}

val kappa(const val& matrix) {
  return guard([&] {
    const std::optional<Kappa> found = kappa_of(square_matrix(matrix, "matrix"));
    if (!found) return val::null();
    val object = val::object();
    object.set("value", found->value);
    object.set("interval", describe(Interval{found->low, found->high}));
    object.set("agreement", found->agreement);
    return object;
  });
}

val adjusted_shares(const val& named, const val& known) {
  return guard([&] {
    const auto found = cytodrop::adjusted_shares(copy_in<double>(named, "Float64Array", "named"), square_matrix(known, "known"));
    return found ? copy_out(*found) : val::null();
  });
}

val expected_shares(const val& probabilities, const val& trained, const val& weights) {
  return guard([&] {
    return copy_out(cytodrop::expected_shares(copy_in<double>(probabilities, "Float64Array", "probabilities"), copy_in<double>(trained, "Float64Array", "trained"),
                                              optional<double>(weights, "Float64Array", "weights")));
  });
}

val stratified_share(const val& strata) {
  return guard([&] {
    const std::vector<std::int32_t> counts = copy_in<std::int32_t>(strata, "Int32Array", "strata");
    if (counts.size() % 3 != 0) throw Error(ErrorCode::kInvalidArgument, "strata must hold three numbers for each part: its cells, those drawn, and hits among them");
    std::vector<Stratum> parts;
    for (std::size_t i = 0; i < counts.size(); i += 3) parts.push_back({counts[i], counts[i + 1], counts[i + 2]});
    const ShareEstimate found = cytodrop::stratified_share(parts);
    val object = val::object();
    object.set("share", found.share);
    object.set("interval", describe(found.interval));
    return object;
  });
}

}  // namespace cytodrop
