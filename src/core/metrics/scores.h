#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cytodrop {

constexpr double kZ95 = 1.959963984540054;  ///< standard errors to either side of 95 % of a normal distribution

/// Cells of which the true type is known beside what a model said. Not owned.
struct LabelledCells {
  std::span<const std::int32_t> truth;   ///< N: type of each cell, from 0
  std::span<const double> probabilities; ///< N × types, C-contiguous, each row summing to 1
  int types = 0;
  /// N, at least 0, or empty where every cell counts once: how many cells of the whole each stands for, or how often it was drawn.
  std::span<const double> weights{};

  std::size_t count() const { return truth.size(); }
  double weight(std::size_t cell) const { return weights.empty() ? 1 : weights[cell]; }
  double probability(std::size_t cell, int type) const { return probabilities[cell * static_cast<std::size_t>(types) + static_cast<std::size_t>(type)]; }
};

/// Raises: kInvalidArgument when the arrays are not of one length, a type is none of `types`, or a value is not finite or below 0.
void check_cells(const LabelledCells& cells);

/// The likeliest type of a cell; of equal ones the first.
int likeliest(const LabelledCells& cells, std::size_t cell);

/// How often each true type was called each type: types × types, row by row of the true ones. Of whole cells, or of weights.
struct ConfusionMatrix {
  int types = 0;
  std::vector<double> counts;

  explicit ConfusionMatrix(int type_count = 0) : types(type_count), counts(static_cast<std::size_t>(type_count) * static_cast<std::size_t>(type_count)) {}
  double& at(int truth, int named) { return counts[static_cast<std::size_t>(truth) * static_cast<std::size_t>(types) + static_cast<std::size_t>(named)]; }
  double at(int truth, int named) const { return counts[static_cast<std::size_t>(truth) * static_cast<std::size_t>(types) + static_cast<std::size_t>(named)]; }
  double true_count(int type) const;   ///< sum of a row
  double named_count(int type) const;  ///< sum of a column
  double total() const;
};

ConfusionMatrix confusion_matrix(const LabelledCells& cells);

/// Of one type. What cannot be told, since there is nothing to divide by, is 0, as in scikit-learn.
struct TypeScores {
  double true_count = 0, named_count = 0;
  double precision = 0, recall = 0, f1 = 0;
};

struct Scores {
  double total = 0;
  double accuracy = 0;
  double balanced_accuracy = 0;  ///< mean recall of the types that occur
  double macro_f1 = 0;           ///< mean F1 of the types that occur or were named
  double matthews = 0;           ///< 0 where it cannot be told
  std::vector<TypeScores> types;
};

/// Scores of a confusion matrix; all 0 of an empty one.
///
/// Source: Matthews' coefficient of several types is that of Gorodkin 2004, "Comparing two K-category assignments by a K-category
///   correlation coefficient", equation 8.
Scores scores_of(const ConfusionMatrix& matrix);

/// Agreement of two readers beyond chance.
struct Kappa {
  double value = 0;
  double low = 0, high = 0;  ///< 95 %, by the standard error for large samples
  double agreement = 0;      ///< share of cells that they call the same
};

/// Cohen's kappa of a matrix of one reader's types by the other's; nothing where both gave one and the same type only, or there is no cell.
///
/// Source: Cohen 1960; the standard error is that of Fleiss, Cohen and Everitt 1969, equation 14.
std::optional<Kappa> kappa_of(const ConfusionMatrix& matrix);

/// Of each cell the squared differences of probabilities and truth, summed over the types: 0 to 2.
///
/// Raises: kInvalidArgument as `check_cells`.
std::vector<double> squared_errors(const LabelledCells& cells);

/// Mean of values of which each counts as often as its weight says, or once where there are no weights. 0 of none.
double weighed_mean(std::span<const double> values, std::span<const double> weights);

/// Mean of the squared errors.
///
/// Source: Brier 1950. For two types it is twice scikit-learn's `brier_score_loss`.
double brier_score(const LabelledCells& cells);

}  // namespace cytodrop
