// What cells of the taught types look like: copies among them, and how far others lie from them. And the same bits in every build.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "catch.h"
#include "core/judge/novelty.h"
#include "core/split_mix.h"
#include "drawn_lessons.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

/// Adds a cell that is another one, its features moved by so much of a spread of four.
void plant(OwnLessons& own, std::size_t of, float moved, std::int32_t label, std::int32_t group) {
  SplitMix random(of + 1);
  for (std::size_t j = 0; j < own.width(); ++j) {
    own.values.push_back(own.row(of)[j] + moved * std::ldexp(1.0f, static_cast<int>(j % 5) - 2) * (static_cast<float>(random.below(3)) - 1));
    own.turned.push_back(own.turned[of * own.width() + j]);
  }
  own.labels.push_back(label);
  own.groups.push_back(group);
}

FileBytes novelty_file(const Kind& kind, int types) {
  const auto tensor = [](const char* name, std::vector<int> shape, const std::vector<double>& values) { return TestTensor{name, std::move(shape), {values.begin(), values.end()}}; };
  const int width = static_cast<int>(kind.mean.size()), d = static_cast<int>(kind.dimensions());
  return make_safetensors({tensor("mean", {width}, kind.mean), tensor("feature_scale", {width}, kind.feature_scale), tensor("feature_limit", {width}, kind.feature_limit),
                           tensor("basis", {d, width}, kind.basis), tensor("scale", {d}, kind.scale), tensor("class_means", {types, d}, kind.class_means),
                           tensor("residual_scale", {1}, {kind.residual_scale}), {"appearance_mean", {1}, {0}}, {"appearance", {1, 1}, {0}}});
}

double novelty_of(const Novelty& novelty, std::span<const float> features) { return novelty.distance(features, Measures{}); }

std::vector<double> distances_left_out(const OwnLessons& own) {
  const Folds folds = folds_of(own.lessons());
  std::vector<double> all;
  for (int part = 0; part < folds.count; ++part) {
    const LeftOut found = leave_out(own.lessons(), folds, part);
    all.insert(all.end(), found.distances.begin(), found.distances.end());
  }
  return all;
}

}  // namespace

TEST_CASE("planted copies are found, nearest first, and others are not", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {30, 30}});
  CHECK(alike_among(own.lessons()).empty());
  plant(own, 7, 0, 1, 500);
  plant(own, 12, 0.15f, 0, 501);
  plant(own, 20, 1.0f, 0, 502);
  const std::vector<Alike> found = alike_among(own.lessons());
  REQUIRE(found.size() == 2);
  CHECK((found[0].one == 7 && found[0].other == 60 && found[0].apart < 1e-9));
  CHECK((found[1].one == 12 && found[1].other == 61 && found[1].apart > 1e-4 && found[1].apart < kAlike));
}

TEST_CASE("groups of copies are joined, and what is joined to these", "[learn]") {
  const std::int32_t groups[] = {9, 4, 4, 7, 2, 5};
  const Alike pairs[] = {{0, 1, 0}, {2, 3, 0}, {5, 5, 0}};
  CHECK(joined_groups(groups, pairs) == std::vector<std::int32_t>{4, 4, 4, 4, 2, 5});
  CHECK(joined_groups(groups, {}) == std::vector<std::int32_t>(std::begin(groups), std::end(groups)));
  const std::int32_t far[] = {3, 2, 1, -5};
  const Alike chain[] = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}};
  CHECK(joined_groups(far, chain) == std::vector<std::int32_t>(4, -5));
}

TEST_CASE("cells that are all one picture are copies; of hundreds no more pairs are listed than join them", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {2, 2}, .blocks = {3}});
  for (std::size_t i = 3; i < own.values.size(); ++i) own.values[i] = own.values[i % 3];
  CHECK(alike_among(own.lessons()).size() == 6);
  while (own.labels.size() < 500) plant(own, 0, 0, 1, static_cast<std::int32_t>(own.labels.size() + 1000));
  plant(own, 0, 8, 1, 5000);
  plant(own, 0, 8, 1, 5001);
  const std::vector<Alike> found = alike_among(own.lessons());
  CHECK(found.size() == kMostPairs + 1);
  const std::vector<std::int32_t> groups = joined_groups(own.groups, found);
  CHECK(std::set<std::int32_t>(groups.begin(), groups.end()).size() == 2);
}

TEST_CASE("the distance to the kind is that of the novelty file which holds it", "[learn]") {
  for (const auto& cells : {std::vector<int>{1, 1}, {4, 4}, {40, 25, 12}}) {
    const OwnLessons own = draw_lessons({.cells = cells});
    const Kind kind = kind_of(own.lessons());
    const int d = static_cast<int>(kind.dimensions());
    const Novelty novelty({.features = static_cast<int>(own.width()), .dimensions = d, .classes = own.types}, novelty_file(kind, own.types));
    for (int a = 0; a < d; ++a) {
      for (int b = 0; b <= a; ++b) {
        double sum = 0;
        for (std::size_t j = 0; j < own.width(); ++j) sum += kind.basis[static_cast<std::size_t>(a) * own.width() + j] * kind.basis[static_cast<std::size_t>(b) * own.width() + j];
        CHECK(sum == Approx(a == b ? 1 : 0).margin(1e-4));
      }
    }
    const OwnLessons others = draw_lessons({.seed = 8, .cells = cells, .apart = 2});
    for (const OwnLessons* of : {&own, &others}) {
      for (std::size_t cell = 0; cell < of->labels.size(); ++cell) CHECK(novelty_of(novelty, of->row(cell)) == Approx(distance(kind, of->row(cell))).epsilon(1e-4).margin(1e-3));
    }
    // Beyond the limit it grows no more.
    std::vector<float> far(own.width(), 1e9f), further(own.width(), 1e20f);
    CHECK(distance(kind, far) == distance(kind, further));
    CHECK(novelty_of(novelty, far) == novelty_of(novelty, further));
  }
}

TEST_CASE("cells left out lie mostly within the usual distance, so do new ones of the kind; foreign ones lie beyond", "[learn]") {
  // Few and many cells, features fewer and more than these: distances of cells left out must be told in the measure of the kind of all.
  for (const auto& [count, block] : {std::pair{10, 96}, {20, 96}, {40, 96}, {20, 700}, {40, 700}}) {
    INFO(count << " " << block);
    const DrawnLessons recipe{.seed = 1, .cells = {count, count, count}, .blocks = {block}, .apart = 0.7};
    const OwnLessons own = draw_lessons(recipe);
    const std::vector<double> distances = distances_left_out(own);
    const double usual = usual_distance(distances);
    const auto within = [&](const std::vector<double>& all) { return static_cast<double>(std::count_if(all.begin(), all.end(), [&](double d) { return d <= usual; })) / static_cast<double>(all.size()); };
    CHECK(within(distances) >= 0.97);
    const Kind kind = kind_of(own.lessons());
    DrawnLessons again = recipe, others = recipe;
    again.seed = 5;
    others.apart = 2.5;
    others.of_types = 7;
    const auto of = [&](const OwnLessons& cells) {
      std::vector<double> all;
      for (std::size_t cell = 0; cell < cells.labels.size(); ++cell) all.push_back(distance(kind, cells.row(cell)));
      return all;
    };
    CHECK(within(of(draw_lessons(again))) >= 0.97);
    CHECK(within(of(draw_lessons(others))) <= 0.03);
  }
}

TEST_CASE("nothing seems near a type without a cell", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {0, 20, 20, 0}, .apart = 2});
  const Kind kind = kind_of(own.lessons());
  OwnLessons two = draw_lessons({.cells = {0, 20, 20, 0}, .apart = 2});
  for (std::int32_t& label : two.labels) --label;
  two.types = 2;
  const Kind without = kind_of(two.lessons());
  // Right between the two types.
  std::vector<float> middle(own.width());
  for (std::size_t j = 0; j < own.width(); ++j) middle[j] = static_cast<float>(kind.mean[j]);
  const std::size_t d = kind.dimensions();
  for (const std::size_t empty : {std::size_t{0}, std::size_t{3}}) CHECK(std::equal(kind.class_means.begin() + static_cast<std::ptrdiff_t>(empty * d), kind.class_means.begin() + static_cast<std::ptrdiff_t>((empty + 1) * d), kind.class_means.begin() + static_cast<std::ptrdiff_t>(d)));
  CHECK(distance(kind, middle) > 0.8 * distance(without, middle));
}

TEST_CASE("of cells that are all alike any other is foreign, and these are not", "[learn]") {
  OwnLessons own = draw_lessons({.cells = {5, 5}});
  for (std::size_t i = own.width(); i < own.values.size(); ++i) own.values[i] = own.values[i % own.width()];
  const Kind kind = kind_of(own.lessons());
  REQUIRE(kind.dimensions() == 1);
  CHECK(distance(kind, own.row(0)) < 1e-3);
  CHECK(distance(kind, draw_lessons({.seed = 2}).row(0)) > 1000);
}

TEST_CASE("the usual distance is above 98 of 100, and above all of few", "[learn]") {
  std::vector<double> distances;
  for (int i = 1; i <= 100; ++i) distances.push_back(i);
  CHECK(usual_distance(distances) == 99);
  CHECK(usual_distance(std::span<const double>(distances).first(49)) == 49);
  CHECK(usual_distance(std::span<const double>(distances).first(48)) == Approx(48 * 8.0 / 7));
  CHECK(usual_distance(std::span<const double>(distances).first(1)) == Approx(8.0 / 7));
  CHECK(std::isinf(usual_distance({})));
  for (const double wrong : {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    distances[40] = wrong;
    CHECK(error_of([&] { usual_distance(distances); }).code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("what is learned has the same bits twice, and in every build", "[learn]") {
  const OwnLessons own = golden_lessons();
  const Folds folds = folds_of(own.lessons());
  std::vector<double> bits[2];
  for (std::vector<double>& all : bits) {
    const auto put = [&](std::span<const double> values) { all.insert(all.end(), values.begin(), values.end()); };
    const auto put_single = [&](std::span<const double> values) {
      for (const double value : values) all.push_back(static_cast<float>(value));
    };
    for (int part = 0; part < folds.count; ++part) {
      const LeftOut found = leave_out(own.lessons(), folds, part);
      put(found.logits);
      put(found.distances);
    }
    const LearnedHead head = learn_best_head(own.lessons());
    put_single(head.weights);
    put_single(head.bias);
    const Kind kind = kind_of(own.lessons());
    for (const auto* values : {&kind.mean, &kind.feature_scale, &kind.feature_limit, &kind.basis, &kind.scale, &kind.class_means}) put_single(*values);
    all.push_back(kind.residual_scale);
    all.push_back(fit_temperature(std::span<const double>(all).first(own.labels.size() * 3), own.labels, 3));
  }
  REQUIRE(bits[0].size() == bits[1].size());
  CHECK(std::memcmp(bits[0].data(), bits[1].data(), bits[0].size() * sizeof(double)) == 0);
  // Written by the core as WebAssembly: scripts/golden_learn_bits.ts.
  const FileBytes golden = read_file(golden_learn_folder() / "bits.f64");
  REQUIRE(golden.size() == bits[0].size() * sizeof(double));
  CHECK(std::memcmp(bits[0].data(), golden.data(), golden.size()) == 0);
}
