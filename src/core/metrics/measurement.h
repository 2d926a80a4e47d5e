#pragma once
#include <optional>
#include <vector>

#include "core/metrics/curves.h"
#include "core/metrics/intervals.h"
#include "core/metrics/scores.h"

namespace cytodrop {

struct Measured {
  double value = 0;
  /// 95 %, by bootstrap over groups; of shares at least as wide as Wilson's, and Wilson's where every cell is its own group.
  Interval interval{};
};

struct TypeMeasurement {
  double true_count = 0, named_count = 0;
  Measured precision{}, recall{}, f1{};
  std::optional<Measured> area{}, average_precision{};  ///< nothing where the type does not occur, or nothing else does
  std::optional<TypeCurve> curve{};
};

/// All that cells of known type say about a model.
struct Measurement {
  std::size_t cells = 0, groups = 0;
  ConfusionMatrix matrix{};
  Measured accuracy{}, balanced_accuracy{}, macro_f1{}, matthews{}, brier{}, calibration_error{};
  Interval accuracy_wilson{};  ///< as if no two cells were alike, whatever the groups
  std::vector<TypeMeasurement> types{};
  Reliability reliability{};
  RiskCoverage risk_coverage{};
};

/// Measures a model by cells of known type.
///
/// Args:
///   groups: of each cell the file, folder, frame or day that it shares with cells alike; empty where each is its own.
/// Raises: kInvalidArgument as `check_cells` and `bootstrap`.
Measurement measure(const LabelledCells& cells, std::span<const std::int32_t> groups, const Resampling& resampling);

/// Two models on the same cells.
struct Comparison {
  std::int64_t only_first = 0, only_second = 0;  ///< cells that only one of them named rightly
  double p = 1;                                  ///< McNemar's exact test; as if no two cells were alike
  Measured accuracy_gain{};                      ///< of the second over the first, by paired bootstrap over groups
  Measured balanced_gain{};
};

/// Raises: kInvalidArgument where their true types differ, or as `measure`.
Comparison compare(const LabelledCells& first, const LabelledCells& second, std::span<const std::int32_t> groups, const Resampling& resampling);

}  // namespace cytodrop
