#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/metrics/scores.h"

namespace cytodrop {

/// What a type's probability does as a test of that type against all others, from the strictest threshold to the laxest.
///
/// Cells of equal probability make one point. Before the first point nothing is called the type.
struct TypeCurve {
  std::vector<double> thresholds;  ///< falling; called the type from this probability on
  std::vector<double> true_positive_rates, false_positive_rates, precisions;
  double area = 0;               ///< under the receiver operating characteristic, by trapezoids: ties count half
  double average_precision = 0;  ///< sum of each gain in recall times the precision there, as scikit-learn has it
};

/// Nothing where the type does not occur, or nothing else does.
std::optional<TypeCurve> type_curve(const LabelledCells& cells, int type);

/// The cells by how likely they are of a type, so that the curves of many weightings cost one sorting.
class TypeRanking {
 public:
  /// Raises: kInvalidArgument for a type that is none.
  TypeRanking(const LabelledCells& cells, int type);

  /// Args:
  ///   weights: of each cell, as in LabelledCells.
  /// Returns: area and average precision; nothing as `type_curve`.
  std::optional<std::pair<double, double>> areas(std::span<const double> weights) const;

  /// The same with its points.
  std::optional<TypeCurve> curve(std::span<const double> weights) const;

 private:
  struct Place {
    std::size_t cell;
    double probability;
    bool is_type, ends_tie;
  };

  /// Calls end(threshold, true and false positive rate, precision, area and average precision so far) after each tie.
  ///
  /// Returns: whether there is a curve.
  template <typename End>
  bool walk(std::span<const double> weights, End end) const;

  std::vector<Place> places_;
};

/// Cells of nearly equal probability, and how often they were right.
struct ReliabilityBin {
  double low = 0, high = 0;
  double weight = 0;  ///< of its cells
  double confidence = 0, accuracy = 0;
};

struct Reliability {
  std::vector<ReliabilityBin> bins;   ///< of equal width, by the probability of the likeliest type
  double calibration_error = 0;       ///< mean over the cells of |confidence − accuracy| of their bin (ECE)
  double classwise_error = 0;         ///< the same of each type's probability, mean over the types
};

/// Args:
///   bins: how many, from 1.
/// Raises: kInvalidArgument.
/// Source: Guo et al. 2017, "On calibration of modern neural networks"; Kull et al. 2019, "Beyond temperature scaling", for each type.
Reliability reliability_of(const LabelledCells& cells, int bins = 15);

/// How likely a cell's likeliest type is, and whether it is the true one.
struct NamedCell {
  double probability = 0;
  bool is_right = false;
};

/// Raises: kInvalidArgument as `check_cells`.
std::vector<NamedCell> named_cells(const LabelledCells& cells);

/// `Reliability::calibration_error` alone, for many weightings of the same cells.
///
/// Args:
///   weights: of each cell, as in LabelledCells.
double calibration_error(std::span<const NamedCell> cells, std::span<const double> weights, int bins);

/// What is wrong of the cells that are named when less is demanded bit by bit.
struct RiskCoverage {
  std::vector<double> thresholds;  ///< falling: cells are named whose likeliest type has this probability
  std::vector<double> coverages;   ///< share of cells named
  std::vector<double> risks;       ///< share of wrong ones among them
  double area = 0;                 ///< mean risk over all coverages
};

/// Source: El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification".
RiskCoverage risk_coverage(const LabelledCells& cells);

}  // namespace cytodrop
