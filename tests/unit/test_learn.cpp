// The parts from which learning is made: exponentials, the compact space of cells, regression in it.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/learn/dot.h"
#include "core/learn/exact.h"
#include "core/learn/regression.h"
#include "core/simd.h"
#include "core/split_mix.h"
#include "drawn_lessons.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

/// Numbers between two of one sign, and one more.
std::uint64_t steps_between(double one, double other) {
  const auto a = bits_as<std::uint64_t>(one), b = bits_as<std::uint64_t>(other);
  return a > b ? a - b : b - a;
}

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  SplitMix random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.below(1 << 20)) / (1 << 19) - 1;
  return values;
}

/// What `product` is said to compute, one number after the other.
double product_plain(std::span<const float> one, std::span<const float> other) {
  double sum = 0;
  std::size_t first = 0;
  for (; first + 64 <= one.size(); first += 64) {
    float lanes[16] = {};
    for (std::size_t i = 0; i < 64; ++i) lanes[i % 16] += one[first + i] * other[first + i];
    float four[4];
    for (std::size_t lane = 0; lane < 4; ++lane) four[lane] = (lanes[lane] + lanes[lane + 4]) + (lanes[lane + 8] + lanes[lane + 12]);
    sum += static_cast<double>((four[0] + four[1]) + (four[2] + four[3]));
  }
  for (; first < one.size(); ++first) sum += static_cast<double>(one[first] * other[first]);
  return sum;
}

/// Features as compact.h says that they are standardised, written down once more.
std::vector<double> standardised(const OwnLessons& own, std::span<const std::size_t> cells, std::size_t cell) {
  std::vector<double> row;
  std::size_t j = 0;
  const auto count = static_cast<double>(cells.size());
  for (const std::int32_t block : own.blocks) {
    for (std::int32_t k = 0; k < block; ++k, ++j) {
      double mean = 0, variance = 0, turned = 0;
      for (const std::size_t i : cells) mean += static_cast<double>(own.row(i)[j]) / count;
      for (const std::size_t i : cells) {
        variance += (static_cast<double>(own.row(i)[j]) - mean) * (static_cast<double>(own.row(i)[j]) - mean) / count;
        if (!own.turned.empty()) turned += static_cast<double>(own.turned[i * own.width() + j]) / count;
      }
      row.push_back((static_cast<double>(own.row(cell)[j]) - mean) / std::sqrt(variance + 3 * turned) / std::sqrt(static_cast<double>(block) * static_cast<double>(own.blocks.size())));
    }
  }
  return row;
}

double dot(std::span<const double> one, std::span<const double> other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i) sum += one[i] * other[i];
  return sum;
}

/// What a regression needs, of lessons in the compact space of all cells; types weigh the same.
struct Rows {
  Compact compact;
  std::vector<std::size_t> chosen;
  std::vector<std::int32_t> labels;
  std::vector<double> weights, offsets;
  std::size_t types;

  explicit Rows(const OwnLessons& own) : compact(own.features(), first_numbers(own.labels.size())), chosen(first_numbers(own.labels.size())), labels(own.labels), offsets(own.known), types(static_cast<std::size_t>(own.types)) {
    for (const std::int32_t label : labels) weights.push_back(static_cast<double>(labels.size()) / own.types / static_cast<double>(std::count(labels.begin(), labels.end(), label)));
  }
  RegressionRows view() const { return {.rows = compact.rows(), .rank = compact.rank(), .chosen = chosen, .labels = labels, .weights = weights, .offsets = offsets, .types = types}; }

  /// Of the loss, at a regression: types × rank, then the bias.
  std::vector<double> gradient(const Regression& regression, double strength) const {
    const std::size_t rank = compact.rank();
    std::vector<double> sums(types * rank + types);
    for (std::size_t row = 0; row < labels.size(); ++row) {
      std::vector<double> off = probabilities_of(logits_of(view(), regression, row));
      off[static_cast<std::size_t>(labels[row])] -= 1;
      for (std::size_t t = 0; t < types; ++t) {
        for (std::size_t j = 0; j < rank; ++j) sums[t * rank + j] += weights[row] * off[t] * compact.rows()[row * rank + j];
        sums[types * rank + t] += weights[row] * off[t];
      }
    }
    for (std::size_t i = 0; i < types * rank; ++i) sums[i] += regression.coefficients[i] / strength;
    return sums;
  }
};

double length(std::span<const double> values) { return std::sqrt(dot(values, values)); }

}  // namespace

TEST_CASE("rows side by side have the sums that each has alone, to the bit", "[learn]") {
  for (const std::size_t count : {0u, 1u, 3u, 4u, 7u, 64u, 257u}) {
    std::vector<double> values(kSide * count), other(count), together(count, 0.1), alone(count, 0.1);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / static_cast<double>(i + 3);
    for (std::size_t i = 0; i < count; ++i) other[i] = 1.0 / static_cast<double>(2 * i + 1) - 0.2;
    SideRows rows;
    for (std::size_t k = 0; k < kSide; ++k) rows[k] = values.data() + k * count;
    const SideValues sums = dots(rows, other.data(), count), factors = {0.3, -1.7, 0, 11};
    add_multiples(together.data(), rows, factors, count);
    for (std::size_t k = 0; k < kSide; ++k) {
      CHECK(sums[k] == dot(rows[k], other.data(), count));
      for (std::size_t i = 0; i < count; ++i) alone[i] += rows[k][i] * factors[k];
    }
    CHECK(together == alone);
  }
}

TEST_CASE("the exponential is the C library's to two last bits, 0 far below and infinite far above", "[learn]") {
  std::uint64_t worst = 0;
  for (double x = -707.5; x < 709; x += 0.01327) worst = std::max(worst, steps_between(exact_exp(x), std::exp(x)));
  for (double x = 1e-18; x < 1; x *= 1.7) worst = std::max({worst, steps_between(exact_exp(x), std::exp(x)), steps_between(exact_exp(-x), std::exp(-x))});
  CHECK(worst <= 2);
  CHECK(exact_exp(0) == 1);
  CHECK(exact_exp(-708.01) == 0);
  CHECK(exact_exp(-std::numeric_limits<double>::infinity()) == 0);
  CHECK(steps_between(exact_exp(709), std::exp(709.0)) <= 2);
  CHECK(exact_exp(709.01) == std::numeric_limits<double>::infinity());
}

TEST_CASE("the logarithm is the C library's to two last bits", "[learn]") {
  std::uint64_t worst = 0;
  for (double x = 2.3e-308; x < 1e308; x *= 1.0637) worst = std::max(worst, steps_between(exact_log(x), std::log(x)));
  for (double off = 1e-16; off < 0.5; off *= 1.3) {
    if (1 + off > 1) worst = std::max(worst, steps_between(exact_log(1 + off), std::log(1 + off)));
    if (1 - off < 1) worst = std::max(worst, steps_between(exact_log(1 - off), std::log(1 - off)));
  }
  CHECK(worst <= 2);
  CHECK(exact_log(1) == 0);
}

TEST_CASE("a product of rows equals its plain twin bit for bit at odd sizes and places, and the sum in float64 but for float32's rounding", "[learn]") {
  for (const std::size_t count : {0u, 1u, 15u, 63u, 64u, 65u, 127u, 192u, 1000u, 2952u}) {
    for (const std::size_t offset : {0u, 1u, 3u}) {
      const std::vector<float> one = noise(count + offset, 3), other = noise(count + offset, 4);
      const auto a = std::span<const float>(one).subspan(offset), b = std::span<const float>(other).subspan(offset);
      const double found = product(a, b), plain = product_plain(a, b);
      REQUIRE(std::memcmp(&found, &plain, sizeof found) == 0);
      CHECK(product(b, a) == found);
      double sum = 0, absolute = 0;
      for (std::size_t i = 0; i < count; ++i) {
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        absolute += std::abs(static_cast<double>(a[i]) * static_cast<double>(b[i]));
      }
      // A product and seven sums of each number, each rounded by 2⁻²⁴.
      CHECK(std::abs(found - sum) <= 8 * 0x1p-24 * absolute);
      for (std::size_t split = 0; split <= count; split += 64) {
        CHECK(product(a.first(split), b.first(split)) + product(a.subspan(split), b.subspan(split)) == Approx(found).epsilon(1e-13).margin(1e-13));
      }
    }
  }
}

TEST_CASE("coordinates of cells have the products of their standardised features", "[learn]") {
  for (const bool is_turned : {true, false}) {
    OwnLessons own = draw_lessons({.cells = {12, 7, 21}, .blocks = {5, 91}});
    if (!is_turned) own.turned.clear();
    // Some of the cells, and not in order.
    const std::vector<std::size_t> cells = {39, 0, 3, 7, 12, 14, 19, 20, 25, 31, 33};
    const Compact compact(own.features(), cells);
    REQUIRE(compact.count() == cells.size());
    CHECK(compact.rank() == cells.size() - 1);  // less their mean
    std::vector<std::vector<double>> rows;
    for (const std::size_t cell : cells) rows.push_back(standardised(own, cells, cell));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      for (std::size_t j = 0; j < cells.size(); ++j) {
        CHECK(dot(compact.rows().subspan(i * compact.rank(), compact.rank()), compact.rows().subspan(j * compact.rank(), compact.rank())) == Approx(dot(rows[i], rows[j])).margin(1e-5));
      }
    }
  }
}

TEST_CASE("a linear function of coordinates is the same one of features, on cells of the set; on others, that of what lies in its space", "[learn]") {
  const OwnLessons own = draw_lessons({.cells = {15, 15}, .blocks = {20, 50}});
  const std::vector<std::size_t> cells = first_numbers(24);
  const Compact compact(own.features(), cells);
  const std::size_t rank = compact.rank(), width = own.width();
  std::vector<double> coefficients;
  for (const float value : noise(2 * rank, 5)) coefficients.push_back(value * 10);
  std::vector<double> bias{0.25, -3};
  const std::vector<double> weights = compact.weights(coefficients, bias);
  REQUIRE(weights.size() == 2 * width);
  const auto on_features = [&](std::size_t cell, std::size_t type) {
    double sum = bias[type];
    for (std::size_t j = 0; j < width; ++j) sum += weights[type * width + j] * static_cast<double>(own.row(cell)[j]);
    return sum;
  };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (std::size_t type = 0; type < 2; ++type) {
      const double expected = (type == 0 ? 0.25 : -3) + dot(std::span<const double>(coefficients).subspan(type * rank, rank), compact.rows().subspan(i * rank, rank));
      CHECK(on_features(cells[i], type) == Approx(expected).margin(1e-4));
    }
  }
  // Weights lie in the space of the set's cells: of another cell they see what is left of it there, least squares by its products with the set.
  const std::vector<double> directions = compact.directions(coefficients, 2);
  for (std::size_t cell = 24; cell < 30; ++cell) {
    const std::vector<double> standard = standardised(own, cells, cell);
    for (std::size_t type = 0; type < 2; ++type) {
      CHECK(on_features(cell, type) == Approx((type == 0 ? 0.25 : -3) + dot(std::span<const double>(directions).subspan(type * width, width), standard)).margin(1e-4));
      CHECK(length(std::span<const double>(directions).subspan(type * width, width)) == Approx(length(std::span<const double>(coefficients).subspan(type * rank, rank))).epsilon(1e-4));
    }
  }
}

TEST_CASE("the rank is cut where cells are many or copies of each other", "[learn]") {
  CHECK(Compact(draw_lessons({.cells = {200, 200}, .blocks = {300}}).features(), first_numbers(400)).rank() == kMostRank);
  CHECK(Compact(draw_lessons({.cells = {20, 20}, .blocks = {6}}).features(), first_numbers(40)).rank() == 6);
  OwnLessons own = draw_lessons({.cells = {10, 10}});
  for (std::size_t copy = 0; copy < 3; ++copy) {
    own.values.insert(own.values.end(), own.values.begin(), own.values.begin() + static_cast<std::ptrdiff_t>(20 * own.width()));
    own.turned.insert(own.turned.end(), own.turned.begin(), own.turned.begin() + static_cast<std::ptrdiff_t>(20 * own.width()));
  }
  CHECK(Compact(own.features(), first_numbers(80)).rank() == 19);
  const std::vector<std::size_t> one(7, 3);
  const Compact copies(own.features(), one);
  CHECK(copies.rank() == 0);
  CHECK(copies.count() == 7);
}

TEST_CASE("a feature that is the same in all cells counts nothing, however large it is", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {10, 10}});
  const Compact before(own.features(), first_numbers(20));
  const std::size_t width = own.width();
  // In float64 the mean of equal float32 is exact.
  const std::pair<std::size_t, float> constants[] = {{0, 0.1f}, {1, 3e38f}, {2, 123456.7f}, {40, -1e30f}};
  for (std::size_t cell = 0; cell < 20; ++cell) {
    for (const auto& [feature, value] : constants) {
      own.values[cell * width + feature] = value;
      own.turned[cell * width + feature] = 0;
    }
  }
  const Compact compact(own.features(), first_numbers(20));
  for (const auto& [feature, value] : constants) {
    CHECK(compact.mean()[feature] == static_cast<double>(value));
    CHECK(compact.scale()[feature] == compact.divisor()[feature]);
  }
  for (std::size_t i = 0; i < 20; ++i) {
    const auto row = compact.rows().subspan(i * compact.rank(), compact.rank());
    CHECK(length(row) > 0.3);
    CHECK(length(row) < length(before.rows().subspan(i * before.rank(), before.rank())));
  }
}

TEST_CASE("a regression ends where its gradient is nothing, wherever it begins", "[learn]") {
  for (const bool has_known : {false, true}) {
    const Rows rows(golden_lessons(has_known));
    const double at_nothing = length(rows.gradient({std::vector<double>(rows.types * rows.compact.rank()), std::vector<double>(rows.types)}, 30));
    const Regression found = fit_regression(rows.view(), 30);
    CHECK(length(rows.gradient(found, 30)) <= 1.01e-5 * at_nothing);
    const Regression other = fit_regression(rows.view(), 30, fit_regression(rows.view(), 3));
    CHECK(length(rows.gradient(other, 30)) <= 1.01e-5 * at_nothing);
    for (std::size_t i = 0; i < found.coefficients.size(); ++i) CHECK(other.coefficients[i] == Approx(found.coefficients[i]).margin(2e-3));
    const Regression rough = fit_regression(rows.view(), 30, {}, kRoughly);
    CHECK(length(rows.gradient(rough, 30)) <= 1.01e-3 * at_nothing);
  }
}

TEST_CASE("heads equal scikit-learn's, and with known logits scipy's", "[learn]") {
  const FileBytes bytes = read_file(golden_learn_folder() / "cases.json");
  const Json file = Json::parse(bytes.begin(), bytes.end());
  REQUIRE(file.at("heads").size() == 3);
  for (const Json& golden : file.at("heads")) {
    const bool has_known = golden.at("has_known");
    INFO(golden.at("strength") << " " << has_known);
    const OwnLessons own = golden_lessons(has_known), all = golden_lessons(has_known, true);
    const LearnedHead head = learn_head(own.lessons(), golden.at("strength"));
    const Compact compact(own.features(), first_numbers(own.labels.size()));
    const std::size_t width = own.width(), types = static_cast<std::size_t>(own.types);
    double worst = 0, largest = 0, of_coefficients = 0;
    for (std::size_t i = 0; i < head.weights.size(); ++i) {
      const double expected = golden.at("coefficients").at(i);
      of_coefficients = std::max(of_coefficients, std::abs(head.weights[i] * compact.scale()[i % width] - expected));
      largest = std::max(largest, std::abs(expected));
    }
    for (std::size_t cell = own.labels.size(); cell < all.labels.size(); ++cell) {
      const auto known = std::span<const double>(all.known).subspan(has_known ? cell * types : 0, has_known ? types : 0);
      const std::vector<double> found = probabilities_of(apply(head, all.row(cell), known));
      for (std::size_t t = 0; t < types; ++t) worst = std::max(worst, std::abs(found[t] - golden.at("probabilities").at((cell - own.labels.size()) * types + t).get<double>()));
    }
    INFO(worst << " " << of_coefficients / largest);
    // It ends at a gradient of 1e-5 of the first, scikit-learn at one of nothing: that leaves 2e-4 of the coefficients and of a probability.
    CHECK(worst <= 5e-4);
    CHECK(of_coefficients <= 5e-4 * largest);
  }
}
