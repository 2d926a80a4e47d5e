#include "core/learn/regression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>

#include "core/learn/dot.h"
#include "core/learn/exact.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMemory = 10;
constexpr int kMostSteps = 300, kMostHalvings = 30;
/// Steps after which the curvature is measured anew: it costs as much as ten of them.
constexpr int kSameCurvature = 20;
constexpr double kArmijo = 1e-4;

using Values = std::vector<double>;

/// Writes the logits of a row; `values`: types × R, then the bias.
void put_logits(const RegressionRows& data, const double* values, std::size_t row, double* logits) {
  const std::size_t types = data.types;
  const double* bias = values + data.rank * types;
  const double* x = data.rows.data() + row * data.rank;
  for (std::size_t t = 0; t < types; ++t) {
    logits[t] = bias[t] + (data.offsets.empty() ? 0 : data.offsets[row * types + t]) + dot(x, values + t * data.rank, data.rank);
  }
}

/// Turns logits into probabilities. Returns: ln of the sum of their exponentials.
double softmax(double* logits, std::size_t types) {
  const double largest = *std::max_element(logits, logits + types);
  double sum = 0;
  for (std::size_t t = 0; t < types; ++t) {
    logits[t] = exact_exp(logits[t] - largest);
    sum += logits[t];
  }
  for (std::size_t t = 0; t < types; ++t) logits[t] /= sum;
  return largest + exact_log(sum);
}

/// Some of the chosen rows; where there are too few, the last again, which weighs nothing.
struct Side {
  std::array<std::size_t, kSide> places;
  SideRows rows;
  SideValues weights;

  Side(const RegressionRows& data, std::size_t first) {
    for (std::size_t k = 0; k < kSide; ++k) {
      places[k] = data.chosen[std::min(first + k, data.chosen.size() - 1)];
      rows[k] = data.rows.data() + places[k] * data.rank;
      weights[k] = first + k < data.chosen.size() ? data.weights[places[k]] : 0;
    }
  }
};

/// As `put_logits`, of one row after the other.
void put_logits(const RegressionRows& data, const double* values, const Side& side, double* logits) {
  const std::size_t types = data.types;
  const double* bias = values + data.rank * types;
  for (std::size_t t = 0; t < types; ++t) {
    const SideValues sums = dots(side.rows, values + t * data.rank, data.rank);
    for (std::size_t k = 0; k < kSide; ++k) logits[k * types + t] = bias[t] + (data.offsets.empty() ? 0 : data.offsets[side.places[k] * types + t]) + sums[k];
  }
}

double loss_and_gradient(const RegressionRows& data, double strength, const std::vector<bool>& is_learned, const Values& values, Values& gradient) {
  const std::size_t types = data.types, coefficients = data.rank * types;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  Values all(kSide * types);
  double loss = 0;
  for (std::size_t first = 0; first < data.chosen.size(); first += kSide) {
    const Side side(data, first);
    put_logits(data, values.data(), side, all.data());
    for (std::size_t k = 0; k < kSide; ++k) {
      double* p = &all[k * types];
      const auto label = static_cast<std::size_t>(data.labels[side.places[k]]);
      const double own = p[label], weight = side.weights[k];
      loss += weight * (softmax(p, types) - own);
      p[label] -= 1;
      for (std::size_t t = 0; t < types; ++t) {
        p[t] *= is_learned[t] ? weight : 0;
        gradient[coefficients + t] += p[t];
      }
    }
    for (std::size_t t = 0; t < types; ++t) add_multiples(&gradient[t * data.rank], side.rows, {all[t], all[types + t], all[2 * types + t], all[3 * types + t]}, data.rank);
  }
  double squares = 0;
  for (std::size_t i = 0; i < coefficients; ++i) {
    squares += values[i] * values[i];
    gradient[i] += values[i] / strength;
  }
  return loss + squares / (2 * strength);
}

/// About what the loss is curved like: one matrix of the rows and the bias, the mean over the types, decomposed into a triangle and its
/// transpose. In the coordinates of Compact some directions are a thousand times as long as others, and L-BFGS by itself takes hundreds of
/// steps; and rows that are named rightly beyond doubt bend it no more.
class Curvature {
 public:
  Curvature(const RegressionRows& data, double strength, const Values& values) : rank_(data.rank), size_(data.rank + 1), types_(data.types), triangle_(size_ * size_) {
    const double least = 1e-6;
    Values all(kSide * types_);
    double* last = &triangle_[rank_ * size_];
    for (std::size_t first = 0; first < data.chosen.size(); first += kSide) {
      const Side side(data, first);
      put_logits(data, values.data(), side, all.data());
      SideValues weights = side.weights;
      for (std::size_t k = 0; k < kSide; ++k) {
        double *p = &all[k * types_], sum = 0;
        softmax(p, types_);
        for (std::size_t t = 0; t < types_; ++t) sum += p[t] * (1 - p[t]);
        weights[k] *= sum / static_cast<double>(types_);
        last[rank_] += weights[k];
      }
      for (std::size_t a = 0; a < rank_; ++a) {
        SideValues factors;
        for (std::size_t k = 0; k < kSide; ++k) factors[k] = weights[k] * side.rows[k][a];
        add_multiples(&triangle_[a * size_], side.rows, factors, a + 1);
      }
      add_multiples(last, side.rows, weights, rank_);
    }
    for (std::size_t a = 0; a < rank_; ++a) triangle_[a * size_ + a] += 1 / strength;
    triangle_.back() += least;
    for (std::size_t a = 0; a < size_; ++a) {
      double* own = &triangle_[a * size_];
      for (std::size_t b = 0; b < a; ++b) own[b] = (own[b] - dot(own, &triangle_[b * size_], b)) / triangle_[b * size_ + b];
      own[a] = std::sqrt(std::max(own[a] - dot(own, own, a), least * own[a] + std::numeric_limits<double>::min()));
    }
  }

  /// Divides types × R values and a bias for each type by it.
  void divide(Values& values) const {
    Values x(size_);
    for (std::size_t t = 0; t < types_; ++t) {
      std::copy_n(&values[t * rank_], rank_, x.begin());
      x[rank_] = values[types_ * rank_ + t];
      for (std::size_t a = 0; a < size_; ++a) x[a] = (x[a] - dot(&triangle_[a * size_], x.data(), a)) / triangle_[a * size_ + a];
      for (std::size_t a = size_; a-- > 0;) {
        const double* own = &triangle_[a * size_];
        x[a] /= own[a];
        for (std::size_t b = 0; b < a; ++b) x[b] -= own[b] * x[a];
      }
      std::copy_n(x.begin(), rank_, values.begin() + static_cast<std::ptrdiff_t>(t * rank_));
      values[types_ * rank_ + t] = x[rank_];
    }
  }

 private:
  std::size_t rank_, size_, types_;
  Values triangle_;  ///< size × size, below the diagonal
};

struct Step {
  Values moved, turned;  ///< of the values and of the gradient
  double inverse;        ///< 1 / (moved · turned)
};

Values direction(const Values& gradient, const std::deque<Step>& steps, const Curvature& curvature) {
  Values found(gradient);
  std::vector<double> alphas(steps.size());
  for (std::size_t i = steps.size(); i-- > 0;) {
    alphas[i] = steps[i].inverse * dot(steps[i].moved, found);
    for (std::size_t k = 0; k < found.size(); ++k) found[k] -= alphas[i] * steps[i].turned[k];
  }
  curvature.divide(found);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double beta = steps[i].inverse * dot(steps[i].turned, found);
    for (std::size_t k = 0; k < found.size(); ++k) found[k] += (alphas[i] - beta) * steps[i].moved[k];
  }
  for (double& value : found) value = -value;
  return found;
}

}  // namespace

Regression fit_regression(const RegressionRows& data, double strength, const Regression& start, double enough) {
  const std::size_t coefficients = data.rank * data.types, count = coefficients + data.types;
  Values values(count), gradient(count), next(count), next_gradient(count), first(count);
  std::vector<bool> is_learned(data.types, data.offsets.empty());
  for (const std::size_t row : data.chosen) is_learned[static_cast<std::size_t>(data.labels[row])] = true;
  // Of how small a gradient must be nothing is known where the regression begins near its end: that of nothing learned tells.
  loss_and_gradient(data, strength, is_learned, values, first);
  const double least = enough * std::sqrt(dot(first, first));
  if (start.coefficients.size() == coefficients && start.bias.size() == data.types) {
    std::copy(start.coefficients.begin(), start.coefficients.end(), values.begin());
    std::copy(start.bias.begin(), start.bias.end(), values.begin() + static_cast<std::ptrdiff_t>(coefficients));
  }
  double loss = loss_and_gradient(data, strength, is_learned, values, gradient);
  Curvature curvature(data, strength, values);
  std::deque<Step> steps;
  for (int step = 0; step < kMostSteps; ++step) {
    const double length = std::sqrt(dot(gradient, gradient));
    if (!(length > least)) break;
    if (step > 0 && step % kSameCurvature == 0) curvature = Curvature(data, strength, values);
    Values way = direction(gradient, steps, curvature);
    double slope = dot(way, gradient);
    if (!(slope < 0)) {
      steps.clear();
      way = direction(gradient, steps, curvature);
      slope = dot(way, gradient);
    }
    double size = 1, next_loss = 0;
    bool is_lower = false;
    for (int halving = 0; halving < kMostHalvings && !is_lower; ++halving, size /= 2) {
      for (std::size_t i = 0; i < count; ++i) next[i] = values[i] + size * way[i];
      next_loss = loss_and_gradient(data, strength, is_learned, next, next_gradient);
      is_lower = next_loss <= loss + kArmijo * size * slope;
    }
    if (!is_lower) break;
    Step taken{Values(count), Values(count), 0};
    for (std::size_t i = 0; i < count; ++i) {
      taken.moved[i] = next[i] - values[i];
      taken.turned[i] = next_gradient[i] - gradient[i];
    }
    const double curved = dot(taken.moved, taken.turned);
    if (curved > 0) {
      taken.inverse = 1 / curved;
      steps.push_back(std::move(taken));
      if (steps.size() > kMemory) steps.pop_front();
    }
    values.swap(next);
    gradient.swap(next_gradient);
    loss = next_loss;
  }
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(coefficients);
  return {.coefficients = {values.begin(), end}, .bias = {end, values.end()}};
}

std::vector<double> logits_of(const RegressionRows& data, const Regression& regression, std::size_t row) {
  Values values(regression.coefficients), logits(data.types);
  values.insert(values.end(), regression.bias.begin(), regression.bias.end());
  put_logits(data, values.data(), row, logits.data());
  return logits;
}

double log_loss(std::span<const double> logits, std::size_t label) {
  Values p(logits.begin(), logits.end());
  return softmax(p.data(), p.size()) - logits[label];
}

}  // namespace cytodrop
