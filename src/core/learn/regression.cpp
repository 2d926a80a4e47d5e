#include "core/learn/regression.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/learn/exact.h"
#include "core/simd.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMemory = 10;
constexpr int kMostSteps = 300, kMostHalvings = 30;
constexpr double kArmijo = 1e-4;

using Values = std::vector<double>;

/// Four sums side by side, in one order.
double dot(const double* a, const double* b, std::size_t count) {
  Double2 one{}, other{};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    one += Double2{a[i], a[i + 1]} * Double2{b[i], b[i + 1]};
    other += Double2{a[i + 2], a[i + 3]} * Double2{b[i + 2], b[i + 3]};
  }
  double sum = (one[0] + one[1]) + (other[0] + other[1]);
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

double dot(const Values& a, const Values& b) { return dot(a.data(), b.data(), a.size()); }

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

double loss_and_gradient(const RegressionRows& data, double strength, const std::vector<bool>& is_learned, const Values& values, Values& gradient) {
  const std::size_t types = data.types, coefficients = data.rank * types;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  Values p(types);
  double loss = 0;
  for (const std::size_t row : data.chosen) {
    put_logits(data, values.data(), row, p.data());
    const auto label = static_cast<std::size_t>(data.labels[row]);
    const double own = p[label], weight = data.weights[row];
    loss += weight * (softmax(p.data(), types) - own);
    p[label] -= 1;
    for (std::size_t t = 0; t < types; ++t) {
      p[t] *= is_learned[t] ? weight : 0;
      gradient[coefficients + t] += p[t];
    }
    const double* x = data.rows.data() + row * data.rank;
    for (std::size_t t = 0; t < types; ++t) {
      double* of_type = &gradient[t * data.rank];
      for (std::size_t j = 0; j < data.rank; ++j) of_type[j] += x[j] * p[t];
    }
  }
  double squares = 0;
  for (std::size_t i = 0; i < coefficients; ++i) {
    squares += values[i] * values[i];
    gradient[i] += values[i] / strength;
  }
  return loss + squares / (2 * strength);
}

struct Step {
  Values moved, turned;  ///< of the values and of the gradient
  double inverse;        ///< 1 / (moved · turned)
};

Values direction(const Values& gradient, const std::deque<Step>& steps) {
  Values found(gradient);
  std::vector<double> alphas(steps.size());
  for (std::size_t i = steps.size(); i-- > 0;) {
    alphas[i] = steps[i].inverse * dot(steps[i].moved, found);
    for (std::size_t k = 0; k < found.size(); ++k) found[k] -= alphas[i] * steps[i].turned[k];
  }
  if (!steps.empty()) {
    const double scale = 1 / (steps.back().inverse * dot(steps.back().turned, steps.back().turned));
    for (double& value : found) value *= scale;
  }
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
  std::deque<Step> steps;
  for (int step = 0; step < kMostSteps; ++step) {
    const double length = std::sqrt(dot(gradient, gradient));
    if (!(length > least)) break;
    Values way = direction(gradient, steps);
    double slope = dot(way, gradient);
    if (!(slope < 0)) {
      steps.clear();
      way = direction(gradient, steps);
      slope = -length * length;
    }
    double size = steps.empty() ? 1 / std::max(1.0, length) : 1, next_loss = 0;
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
