#include "core/metrics/scores.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace cytodrop {
namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

void check_cells(const LabelledCells& cells) {
  const auto refuse = [](const char* what) { throw Error(ErrorCode::kInvalidArgument, std::string("cells with known types need ") + what); };
  if (cells.types < 1) refuse("at least one type");
  if (cells.probabilities.size() != cells.count() * static_cast<std::size_t>(cells.types)) refuse("a probability of each type for every cell");
  if (!cells.weights.empty() && cells.weights.size() != cells.count()) refuse("a weight for every cell or none");
  const auto usable = [](double value) { return std::isfinite(value) && value >= 0; };
  if (!std::all_of(cells.truth.begin(), cells.truth.end(), [&](int type) { return type >= 0 && type < cells.types; })) refuse("types below their number");
  if (!std::all_of(cells.probabilities.begin(), cells.probabilities.end(), usable)) refuse("probabilities that are finite and not below 0");
  if (!std::all_of(cells.weights.begin(), cells.weights.end(), usable)) refuse("weights that are finite and not below 0");
}

int likeliest(const LabelledCells& cells, std::size_t cell) {
  const auto first = cells.probabilities.begin() + static_cast<std::ptrdiff_t>(cell) * cells.types;
  return static_cast<int>(std::max_element(first, first + cells.types) - first);
}

double ConfusionMatrix::true_count(int type) const {
  double sum = 0;
  for (int named = 0; named < types; ++named) sum += at(type, named);
  return sum;
}

double ConfusionMatrix::named_count(int type) const {
  double sum = 0;
  for (int truth = 0; truth < types; ++truth) sum += at(truth, type);
  return sum;
}

double ConfusionMatrix::total() const {
  double sum = 0;
  for (const double count : counts) sum += count;
  return sum;
}

ConfusionMatrix confusion_matrix(const LabelledCells& cells) {
  check_cells(cells);
  ConfusionMatrix matrix(cells.types);
  for (std::size_t cell = 0; cell < cells.count(); ++cell) matrix.at(cells.truth[cell], likeliest(cells, cell)) += cells.weight(cell);
  return matrix;
}

Scores scores_of(const ConfusionMatrix& matrix) {
  Scores scores{.total = matrix.total()};
  double right = 0, recalls = 0, f1s = 0, occurring = 0, met = 0, both = 0, true_squares = 0, named_squares = 0;
  for (int type = 0; type < matrix.types; ++type) {
    const double hits = matrix.at(type, type), truth = matrix.true_count(type), named = matrix.named_count(type);
    scores.types.push_back({.true_count = truth, .named_count = named, .precision = ratio(hits, named), .recall = ratio(hits, truth), .f1 = ratio(2 * hits, truth + named)});
    right += hits;
    both += truth * named;
    true_squares += truth * truth;
    named_squares += named * named;
    if (truth > 0) {
      recalls += scores.types.back().recall;
      ++occurring;
    }
    if (truth + named > 0) {
      f1s += scores.types.back().f1;
      ++met;
    }
  }
  const double all = scores.total, spread = (all * all - named_squares) * (all * all - true_squares);
  scores.accuracy = ratio(right, all);
  scores.balanced_accuracy = ratio(recalls, occurring);
  scores.macro_f1 = ratio(f1s, met);
  scores.matthews = spread > 0 ? (right * all - both) / std::sqrt(spread) : 0;
  return scores;
}

std::optional<Kappa> kappa_of(const ConfusionMatrix& matrix) {
  const double all = matrix.total();
  if (!(all > 0)) return std::nullopt;
  double agreed = 0, chance = 0;
  for (int type = 0; type < matrix.types; ++type) {
    agreed += matrix.at(type, type) / all;
    chance += matrix.true_count(type) / all * (matrix.named_count(type) / all);
  }
  if (chance >= 1) return std::nullopt;
  const double kappa = (agreed - chance) / (1 - chance), rest = 1 - kappa;
  double on = 0, off = 0;
  for (int one = 0; one < matrix.types; ++one) {
    for (int other = 0; other < matrix.types; ++other) {
      const double share = matrix.at(one, other) / all;
      const double sides = (one == other ? matrix.true_count(one) + matrix.named_count(one) : matrix.named_count(one) + matrix.true_count(other)) / all;
      if (one == other) on += share * (1 - sides * rest) * (1 - sides * rest);
      else off += share * sides * sides;
    }
  }
  const double last = kappa - chance * rest;
  const double error = std::sqrt(std::max(0.0, on + rest * rest * off - last * last) / all) / (1 - chance);
  return Kappa{.value = kappa, .low = std::max(-1.0, kappa - kZ95 * error), .high = std::min(1.0, kappa + kZ95 * error), .agreement = agreed};
}

std::vector<double> squared_errors(const LabelledCells& cells) {
  check_cells(cells);
  std::vector<double> errors(cells.count());
  for (std::size_t cell = 0; cell < errors.size(); ++cell) {
    for (int type = 0; type < cells.types; ++type) {
      const double off = cells.probability(cell, type) - (cells.truth[cell] == type ? 1 : 0);
      errors[cell] += off * off;
    }
  }
  return errors;
}

double weighed_mean(std::span<const double> values, std::span<const double> weights) {
  double sum = 0, all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    sum += weight * values[i];
    all += weight;
  }
  return ratio(sum, all);
}

double brier_score(const LabelledCells& cells) { return weighed_mean(squared_errors(cells), cells.weights); }

}  // namespace cytodrop
