#include "core/metrics/shares.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace cytodrop {
namespace {

[[noreturn]] void refuse(const char* what) { throw Error(ErrorCode::kInvalidArgument, std::string("shares of types need ") + what); }

bool are_usable(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value >= 0; });
}

/// Brings values to a sum of 1.
void to_shares(std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  for (double& value : values) value /= sum;
}

/// Solves n equations by elimination with the largest pivot of each column; false where one is next to 0.
///
/// Args:
///   rows: n × (n + 1), the right side last, where the solution stands afterwards.
bool solve(std::vector<double>& rows, std::size_t n) {
  constexpr double kLeastPivot = 1e-9;
  const std::size_t width = n + 1;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < n; ++row) {
      if (std::abs(rows[row * width + column]) > std::abs(rows[pivot * width + column])) pivot = row;
    }
    if (!(std::abs(rows[pivot * width + column]) > kLeastPivot)) return false;
    double* const top = &rows[column * width];
    if (pivot != column) std::swap_ranges(top, top + width, &rows[pivot * width]);
    for (std::size_t row = 0; row < n; ++row) {
      double* const other = &rows[row * width];
      const double factor = row == column ? 0 : other[column] / top[column];
      if (factor == 0) continue;
      for (std::size_t j = column; j < width; ++j) other[j] -= factor * top[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) rows[i * width + n] /= rows[i * width + i];
  return true;
}

}  // namespace

std::optional<std::vector<double>> adjusted_shares(std::span<const double> named, const ConfusionMatrix& known) {
  const auto types = static_cast<std::size_t>(known.types);
  if (types < 1 || named.size() != types || !are_usable(named) || !are_usable(known.counts)) refuse("a count of each type, and a matrix of as many");
  std::vector<double> shares(named.begin(), named.end());
  if (std::none_of(shares.begin(), shares.end(), [](double count) { return count > 0; })) return std::nullopt;
  to_shares(shares);
  // What is named as type j is made up of every true type i by the rate at which i is called j.
  std::vector<double> rows(types * (types + 1));
  for (int truth = 0; truth < known.types; ++truth) {
    const double of_type = known.true_count(truth);
    if (!(of_type > 0)) return std::nullopt;
    for (int called = 0; called < known.types; ++called) rows[static_cast<std::size_t>(called) * (types + 1) + static_cast<std::size_t>(truth)] = known.at(truth, called) / of_type;
  }
  for (std::size_t i = 0; i < types; ++i) rows[i * (types + 1) + types] = shares[i];
  if (!solve(rows, types)) return std::nullopt;
  for (std::size_t i = 0; i < types; ++i) shares[i] = std::max(0.0, rows[i * (types + 1) + types]);
  to_shares(shares);
  return shares;
}

std::vector<double> expected_shares(std::span<const double> probabilities, std::span<const double> trained, std::span<const double> weights) {
  constexpr int kMostSteps = 500;
  constexpr double kRest = 1e-7;
  const std::size_t types = trained.size(), cells = types == 0 ? 0 : probabilities.size() / types;
  if (types == 0 || probabilities.size() != cells * types || (!weights.empty() && weights.size() != cells)) refuse("a probability of each type for every cell");
  if (!are_usable(probabilities) || !are_usable(trained) || !are_usable(weights)) refuse("values that are finite and not below 0");
  std::vector<double> shares(trained.begin(), trained.end()), weighed(types);
  for (int step = 0; step < kMostSteps; ++step) {
    std::vector<double> next(types);
    double all = 0;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      double sum = 0;
      for (std::size_t type = 0; type < types; ++type) {
        weighed[type] = trained[type] > 0 ? probabilities[cell * types + type] * shares[type] / trained[type] : 0;
        sum += weighed[type];
      }
      const double weight = weights.empty() ? 1 : weights[cell];
      for (std::size_t type = 0; type < types; ++type) next[type] += weight * (sum > 0 ? weighed[type] / sum : shares[type]);
      all += weight;
    }
    if (!(all > 0)) return shares;
    double change = 0;
    for (std::size_t type = 0; type < types; ++type) {
      next[type] /= all;
      change = std::max(change, std::abs(next[type] - shares[type]));
    }
    shares = std::move(next);
    if (change < kRest) break;
  }
  return shares;
}

}  // namespace cytodrop
