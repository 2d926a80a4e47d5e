#include <cmath>
#include <limits>

#include "catch.h"
#include "core/judge/judge.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("softmax with a temperature, worked out by hand") {
  const float logits[] = {0.0f, std::log(9.0f)};
  const Verdict plain = judge(logits, HeadOutput::kSoftmax, {.temperature = 1, .abstain_below = 0.8});
  CHECK(plain.class_index == 1);
  CHECK(plain.probability == Approx(0.9));
  CHECK_FALSE(plain.unsure);
  const Verdict cooler = judge(logits, HeadOutput::kSoftmax, {.temperature = 2, .abstain_below = 0.8});
  CHECK(cooler.probability == Approx(0.75));
  CHECK(cooler.unsure);
  CHECK(cooler.probabilities[0] + cooler.probabilities[1] == Approx(1.0).margin(1e-15));
}

TEST_CASE("a sigmoid gives the probability of the second class") {
  const float logit[] = {-std::log(3.0f)};
  const Verdict verdict = judge(logit, HeadOutput::kSigmoid, {});
  CHECK(verdict.probabilities.size() == 2);
  CHECK(verdict.probabilities[1] == Approx(0.25));
  CHECK(verdict.class_index == 0);
}

TEST_CASE("extreme logits do not overflow and equal ones take the first class") {
  const float extreme[] = {-3e38f, 3e38f, 0};
  CHECK(judge(extreme, HeadOutput::kSoftmax, {}).probability == 1.0);
  const float equal[] = {2, 2, 2};
  const Verdict verdict = judge(equal, HeadOutput::kSoftmax, {});
  CHECK(verdict.class_index == 0);
  CHECK(verdict.probability == Approx(1.0 / 3));
}

TEST_CASE("a cell is foreign above the threshold only, and never where the model cannot tell") {
  const float logits[] = {0, 3};
  const JudgeRules rules{.temperature = 1, .abstain_below = 0, .foreign_above = 2.5};
  CHECK_FALSE(judge(logits, HeadOutput::kSoftmax, rules, 2.5).foreign);
  const Verdict verdict = judge(logits, HeadOutput::kSoftmax, rules, std::nextafter(2.5, 3.0));
  CHECK(verdict.foreign);
  CHECK(verdict.novelty == std::nextafter(2.5, 3.0));
  CHECK(verdict.class_index == 1);
  const Verdict without = judge(logits, HeadOutput::kSoftmax, rules);
  CHECK(std::isnan(without.novelty));
  CHECK_FALSE(without.foreign);
  CHECK_FALSE(judge(logits, HeadOutput::kSoftmax, {}, 1e300).foreign);
}

TEST_CASE("logits that are missing or not finite are refused") {
  const float bad[] = {0, std::numeric_limits<float>::quiet_NaN()};
  CHECK(error_of([&] { judge(bad, HeadOutput::kSoftmax, {}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { judge({}, HeadOutput::kSoftmax, {}); }).code() == ErrorCode::kInvalidArgument);
}
