// What cells of known type say about a model, against scikit-learn, scipy and numpy.

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/error.h"
#include "core/metrics/curves.h"
#include "core/metrics/intervals.h"
#include "core/metrics/measurement.h"
#include "core/metrics/scores.h"
#include "core/metrics/shares.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

Json golden() {
  const FileBytes bytes = read_file(source_dir() / "tests/golden/metrics/cases.json");
  return Json::parse(bytes.begin(), bytes.end());
}

/// The twin of that in scripts/golden_metrics.py.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  int below(int count) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return static_cast<int>(static_cast<double>(z >> 11) * 0x1p-53 * count);
  }

 private:
  std::uint64_t state_;
};

struct Drawn {
  std::vector<std::int32_t> truth;
  std::vector<double> probabilities, weights;
  int types = 0;

  LabelledCells cells() const { return {truth, probabilities, types, weights}; }
};

Drawn draw(const Json& recipe) {
  SplitMix random(recipe.at("seed"));
  Drawn drawn{.truth = {}, .probabilities = {}, .weights = {}, .types = recipe.at("types")};
  const int skill = recipe.at("skill");
  for (int cell = 0; cell < recipe.at("cells"); ++cell) {
    const int of = random.below(recipe.at("occurring"));
    std::vector<int> values;
    int sum = 0;
    for (int type = 0; type < drawn.types; ++type) {
      values.push_back(1 + random.below(recipe.at("levels")) + (type == of ? skill : 0));
      sum += values.back();
    }
    drawn.truth.push_back(of);
    for (const int value : values) drawn.probabilities.push_back(static_cast<double>(value) / sum);
    if (recipe.at("weighted")) drawn.weights.push_back(random.below(4));
  }
  return drawn;
}

ConfusionMatrix matrix_of(const std::vector<double>& counts) {
  ConfusionMatrix matrix(static_cast<int>(std::lround(std::sqrt(static_cast<double>(counts.size())))));
  matrix.counts = counts;
  return matrix;
}

auto close_to(const Json& value) { return Approx(value.get<double>()).margin(1e-9).epsilon(1e-9); }

}  // namespace

TEST_CASE("scores, curves and errors of calibration equal scikit-learn's", "[metrics]") {
  const Json cases = golden().at("cases");
  REQUIRE(cases.size() >= 50);
  for (const Json& one : cases) {
    INFO(one.dump().substr(0, 150));
    const Drawn drawn = draw(one);
    const LabelledCells cells = drawn.cells();
    const Json& expected = one.at("scores");
    const ConfusionMatrix matrix = confusion_matrix(cells);
    CHECK(matrix.counts == expected.at("matrix").get<std::vector<double>>());
    const Scores scores = scores_of(matrix);
    CHECK(scores.accuracy == close_to(expected.at("accuracy")));
    CHECK(scores.balanced_accuracy == close_to(expected.at("balanced_accuracy")));
    CHECK(scores.macro_f1 == close_to(expected.at("macro_f1")));
    CHECK(scores.matthews == close_to(expected.at("matthews")));
    CHECK(brier_score(cells) == close_to(expected.at("brier")));
    const Reliability reliability = reliability_of(cells);
    CHECK(reliability.calibration_error == close_to(expected.at("calibration_error")));
    CHECK(reliability.classwise_error == close_to(expected.at("classwise_error")));
    CHECK(reliability.bins.size() == 15);
    CHECK(risk_coverage(cells).area == close_to(expected.at("risk_area")));
    for (std::size_t type = 0; type < scores.types.size(); ++type) {
      CHECK(scores.types[type].precision == close_to(expected.at("precision")[type]));
      CHECK(scores.types[type].recall == close_to(expected.at("recall")[type]));
      CHECK(scores.types[type].f1 == close_to(expected.at("f1")[type]));
      const std::optional<TypeCurve> curve = type_curve(cells, static_cast<int>(type));
      REQUIRE(curve.has_value() == !expected.at("curves")[type].is_null());
      if (!curve) continue;
      CHECK(curve->area == close_to(expected.at("curves")[type][0]));
      CHECK(curve->average_precision == close_to(expected.at("curves")[type][1]));
      CHECK(curve->true_positive_rates.back() == 1);
      CHECK(curve->false_positive_rates.back() == 1);
    }
  }
}

TEST_CASE("intervals of shares equal scipy's", "[metrics]") {
  const Json shares = golden().at("shares");
  for (const Json& one : shares) {
    INFO(one.dump());
    const Interval exact = exact_interval(one.at("hits"), one.at("trials")), wilson = wilson_interval(one.at("hits"), one.at("trials"));
    CHECK(exact.low == close_to(one.at("exact")[0]));
    CHECK(exact.high == close_to(one.at("exact")[1]));
    CHECK(wilson.low == close_to(one.at("wilson")[0]));
    CHECK(wilson.high == close_to(one.at("wilson")[1]));
  }
  CHECK(wilson_interval(0, 0).high == 1);
  CHECK(error_of([] { exact_interval(3, 2); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([] { wilson_interval(-1, 2); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("two models and two readers are compared as scipy and scikit-learn do", "[metrics]") {
  const Json all = golden();
  for (const Json& one : all.at("mcnemar")) {
    INFO(one.dump());
    CHECK(mcnemar_exact(one.at("one"), one.at("other")) == close_to(one.at("p")));
  }
  for (const Json& one : all.at("readers")) {
    INFO(one.dump());
    const std::optional<Kappa> kappa = kappa_of(matrix_of(one.at("matrix")));
    REQUIRE(kappa.has_value() == !one.at("kappa").is_null());
    if (!kappa) continue;
    CHECK(kappa->value == close_to(one.at("kappa")[0]));
    CHECK(kappa->low == close_to(one.at("kappa")[1]));
    CHECK(kappa->high == close_to(one.at("kappa")[2]));
  }
  CHECK_FALSE(kappa_of(ConfusionMatrix(2)).has_value());
}

TEST_CASE("bootstrap intervals over groups equal numpy's of the same draws", "[metrics]") {
  const Json one = golden().at("bootstrap");
  const Drawn drawn = draw(one);
  std::vector<std::int32_t> groups;
  for (int cell = 0; cell < one.at("cells"); ++cell) groups.push_back(cell % one.at("groups").get<int>());
  const auto statistic = [&](std::span<const double> times) {
    LabelledCells cells = drawn.cells();
    cells.weights = times;
    const Scores scores = scores_of(confusion_matrix(cells));
    return std::vector<double>{scores.accuracy, scores.matthews, std::numeric_limits<double>::quiet_NaN()};
  };
  const std::vector<Interval> found = bootstrap(drawn.truth.size(), groups, {.draws = one.at("draws"), .seed = one.at("draw_seed")}, statistic);
  REQUIRE(found.size() == 3);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(found[i].low == close_to(one.at("intervals")[i][0]));
    CHECK(found[i].high == close_to(one.at("intervals")[i][1]));
  }
  CHECK(std::isnan(found[2].low));
  // Cells that are alike say less: five groups of copies are five cells.
  const auto mean = [](std::span<const double> times) { double sum = 0; for (std::size_t i = 0; i < times.size(); i += 2) sum += times[i]; return std::vector<double>{sum / 100}; };
  std::vector<std::int32_t> fives(100);
  for (std::size_t i = 0; i < 100; ++i) fives[i] = static_cast<std::int32_t>(i % 2 == 0 ? i % 10 : 100 + i);
  const Interval apart = bootstrap(100, {}, {}, mean)[0], together = bootstrap(100, fives, {}, mean)[0];
  CHECK(together.high - together.low > 1.2 * (apart.high - apart.low));
  CHECK(error_of([&] { bootstrap(3, std::vector<std::int32_t>{1}, {}, mean); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { bootstrap(3, {}, {.draws = 0}, mean); }).code() == ErrorCode::kInvalidArgument);
  CHECK(bootstrap(0, {}, {}, mean).empty());
}

TEST_CASE("a sample of doubtful cells is weighed back to all of them", "[metrics]") {
  // 900 easy cells of which 10 of 10 were right, 100 doubtful ones of which 20 of 50 were: 0.94, not 30 of 60.
  const std::vector<Stratum> strata{{900, 10, 10}, {100, 50, 20}};
  const ShareEstimate found = stratified_share(strata);
  CHECK(found.share == Approx(0.94));
  CHECK(found.interval.low < 0.85);
  CHECK(found.interval.low > 0.7);
  CHECK(found.interval.high == 1);
  // All were looked at: nothing is left to chance.
  const ShareEstimate all = stratified_share(std::vector<Stratum>{{10, 10, 7}});
  CHECK(all.share == Approx(0.7));
  CHECK(all.interval.high - all.interval.low == Approx(0).margin(1e-12));
  CHECK(stratified_share({}).interval.high == 1);
  for (const Stratum& refused : {Stratum{5, 0, 0}, Stratum{5, 6, 0}, Stratum{5, 3, 4}, Stratum{5, 3, -1}}) {
    CHECK(error_of([&] { stratified_share(std::span(&refused, 1)); }).code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("shares are freed of a model's known errors", "[metrics]") {
  // Of 100 a test with sensitivity 0.9 and specificity 0.8 names 34 positive: (0.34 + 0.8 − 1) / (0.9 + 0.8 − 1) = 0.2.
  const ConfusionMatrix known = matrix_of({80, 20, 10, 90});
  const std::optional<std::vector<double>> found = adjusted_shares(std::vector<double>{66, 34}, known);
  REQUIRE(found);
  CHECK((*found)[1] == Approx(0.2));
  CHECK((*found)[0] == Approx(0.8));
  // Fewer positives than errors alone would give: none, not fewer.
  CHECK((*adjusted_shares(std::vector<double>{95, 5}, known))[1] == 0);
  CHECK_FALSE(adjusted_shares(std::vector<double>{5, 5}, matrix_of({1, 1, 1, 1})));
  CHECK_FALSE(adjusted_shares(std::vector<double>{5, 5}, matrix_of({0, 0, 1, 1})));
  CHECK_FALSE(adjusted_shares(std::vector<double>{0, 0}, known));
  CHECK(error_of([&] { adjusted_shares(std::vector<double>{1, 2, 3}, known); }).code() == ErrorCode::kInvalidArgument);
  // Three types: named = rates · shares.
  const ConfusionMatrix three = matrix_of({8, 1, 1, 2, 6, 2, 0, 3, 7});
  const std::vector<double> shares{0.5, 0.3, 0.2};
  std::vector<double> named(3);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) named[static_cast<std::size_t>(j)] += shares[static_cast<std::size_t>(i)] * three.at(i, j) / 10;
  }
  const std::vector<double> again = *adjusted_shares(named, three);
  for (std::size_t i = 0; i < 3; ++i) CHECK(again[i] == Approx(shares[i]));
}

TEST_CASE("expectation maximisation finds shares that differ from training's", "[metrics]") {
  // A perfectly calibrated test of 0.9 and 0.1 under equal shares: where 0.74 of 100 say "first", its share x obeys 0.9 x + 0.1 (1 − x) = 0.74.
  std::vector<double> probabilities;
  for (int cell = 0; cell < 100; ++cell) probabilities.insert(probabilities.end(), {cell < 74 ? 0.9 : 0.1, cell < 74 ? 0.1 : 0.9});
  const std::vector<double> even{0.5, 0.5};
  CHECK(expected_shares(probabilities, even)[0] == Approx(0.8).margin(1e-5));
  std::vector<double> weights(100, 0.0);
  std::fill(weights.begin() + 74, weights.end(), 1.0);
  CHECK(expected_shares(probabilities, even, weights)[0] < 1e-4);
  CHECK(expected_shares({}, even) == even);
  CHECK(error_of([&] { expected_shares(std::vector<double>{1}, even); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("thresholds of curves fall, and ties make one point", "[metrics]") {
  const std::vector<std::int32_t> truth{0, 1, 0, 1};
  const std::vector<double> probabilities{0.7, 0.3, 0.7, 0.3, 0.4, 0.6, 0.1, 0.9};
  const LabelledCells cells{truth, probabilities, 2};
  const std::optional<TypeCurve> curve = type_curve(cells, 0);
  REQUIRE(curve);
  CHECK(curve->thresholds == std::vector<double>{0.7, 0.4, 0.1});
  CHECK(curve->true_positive_rates == std::vector<double>{0.5, 1, 1});
  CHECK(curve->false_positive_rates == std::vector<double>{0.5, 0.5, 1});
  CHECK(curve->area == Approx(0.625));
  const RiskCoverage risk = risk_coverage(cells);
  CHECK(risk.thresholds == std::vector<double>{0.9, 0.7, 0.6});
  CHECK(risk.coverages == std::vector<double>{0.25, 0.75, 1});
  CHECK(risk.risks[1] == Approx(1.0 / 3));
  CHECK(risk_coverage({{}, {}, 2}).thresholds.empty());
}

TEST_CASE("a measurement holds every score with an interval around it, by groups", "[metrics]") {
  const Json recipe{{"seed", 3}, {"types", 4}, {"cells", 240}, {"occurring", 3}, {"levels", 6}, {"skill", 2}, {"weighted", false}};
  const Drawn drawn = draw(recipe);
  std::vector<std::int32_t> groups;
  for (int cell = 0; cell < 240; ++cell) groups.push_back(cell / 12);
  const Measurement found = measure(drawn.cells(), groups, {.draws = 300});
  CHECK(found.cells == 240);
  CHECK(found.groups == 20);
  const Scores scores = scores_of(confusion_matrix(drawn.cells()));
  CHECK(found.accuracy.value == scores.accuracy);
  CHECK(found.matthews.value == scores.matthews);
  CHECK(found.brier.value == brier_score(drawn.cells()));
  for (const Measured& one : {found.accuracy, found.balanced_accuracy, found.macro_f1, found.matthews, found.brier, found.types[0].recall, found.types[1].precision, *found.types[2].area}) {
    CHECK(one.interval.low < one.value);
    CHECK(one.value < one.interval.high);
    CHECK(one.interval.high - one.interval.low < 0.4);
  }
  REQUIRE(found.types.size() == 4);
  CHECK(found.types[0].area->value == type_curve(drawn.cells(), 0)->area);
  // The fourth type does not occur: what there is to say of it is how often it was named.
  CHECK(found.types[3].true_count == 0);
  CHECK(found.types[3].named_count > 0);
  CHECK(std::isnan(found.types[3].recall.value));
  CHECK(found.types[3].precision.value == 0);
  CHECK_FALSE(found.types[3].area);
  // Always right of twenty is no certainty.
  const std::vector<std::int32_t> truth(20, 0);
  std::vector<double> sure;
  for (int cell = 0; cell < 20; ++cell) sure.insert(sure.end(), {0.9, 0.1});
  const Measurement all = measure({truth, sure, 2}, {}, {.draws = 100});
  CHECK(all.accuracy.interval.high == 1);
  CHECK(all.accuracy.interval.low == wilson_interval(20, 20).low);
  CHECK(all.types[0].recall.interval.low == all.accuracy.interval.low);
  CHECK(measure({truth, sure, 2}, std::vector<std::int32_t>(20, 0), {.draws = 100}).accuracy.interval.low == all.accuracy.interval.low);
  const Measurement none = measure({{}, {}, 2}, {}, {});
  CHECK(none.cells == 0);
  CHECK(std::isnan(none.accuracy.value));
  CHECK(none.accuracy_wilson.high == 1);
}

TEST_CASE("of two models the gain is told with its interval, and by McNemar's test", "[metrics]") {
  const Json recipe{{"seed", 4}, {"types", 3}, {"cells", 200}, {"occurring", 3}, {"levels", 6}, {"skill", 1}, {"weighted", false}};
  const Drawn first = draw(recipe);
  Drawn second = first;
  // The second knows the first forty.
  for (std::size_t cell = 0; cell < 40; ++cell) {
    for (std::size_t type = 0; type < 3; ++type) second.probabilities[cell * 3 + type] = static_cast<int>(type) == second.truth[cell] ? 1 : 0;
  }
  const Comparison found = compare(first.cells(), second.cells(), {}, {.draws = 500});
  CHECK(found.only_first == 0);
  CHECK(found.only_second > 10);
  CHECK(found.p == Approx(mcnemar_exact(0, found.only_second)));
  CHECK(found.accuracy_gain.value == Approx(static_cast<double>(found.only_second) / 200));
  CHECK(found.accuracy_gain.interval.low > 0);
  CHECK(found.balanced_gain.value > 0);
  const Comparison same = compare(first.cells(), first.cells(), {}, {.draws = 20});
  CHECK(same.p == 1);
  CHECK(same.accuracy_gain.interval.high == 0);
  Drawn other = first;
  other.truth[0] = (other.truth[0] + 1) % 3;
  CHECK(error_of([&] { compare(first.cells(), other.cells(), {}, {}); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("cells that do not fit together are refused", "[metrics]") {
  const std::vector<std::int32_t> truth{0, 1}, odd{0, 2};
  const std::vector<double> good{0.5, 0.5, 1, 0}, few{1, 0}, bad{0.5, std::numeric_limits<double>::quiet_NaN(), 1, 0}, negative{1, -1};
  for (const LabelledCells& refused : {LabelledCells{truth, few, 2}, LabelledCells{odd, good, 2}, LabelledCells{truth, bad, 2}, LabelledCells{truth, good, 2, negative}, LabelledCells{truth, good, 0},
                                       LabelledCells{truth, good, 2, std::span(good).first(1)}}) {
    CHECK(error_of([&] { confusion_matrix(refused); }).code() == ErrorCode::kInvalidArgument);
  }
  const LabelledCells cells{truth, good, 2};
  CHECK(error_of([&] { type_curve(cells, 2); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { reliability_of(cells, 0); }).code() == ErrorCode::kInvalidArgument);
}
