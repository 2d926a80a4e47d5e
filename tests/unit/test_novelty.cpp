#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/judge/novelty.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

constexpr int kCount = static_cast<int>(kMeasureCount);

/// Measures that add nothing.
Measures usual() {
  Measures measures;
  measures.fill(1);
  return measures;
}

/// The first row reads three times the last measure, the rest nothing.
std::vector<float> appearance() {
  std::vector<float> matrix(kMeasureCount * kMeasureCount);
  matrix[kMeasureCount - 1] = 3;
  return matrix;
}

/// Three features, two kept directions, two classes; every number can be followed by hand.
std::vector<TestTensor> tensors() {
  return {{"mean", {3}, {1, 1, 1}}, {"basis", {2, 3}, {1, 0, 0, 0, 0, 1}}, {"scale", {2}, {2, 0.5f}},
          {"class_means", {2, 2}, {0, 0, 3, 4}}, {"residual_scale", {1}, {0.25f}},
          {"appearance_mean", {kCount}, std::vector<float>(kMeasureCount, 1)}, {"appearance", {kCount, kCount}, appearance()}};
}

constexpr NoveltyLayout kLayout{.features = 3, .dimensions = 2, .classes = 2};

/// Multiples of 1/64 between −1 and 1 that are the same with every C++ library.
std::vector<float> noise(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  for (float& v : values) {
    seed = seed * 1664525 + 1013904223;
    v = static_cast<float>(static_cast<int>(seed >> 25) - 64) / 64.0f;
  }
  return values;
}

}  // namespace

TEST_CASE("novelty worked out by hand: the nearest class, and what lies outside the basis") {
  const Novelty novelty(kLayout, make_safetensors(tensors()));
  // c = (1, 4, 2), z = (1, 2): to class 0 (1 · 2)² + (2 · 0.5)² = 5, to class 1 (−2 · 2)² + (−2 · 0.5)² = 17; outside 16 / 4.
  const float near_first[] = {2, 5, 3};
  CHECK(novelty.distance(near_first, usual()) == std::sqrt(5.0 + 4.0));
  // c = (3, 0, 4) is the mean of class 1.
  const float on_second[] = {4, 1, 5};
  CHECK(novelty.distance(on_second, usual()) == 0.0);
}

TEST_CASE("how structures lie in the crop adds to the distance; measures that are not finite are refused") {
  const Novelty novelty(kLayout, make_safetensors(tensors()));
  const float near_first[] = {2, 5, 3};
  Measures measures = usual();
  measures.back() = 3;
  CHECK(novelty.distance(near_first, measures) == std::sqrt(9.0 + 36.0));
  measures.front() = std::numeric_limits<double>::quiet_NaN();
  CHECK(error_of([&] { novelty.distance(near_first, measures); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("what looks like the foreign images that a model was shown is further away; the rest is not") {
  auto shown = tensors();
  shown.push_back({"exposure", {3}, {1, 0.5f, 0}});
  shown.push_back({"exposure_offset", {1}, {-1}});
  const Novelty novelty(kLayout, make_safetensors(shown));
  // c = (1, 4, 2): 1 + 2 − 1 = 2.
  const float near_first[] = {2, 5, 3};
  CHECK(novelty.distance(near_first, usual()) == std::sqrt(9.0 + 4.0));
  // c = (1, 0, 2): 1 − 1 = 0, and (−2, 0, 2): −3, which counts nothing.
  for (const float x : {2.0f, -1.0f}) {
    const float features[] = {x, 1, 3};
    CHECK(novelty.distance(features, usual()) == Novelty(kLayout, make_safetensors(tensors())).distance(features, usual()));
  }
  for (std::size_t i : {7u, 8u}) {
    auto half = shown;
    half.erase(half.begin() + static_cast<std::ptrdiff_t>(i));
    INFO(shown[i].name);
    CHECK(std::string(error_of([&] { Novelty(kLayout, make_safetensors(half)); }).what()).find("tensor " + shown[i].name + " ") != std::string::npos);
  }
}

TEST_CASE("features with a scale of their own are multiplied by it and kept within a limit, before all else") {
  auto scaled = tensors();
  scaled.push_back({"feature_scale", {3}, {2, 0.5f, 4}});
  scaled.push_back({"feature_limit", {3}, {100, 1, 5}});
  const Novelty novelty(kLayout, make_safetensors(scaled));
  // (1, 4, 2) becomes (2, 2, 8), kept within (2, 1, 5): z = (2, 5). To class 0 (2 · 2)² + (5 · 0.5)², to class 1 (−1 · 2)² + (1 · 0.5)²; outside 1 / 4.
  const float near_first[] = {2, 5, 3};
  CHECK(novelty.distance(near_first, usual()) == std::sqrt(4.25 + 0.25));
  // Of both signs: (−9, −9, −9) becomes (−18, −4.5, −36), then (−18, −1, −5).
  const float far[] = {-8, -8, -8}, further[] = {-8, -1e30f, -1e30f};
  CHECK(novelty.distance(far, usual()) == std::sqrt(36.0 * 36 + 6.25 + 0.25));
  CHECK(novelty.distance(further, usual()) == novelty.distance(far, usual()));
  // What is foreign is told from the same features: 2 + 0.5 − 1.
  scaled.push_back({"exposure", {3}, {1, 0.5f, 0}});
  scaled.push_back({"exposure_offset", {1}, {-1}});
  CHECK(Novelty(kLayout, make_safetensors(scaled)).distance(near_first, usual()) == std::sqrt(4.5 + 2.25));
}

TEST_CASE("a scale of features without its limit, or a limit below 0, is refused") {
  auto scaled = tensors();
  scaled.push_back({"feature_scale", {3}, {2, 0.5f, 4}});
  scaled.push_back({"feature_limit", {3}, {100, 0, 5}});
  CHECK_NOTHROW(Novelty(kLayout, make_safetensors(scaled)));
  const auto refusal = [](const std::vector<TestTensor>& file) {
    const Error error = error_of([&] { Novelty(kLayout, make_safetensors(file)); });
    CHECK(error.code() == ErrorCode::kInvalidModel);
    return std::string(error.what());
  };
  for (const std::size_t i : {7u, 8u}) {
    INFO(scaled[i].name);
    auto half = scaled, misshapen = scaled, broken = scaled;
    half.erase(half.begin() + static_cast<std::ptrdiff_t>(i));
    misshapen[i].shape = {3, 1};
    broken[i].values[2] = std::numeric_limits<float>::infinity();
    for (const auto& file : {half, misshapen, broken}) CHECK(refusal(file).find("tensor " + scaled[i].name + " ") != std::string::npos);
  }
  scaled[8].values[1] = -0.5f;
  CHECK(refusal(scaled).find("feature_limit of the novelty file has a value below 0") != std::string::npos);
}

TEST_CASE("statistics stored as float16 are read as the numbers they stand for") {
  auto halved = tensors();
  // 1 = 0x3c00, 0.5 = 0x3800, −2 = 0xc000, 2⁻²⁴ = 0x0001.
  halved[1] = {"basis", {2, 3}, {}, {0x3800, 0xc000, 0x0001, 0, 0, 0x3c00}};
  auto widened = tensors();
  widened[1].values = {0.5f, -2, 0x1p-24f, 0, 0, 1};
  const float embedding[] = {2, -5, 3};
  const double distance = Novelty(kLayout, make_safetensors(halved)).distance(embedding, usual());
  CHECK(distance == Novelty(kLayout, make_safetensors(widened)).distance(embedding, usual()));
  CHECK(distance > 1);
  halved[1].halves[2] = 0x7c00;
  CHECK(std::string(error_of([&] { Novelty(kLayout, make_safetensors(halved)); }).what()).find("not finite") != std::string::npos);
  halved[1].halves.pop_back();
  CHECK(std::string(error_of([&] { Novelty(kLayout, make_safetensors(halved)); }).what()).find("another size") != std::string::npos);
}

TEST_CASE("a rounding error does not make what lies outside the basis negative") {
  // Slightly longer than 1, as float32 rows are: ‖z‖² exceeds ‖c‖².
  const Novelty novelty({.features = 1, .dimensions = 1, .classes = 1},
                        make_safetensors({{"mean", {1}, {0}}, {"basis", {1, 1}, {1.0000001f}}, {"scale", {1}, {0}},
                                          {"class_means", {1, 1}, {0}}, {"residual_scale", {1}, {1e9f}},
                                          {"appearance_mean", {kCount}, std::vector<float>(kMeasureCount, 1)}, {"appearance", {kCount, kCount}, appearance()}}));
  const float value[] = {1000};
  CHECK(novelty.distance(value, usual()) == 0.0);
}

TEST_CASE("the look is what a cell's measures are off those of its nearest class, and adds nothing to the distance") {
  auto seen = tensors();
  std::vector<float> means(2 * kMeasureCount), look(kMeasureCount * kMeasureCount);
  means[kMeasureCount] = 4;  // of the second class the first measure
  look[0] = 2;
  seen.push_back({"look_means", {2, kCount}, means});
  seen.push_back({"look", {kCount, kCount}, look});
  const Novelty plain(kLayout, make_safetensors(tensors())), novelty(kLayout, make_safetensors(seen));
  CHECK(plain.look_size() == 0);
  CHECK(novelty.look_size() == kMeasureCount);
  const float near_first[] = {2, 5, 3}, on_second[] = {4, 1, 5};
  for (const auto& [embedding, expected] : {std::pair{near_first, 2.0f}, {on_second, -6.0f}}) {
    const Place with = novelty.place(std::span(embedding, 3), usual()), without = plain.place(std::span(embedding, 3), usual());
    REQUIRE(without.deviation.size() == plain.deviation_size());
    REQUIRE(with.deviation.size() == without.deviation.size() + kMeasureCount);
    CHECK(with.deviation[without.deviation.size()] == expected);
    CHECK(with.deviation.back() == 0);
    CHECK(with.distance == without.distance);
  }
  auto half = seen;
  half.pop_back();
  CHECK(error_of([&] { Novelty(kLayout, make_safetensors(half)); }).code() == ErrorCode::kInvalidModel);
  seen.back().shape = {kCount};
  CHECK(error_of([&] { Novelty(kLayout, make_safetensors(seen)); }).code() == ErrorCode::kInvalidModel);
}

TEST_CASE("a file from before the last measures knows the first") {
  auto old = tensors(), now = tensors();
  // Rows of two and of all measures: twice the second measure less 1.
  for (auto* file : {&old, &now}) file->erase(file->end() - 2, file->end());
  old.push_back({"appearance_mean", {2}, {0, 1}});
  old.push_back({"appearance", {2, 2}, {0, 0, 0, 2}});
  std::vector<float> mean(kMeasureCount), matrix(kMeasureCount * kMeasureCount);
  mean[1] = 1;
  matrix[kMeasureCount + 1] = 2;
  now.push_back({"appearance_mean", {kCount}, mean});
  now.push_back({"appearance", {kCount, kCount}, matrix});
  Measures measures = usual();
  measures[1] = 4;
  const float embedding[] = {2, 5, 3};
  const Place first = Novelty(kLayout, make_safetensors(old)).place(embedding, measures), second = Novelty(kLayout, make_safetensors(now)).place(embedding, measures);
  CHECK(first.distance == std::sqrt(9.0 + 36.0));
  CHECK(first.distance == second.distance);
  CHECK(first.deviation == second.deviation);
}

TEST_CASE("projection equals its plain twin bit for bit at odd sizes") {
  for (const std::size_t inputs : {1u, 2u, 7u, 64u, 1281u}) {
    for (const std::size_t outputs : {1u, 2u, 7u, 8u, 9u, 31u}) {
      std::vector<double> in;
      for (const float v : noise(inputs, 3)) in.push_back(v * 1.1);
      const Basis basis = pack_basis(noise(inputs * outputs, 4), inputs, outputs);
      const auto fast = project(basis, in), plain = project_plain(basis, in);
      REQUIRE(fast.size() == outputs);
      REQUIRE(std::memcmp(fast.data(), plain.data(), outputs * sizeof(double)) == 0);
    }
  }
}

TEST_CASE("packing keeps every row") {
  const Basis basis = pack_basis(noise(9 * 3, 8), 3, 9);
  const std::vector<float> rows = noise(9 * 3, 8);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<double> one(3);
    one[i] = 1;
    const std::vector<double> column = project(basis, one);
    for (std::size_t o = 0; o < 9; ++o) CHECK(column[o] == rows[o * 3 + i]);
  }
}

TEST_CASE("novelty has the same bits in every build") {
  const NoveltyLayout layout{.features = 37, .dimensions = 11, .classes = 3};
  std::vector<float> scale = noise(11, 3);
  // Of fourteen measures, as files from before colour was measured are: their distances stay what they were.
  const Novelty novelty(layout, make_safetensors({{"mean", {37}, noise(37, 1)}, {"basis", {11, 37}, noise(11 * 37, 2)}, {"scale", {11}, scale},
                                                  {"class_means", {3, 11}, noise(33, 4)}, {"residual_scale", {1}, {0.7f}},
                                                  {"appearance_mean", {14}, noise(14, 6)}, {"appearance", {14, 14}, noise(14 * 14, 7)}}));
  // Every digit counts: the shortest text that is this number.
  CHECK(Json(novelty.distance(noise(37, 5), usual())).dump() == "8.376292628820245");
}

TEST_CASE("an embedding that does not fit or is not finite is refused") {
  const Novelty novelty(kLayout, make_safetensors(tensors()));
  const float short_one[] = {1, 2}, broken[] = {1, std::numeric_limits<float>::infinity(), 2};
  CHECK(error_of([&] { novelty.distance(short_one, usual()); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { novelty.distance(broken, usual()); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a novelty file that does not fit is refused, naming the tensor") {
  CHECK_NOTHROW(Novelty(kLayout, make_safetensors(tensors())));
  for (std::size_t i = 0; i < tensors().size(); ++i) {
    const std::string name = tensors()[i].name;
    INFO(name);
    const auto refusal = [&](const std::vector<TestTensor>& file) {
      const Error error = error_of([&] { Novelty(kLayout, make_safetensors(file)); });
      CHECK(std::string(error.what()).find("tensor " + name + " of the novelty file") != std::string::npos);
      return error.code();
    };
    auto missing = tensors(), misshapen = tensors(), broken = tensors();
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(refusal(missing) == ErrorCode::kInvalidModel);
    misshapen[i].shape.push_back(1);
    CHECK(refusal(misshapen) == ErrorCode::kInvalidModel);
    broken[i].values[0] = std::numeric_limits<float>::quiet_NaN();
    CHECK(refusal(broken) == ErrorCode::kInvalidModel);
  }
  auto negative = tensors();
  negative[4].values[0] = -1;
  CHECK(std::string(error_of([&] { Novelty(kLayout, make_safetensors(negative)); }).what()).find("residual_scale") != std::string::npos);
  CHECK(std::string(error_of([&] { Novelty(kLayout, FileBytes(4)); }).what()).find("novelty file") != std::string::npos);
}
