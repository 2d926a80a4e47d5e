#include <limits>

#include "catch.h"
#include "core/error.h"
#include "core/judge/batch.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("a set's shift is the mean product of all pairs of its clipped deviations") {
  // Σ v = (4, 5) after 5 is taken for 3, ‖Σ v‖² = 41, Σ ‖v‖² = 2 + 13 + 2 + 2.
  const std::vector<float> deviations{-1, 1, 3, 2, 1, 1, 1, 1};
  const BatchRules rules{.least_cells = 4, .features = {.shift = 1, .noise = 3}, .look = {}};
  const BatchVerdict verdict = judge_batch(deviations, 2, 0, rules);
  CHECK(verdict.cells == 4);
  CHECK(verdict.shift == Approx(22.0 / 12));
  CHECK(verdict.limit == 1.75);
  CHECK(verdict.foreign);
  std::vector<float> odd = deviations;
  odd[2] = 5;
  CHECK(judge_batch(odd, 2, 0, rules).shift == verdict.shift);
}

TEST_CASE("spread alone is no shift, and none is below 0") {
  CHECK(judge_batch(std::vector<float>{1, -1, 2, -2}, 1, 0, {}).shift == 0);
  CHECK(judge_batch(std::vector<float>{2, 2}, 2, 0, {}).shift == 0);
}

TEST_CASE("the look has a limit of its own, and either makes a set foreign") {
  // Of each cell two features and one value of the look.
  const std::vector<float> deviations{1, 0, 2, 1, 0, 2, 1, 0, 2, 1, 0, 2};
  const auto judged = [&](double features, double look) {
    return judge_batch(deviations, 3, 1, {.least_cells = 4, .features = {.shift = features, .noise = 0}, .look = {.shift = look, .noise = 2}});
  };
  const BatchVerdict verdict = judged(1, 3.5);
  CHECK(verdict.shift == 1);
  CHECK(verdict.limit == 1);
  CHECK(verdict.look_shift == 4);
  CHECK(verdict.look_limit == 4);
  CHECK_FALSE(verdict.foreign);
  CHECK(judged(0.9, 3.5).foreign);
  CHECK(judged(1, 3.4).foreign);
  // Without a limit for the look only the features count.
  CHECK_FALSE(judge_batch(deviations, 3, 1, {.least_cells = 4, .features = {.shift = 1, .noise = 0}, .look = {}}).foreign);
}

TEST_CASE("of few cells nothing is said, and a limit falls with their number") {
  const BatchRules rules{.least_cells = 20, .features = {.shift = 1, .noise = 20}, .look = {}};
  CHECK_FALSE(judge_batch(std::vector<float>(19, 2.0f), 1, 0, rules).foreign);
  CHECK(judge_batch(std::vector<float>(20, 2.0f), 1, 0, rules).foreign);
  CHECK_FALSE(judge_batch(std::vector<float>(20, 1.4f), 1, 0, rules).foreign);
  CHECK(judge_batch(std::vector<float>(40, 1.4f), 1, 0, rules).foreign);
  CHECK_FALSE(judge_batch(std::vector<float>(400, 3.0f), 1, 0, {}).foreign);
  const BatchVerdict none = judge_batch({}, 3, 1, rules);
  CHECK(none.cells == 0);
  CHECK(none.shift == 0);
  CHECK_FALSE(none.foreign);
}

TEST_CASE("deviations that are no whole number of cells, or not finite, are refused") {
  for (const std::vector<float>& refused : {std::vector<float>{1, 2, 3}, std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()},
                                            std::vector<float>{std::numeric_limits<float>::infinity(), 0}}) {
    CHECK(error_of([&] { judge_batch(refused, 2, 0, {}); }).code() == ErrorCode::kInvalidArgument);
  }
  CHECK(error_of([] { judge_batch({}, 0, 0, {}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([] { judge_batch({}, 2, 3, {}); }).code() == ErrorCode::kInvalidArgument);
}
