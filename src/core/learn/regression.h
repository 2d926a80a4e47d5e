#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cytodrop {

/// What a regression learns from. Not owned.
struct RegressionRows {
  std::span<const double> rows;           ///< N × R
  std::size_t rank = 0;                   ///< R
  std::span<const std::size_t> chosen;    ///< which of the N count
  std::span<const std::int32_t> labels;   ///< N, from 0
  std::span<const double> weights;        ///< N
  std::span<const double> offsets;        ///< N × types, added to the logits, or empty
  std::size_t types = 0;
};

struct Regression {
  std::vector<double> coefficients;  ///< types × R
  std::vector<double> bias;          ///< types, not penalised
};

constexpr double kEnough = 1e-5, kRoughly = 1e-3;

/// Multinomial logistic regression: the least of Σ weight · (−ln p of the label) + ‖coefficients‖² / (2 · strength).
///
/// By L-BFGS (Liu and Nocedal 1989) with a memory of ten and Armijo's rule, in float64, in one order: equal bits in every build. It ends
/// where the gradient is `enough` of that where nothing is learned, or after 300 steps.
///
/// Of a type without a row nothing is learned where there are offsets: what was known of it stays.
///
/// Args:
///   start: where to begin; a regression of the same shape or an empty one.
///   enough: 1e-5 where the result is used, 1e-3 where it is only compared with others.
Regression fit_regression(const RegressionRows& data, double strength, const Regression& start = {}, double enough = kEnough);

/// Logits of one row: offset + bias + coefficients · row.
std::vector<double> logits_of(const RegressionRows& data, const Regression& regression, std::size_t row);

/// −ln of the share of `label` among the exponentials.
double log_loss(std::span<const double> logits, std::size_t label);

}  // namespace cytodrop
