#include <limits>

#include "catch.h"
#include "core/error.h"
#include "core/judge/batch.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("a set's shift is the squared length of the mean of its clipped deviations") {
  // Means (1, 1) after 5 is taken for 3.
  const std::vector<float> deviations{-1, 0, 3, 2, 1, 1, 1, 1};
  const BatchRules rules{.least_cells = 4, .shift = 1, .noise = 3};
  const BatchVerdict verdict = judge_batch(deviations, 2, rules);
  CHECK(verdict.cells == 4);
  CHECK(verdict.shift == 2);
  CHECK(verdict.limit == 1.75);
  CHECK(verdict.foreign);
  std::vector<float> odd = deviations;
  odd[2] = 5;
  CHECK(judge_batch(odd, 2, rules).shift == 2);
}

TEST_CASE("of few cells nothing is said, and a limit falls with their number") {
  const BatchRules rules{.least_cells = 20, .shift = 1, .noise = 20};
  CHECK_FALSE(judge_batch(std::vector<float>(19, 2.0f), 1, rules).foreign);
  CHECK(judge_batch(std::vector<float>(20, 2.0f), 1, rules).foreign);
  CHECK_FALSE(judge_batch(std::vector<float>(20, 1.4f), 1, rules).foreign);
  CHECK(judge_batch(std::vector<float>(40, 1.4f), 1, rules).foreign);
  CHECK_FALSE(judge_batch(std::vector<float>(400, 3.0f), 1, {}).foreign);
  const BatchVerdict none = judge_batch({}, 3, rules);
  CHECK(none.cells == 0);
  CHECK(none.shift == 0);
  CHECK_FALSE(none.foreign);
}

TEST_CASE("deviations that are no whole number of cells, or not finite, are refused") {
  for (const std::vector<float>& refused : {std::vector<float>{1, 2, 3}, std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()},
                                            std::vector<float>{std::numeric_limits<float>::infinity(), 0}}) {
    CHECK(error_of([&] { judge_batch(refused, 2, {}); }).code() == ErrorCode::kInvalidArgument);
  }
  CHECK(error_of([] { judge_batch({}, 0, {}); }).code() == ErrorCode::kInvalidArgument);
}
