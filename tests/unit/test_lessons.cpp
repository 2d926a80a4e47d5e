// Heads learned from labelled cells: what is known stays where labels say nothing, and the test on cells left out flatters nobody.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "catch.h"
#include "core/split_mix.h"
#include "drawn_lessons.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

void label_by_lot(OwnLessons& own, std::uint64_t seed) { SplitMix(seed).shuffle(own.labels); }

/// Share named rightly of the cells of a lesson, each when it was left out, mean over the types.
double left_out_accuracy(const OwnLessons& own) {
  const Folds folds = folds_of(own.lessons());
  const auto types = static_cast<std::size_t>(own.types);
  std::vector<double> right(types), all(types);
  for (int part = 0; part < folds.count; ++part) {
    const LeftOut found = leave_out(own.lessons(), folds, part);
    for (std::size_t i = 0; i < found.cells.size(); ++i) {
      const auto label = static_cast<std::size_t>(own.labels[found.cells[i]]);
      const auto first = found.logits.begin() + static_cast<std::ptrdiff_t>(i * types);
      right[label] += std::max_element(first, first + own.types) - first == static_cast<std::ptrdiff_t>(label);
      ++all[label];
    }
  }
  double sum = 0;
  for (std::size_t type = 0; type < types; ++type) sum += right[type] / all[type] / static_cast<double>(types);
  return sum;
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

/// Everything that can be learned is finite, whatever the cells are.
void check_sound(const OwnLessons& own) {
  const Lessons lessons = own.lessons();
  const LearnedHead head = learn_head(lessons, choose_strength(lessons));
  CHECK(all_finite(head.weights));
  CHECK(all_finite(head.bias));
  const Kind kind = kind_of(lessons);
  CHECK(kind.dimensions() >= 1);
  CHECK(all_finite(kind.basis));
  CHECK(all_finite(kind.class_means));
  const Folds folds = folds_of(lessons);
  for (int part = 0; part < folds.count; ++part) {
    const LeftOut found = leave_out(lessons, folds, part);
    CHECK(all_finite(found.logits));
    CHECK(all_finite(found.distances));
    CHECK(found.logits.size() == found.cells.size() * static_cast<std::size_t>(own.types));
  }
}

}  // namespace

TEST_CASE("types weigh the same: cells that are there twice change nothing for their type", "[learn]") {
  const OwnLessons once = golden_lessons();
  OwnLessons twice = once;
  const std::size_t width = once.width();
  for (std::size_t cell = 0; cell < once.labels.size(); ++cell) {
    if (once.labels[cell] != 0) continue;
    twice.labels.push_back(0);
    twice.groups.push_back(once.groups[cell]);
    const auto first = static_cast<std::ptrdiff_t>(cell * width), last = first + static_cast<std::ptrdiff_t>(width);
    twice.values.insert(twice.values.end(), once.values.begin() + first, once.values.begin() + last);
    twice.turned.insert(twice.turned.end(), once.turned.begin() + first, once.turned.begin() + last);
  }
  // What features are divided by changes with the cells, and the loss is one of more cells.
  const double more = static_cast<double>(twice.labels.size()) / static_cast<double>(once.labels.size());
  const LearnedHead one = learn_head(once.lessons(), 30), other = learn_head(twice.lessons(), 30 / more);
  double apart = 0;
  for (std::size_t cell = 0; cell < once.labels.size(); ++cell) {
    const auto a = probabilities_of(apply(one, once.row(cell), {})), b = probabilities_of(apply(other, once.row(cell), {}));
    for (std::size_t t = 0; t < a.size(); ++t) apart = std::max(apart, std::abs(a[t] - b[t]));
  }
  CHECK(apart < 0.05);
  // With labels that say nothing, many cells of a type do not make it likelier.
  OwnLessons uneven = draw_lessons({.cells = {60, 10}, .apart = 0});
  const LearnedHead head = learn_head(uneven.lessons(), 0.01);
  const auto even = probabilities_of(apply(head, uneven.row(0), {}));
  CHECK(even[0] == Approx(0.5).margin(0.05));
}

TEST_CASE("of a type without a cell stays exactly what was known", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {15, 15, 0, 15}});
  SplitMix random(4);
  for (std::size_t i = 0; i < own.labels.size() * 4; ++i) own.known.push_back(static_cast<double>(random.below(1000)) / 500 - 1);
  const LearnedHead head = learn_head(own.lessons(), 100);
  for (std::size_t j = 0; j < own.width(); ++j) CHECK(head.weights[2 * own.width() + j] == 0);
  CHECK(head.bias[2] == 0);
  CHECK(head.bias[0] != 0);
  for (std::size_t cell = 0; cell < 5; ++cell) CHECK(apply(head, own.row(cell), std::span<const double>(own.known).subspan(cell * 4, 4))[2] == own.known[cell * 4 + 2]);
}

TEST_CASE("labels drawn by lot leave a known head as it is; clear ones move it", "[learn]") {
  int kept = 0, moved = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    OwnLessons own = draw_lessons({.seed = seed, .cells = {15, 15, 15}, .apart = 1});
    own.known.assign(own.labels.size() * 3, 0);
    moved += choose_strength(own.lessons()) > 0;
    label_by_lot(own, seed);
    kept += choose_strength(own.lessons()) == 0;
  }
  CHECK(kept == 10);
  CHECK(moved == 10);
  OwnLessons own = draw_lessons({.cells = {15, 15}, .apart = 1});
  // A head that is right already.
  for (const std::int32_t label : own.labels) own.known.insert(own.known.end(), {label == 0 ? 6.0 : -6.0, label == 0 ? -6.0 : 6.0});
  const LearnedHead still = learn_head(own.lessons(), kUsualStrength);
  for (std::size_t cell = 0; cell < own.labels.size(); ++cell) {
    const std::vector<double> added = apply(still, own.row(cell), {});
    CHECK(std::abs(added[0] - added[1]) < 0.05);
  }
  const LearnedHead head = learn_head(own.lessons(), 0);
  CHECK(std::all_of(head.weights.begin(), head.weights.end(), [](double weight) { return weight == 0; }));
  // Of one cell there is nothing to choose by.
  const OwnLessons few = draw_lessons({.cells = {1, 6}});
  CHECK(choose_strength(few.lessons()) == kUsualStrength);
}

TEST_CASE("no group stands in two parts, which hold about as many of each type", "[learn]") {
  for (const int size : {1, 3}) {
    const OwnLessons own = draw_lessons({.cells = {60, 30, 45}, .blocks = {4}, .group_size = size});
    const Folds folds = folds_of(own.lessons());
    CHECK(folds.count == 5);
    CHECK(folds.is_grouped);
    std::vector<std::set<int>> parts(1000);
    std::vector<std::vector<int>> held(3, std::vector<int>(5));
    for (std::size_t cell = 0; cell < own.labels.size(); ++cell) {
      REQUIRE(folds.of[cell] >= 0);
      parts[static_cast<std::size_t>(own.groups[cell])].insert(folds.of[cell]);
      ++held[static_cast<std::size_t>(own.labels[cell])][static_cast<std::size_t>(folds.of[cell])];
    }
    for (const auto& of_group : parts) CHECK(of_group.size() <= 1);
    for (const auto& of_type : held) CHECK(*std::max_element(of_type.begin(), of_type.end()) - *std::min_element(of_type.begin(), of_type.end()) <= size);
  }
}

TEST_CASE("there are as many parts as the type with fewest groups has; with one each cell stands for itself, with one cell there are none", "[learn]") {
  const auto folds_with = [](std::vector<int> cells, int group_size) { return folds_of(draw_lessons({.cells = cells, .blocks = {4}, .group_size = group_size}).lessons()); };
  CHECK(folds_with({20, 6}, 2).count == 3);
  CHECK(folds_with({20, 6}, 2).is_grouped);
  const Folds single = folds_with({20, 6}, 6);
  CHECK(single.count == 5);
  CHECK_FALSE(single.is_grouped);
  CHECK(std::set<int>(single.of.begin() + 20, single.of.end()).size() == 5);
  CHECK(folds_with({20, 3}, 20).count == 3);
  const Folds none = folds_with({20, 1}, 1);
  CHECK(none.count == 0);
  CHECK_FALSE(none.is_grouped);
  // A type without a cell does not count.
  CHECK(folds_with({20, 0, 9}, 1).count == 5);
  CHECK(error_of([&] { leave_out(draw_lessons({}).lessons(), none, 0); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("groups with several types stay together too", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {24, 24, 24}, .blocks = {4}});
  for (std::size_t cell = 0; cell < own.groups.size(); ++cell) own.groups[cell] = static_cast<std::int32_t>(cell % 8);
  const Folds folds = folds_of(own.lessons());
  CHECK(folds.count == 5);
  CHECK(folds.is_grouped);
  for (std::size_t cell = 8; cell < own.groups.size(); ++cell) CHECK(folds.of[cell] == folds.of[cell - 8]);
  CHECK(std::set<int>(folds.of.begin(), folds.of.end()).size() == 5);
}

TEST_CASE("a part is named by a head of the others, of a quarter, half and all of them", "[learn]") {
  const OwnLessons own = draw_lessons({.cells = {40, 24, 40}, .apart = 0.5, .group_size = 4});
  const Folds folds = folds_of(own.lessons());
  std::set<std::size_t> seen;
  for (int part = 0; part < folds.count; ++part) {
    const LeftOut found = leave_out(own.lessons(), folds, part);
    for (const std::size_t cell : found.cells) {
      CHECK(folds.of[cell] == part);
      seen.insert(cell);
    }
    CHECK(found.logits.size() == 3 * found.cells.size());
    CHECK(found.distances.size() == found.cells.size());
    CHECK(std::count(std::begin(kStrengths), std::end(kStrengths), found.strength) == 1);
    const auto others = static_cast<double>(own.labels.size() - found.cells.size());
    REQUIRE(found.curve.size() == 3);
    CHECK(found.curve[0].learned_from == Approx(others / 4).margin(6));
    CHECK(found.curve[1].learned_from == Approx(others / 2).margin(6));
    CHECK(found.curve[2].learned_from == others);
    for (const CurvePoint& point : found.curve) CHECK((point.balanced_accuracy >= 0 && point.balanced_accuracy <= 1));
    // A head of the others alone: what the part's own cells look like has no say.
    OwnLessons changed = own;
    const std::size_t other = found.cells.front();
    for (const std::size_t cell : found.cells) {
      if (cell == other) continue;
      for (std::size_t j = 0; j < own.width(); ++j) changed.values[cell * own.width() + j] *= -3;
    }
    const LeftOut again = leave_out(changed.lessons(), folds, part);
    CHECK(std::equal(found.logits.begin(), found.logits.begin() + 3, again.logits.begin()));
    CHECK(found.distances.front() == again.distances.front());
  }
  CHECK(seen.size() == own.labels.size());
  CHECK(left_out_accuracy(own) > 0.9);
}

TEST_CASE("with labels drawn by lot, cells left out are named as chance would, though the strength is chosen", "[learn]") {
  double sum = 0;
  constexpr int kSeeds = 8, kCells = 60;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    OwnLessons own = draw_lessons({.seed = seed, .cells = {kCells / 2, kCells / 2}, .blocks = {24}, .apart = 0});
    sum += left_out_accuracy(own) / kSeeds;
  }
  // Three standard deviations of so many draws of a coin.
  CHECK(sum == Approx(0.5).margin(3 * 0.5 / std::sqrt(kSeeds * kCells)));
}

TEST_CASE("a temperature follows the logits' scale, and few cells never make it certain", "[learn]") {
  SplitMix random(3);
  std::vector<double> logits, tripled;
  std::vector<std::int32_t> labels;
  for (int cell = 0; cell < 200; ++cell) {
    const auto label = static_cast<std::int32_t>(random.below(3));
    labels.push_back(label);
    for (std::int32_t t = 0; t < 3; ++t) {
      logits.push_back((t == label ? 1.5 : 0) + static_cast<double>(random.below(1000)) / 250 - 2);
      tripled.push_back(3 * logits.back());
    }
  }
  const double found = fit_temperature(logits, labels, 3);
  CHECK(found > 0.06);
  CHECK(found < 6);
  CHECK(fit_temperature(tripled, labels, 3) == Approx(3 * found).epsilon(1e-5));
  const auto loss = [&](double temperature) {
    double sum = 0;
    for (std::size_t cell = 0; cell < labels.size(); ++cell) {
      std::vector<double> own(logits.begin() + static_cast<std::ptrdiff_t>(3 * cell), logits.begin() + static_cast<std::ptrdiff_t>(3 * cell + 3));
      for (double& value : own) value /= temperature;
      const std::vector<double> p = probabilities_of(own);
      const auto count = static_cast<double>(std::count(labels.begin(), labels.end(), labels[cell]));
      for (std::size_t t = 0; t < 3; ++t) sum -= std::log(p[t]) * (static_cast<std::int32_t>(t) == labels[cell] ? 1 - 1 / (count + 2) : 0.5 / (count + 2)) / count;
    }
    return sum;
  };
  for (const double factor : {0.5, 0.95, 1.05, 2.0}) CHECK(loss(found) < loss(found * factor));

  // Ten cells of each of two types, none wrong: of twelve one is taken for wrong.
  std::vector<double> certain;
  std::vector<std::int32_t> ten;
  for (std::int32_t cell = 0; cell < 20; ++cell) {
    ten.push_back(cell % 2);
    certain.insert(certain.end(), {cell % 2 == 0 ? 20.0 : 0.0, cell % 2 == 0 ? 0.0 : 20.0});
  }
  const double temperature = fit_temperature(certain, ten, 2);
  CHECK(probabilities_of({20 / temperature, 0})[0] == Approx(11.0 / 12).margin(1e-3));
  for (double& value : certain) value *= 1e300;
  CHECK(std::isfinite(fit_temperature(certain, ten, 2)));
}

TEST_CASE("what lessons are, odd as it may be, gives finite numbers", "[learn]") {
  for (const bool is_known : {false, true}) {
    const auto sound = [&](OwnLessons own) {
      if (is_known) own.known.assign(own.labels.size() * static_cast<std::size_t>(own.types), 0.5);
      check_sound(own);
    };
    sound(draw_lessons({.cells = {1, 1}}));
    sound(draw_lessons({.cells = {2, 2}}));
    sound(draw_lessons({.cells = {5, 0}}));
    sound(draw_lessons({.cells = std::vector<int>(64, 2)}));
    sound(draw_lessons({.cells = {4, 4}, .blocks = {1}}));
    OwnLessons copies = draw_lessons({.cells = {6, 6}});
    for (std::size_t i = copies.width(); i < copies.values.size(); ++i) copies.values[i] = copies.values[i % copies.width()];
    sound(copies);
    // Two pictures in all: of some parts the others are copies of one.
    for (std::size_t j = 0; j < copies.width(); ++j) copies.values[j] += 1;
    sound(copies);
    OwnLessons huge = draw_lessons({.cells = {6, 6}});
    for (float& value : huge.values) value *= 1e37f;
    for (float& value : huge.turned) value *= 1e37f;
    sound(huge);
    huge.turned.clear();
    sound(huge);
    OwnLessons mixed = draw_lessons({.cells = {12, 12, 12}});
    for (std::size_t cell = 0; cell < mixed.groups.size(); ++cell) mixed.groups[cell] = static_cast<std::int32_t>(cell % 3 == 0);
    sound(mixed);
  }
}

TEST_CASE("lessons that do not fit each other are refused", "[learn]") {
  const auto refused = [](auto change, const char* words) {
    OwnLessons own = draw_lessons({.cells = {4, 4}});
    change(own);
    const Error error = error_of([&] { check_lessons(own.lessons()); });
    INFO(error.what());
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    CHECK(std::string(error.what()).find(words) != std::string::npos);
  };
  refused([](OwnLessons& own) { own.types = 1; }, "two types");
  refused([](OwnLessons& own) { own.labels.clear(); }, "two types");
  refused([](OwnLessons& own) { own.labels.pop_back(); }, "features, a label and a group");
  refused([](OwnLessons& own) { own.groups.pop_back(); }, "features, a label and a group");
  refused([](OwnLessons& own) { own.values.pop_back(); }, "features, a label and a group");
  refused([](OwnLessons& own) { own.turned.pop_back(); }, "turns' variance");
  refused([](OwnLessons& own) { own.known.assign(7, 0); }, "known logits");
  refused([](OwnLessons& own) { own.blocks.insert(own.blocks.end(), {0, 0}); }, "blocks of at least one");
  refused([](OwnLessons& own) { own.labels[3] = 2; }, "no type");
  refused([](OwnLessons& own) { own.labels[3] = -1; }, "no type");
  refused([](OwnLessons& own) { own.values[5] = std::numeric_limits<float>::quiet_NaN(); }, "not finite");
  refused([](OwnLessons& own) { own.turned[5] = std::numeric_limits<float>::infinity(); }, "not finite");
  refused([](OwnLessons& own) { own.known.assign(16, 0); own.known[9] = -std::numeric_limits<double>::infinity(); }, "not finite");
  refused([](OwnLessons& own) { own.turned[5] = -1e-9f; }, "variance below 0");
  for (const double strength : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(error_of([&] { learn_head(draw_lessons({}).lessons(), strength); }).code() == ErrorCode::kInvalidArgument);
  }
}
