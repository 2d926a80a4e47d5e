#include <set>

#include "catch.h"
#include "core/explain/turns.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("the eight ways to lay a square, written out") {
  // 1 2
  // 3 4
  const float square[] = {1, 2, 3, 4};
  CHECK(turn_count({square, 1, 2, 2}) == 8);
  const std::vector<float> expected{
      3, 1, 4, 2,  // a quarter clockwise
      4, 3, 2, 1,  //
      2, 4, 1, 3,  //
      2, 1, 4, 3,  // mirrored left to right
      4, 2, 3, 1,  // and then turned
      3, 4, 1, 2,  //
      1, 3, 2, 4,
  };
  CHECK(turned({square, 1, 2, 2}) == expected);
}

TEST_CASE("an oblong keeps its shape in four ways") {
  const float oblong[] = {1, 2, 3, 4, 5, 6};  // two rows of three
  CHECK(turn_count({oblong, 1, 2, 3}) == 4);
  CHECK(turned({oblong, 1, 2, 3}) == std::vector<float>{6, 5, 4, 3, 2, 1, /**/ 3, 2, 1, 6, 5, 4, /**/ 4, 5, 6, 1, 2, 3});
}

TEST_CASE("every channel is turned alike and all ways differ") {
  const Image noise = noise_image(7, 7, 3, SampleType::kFloat32);
  const auto* samples = reinterpret_cast<const float*>(noise.data());
  const InputView input{samples, 3, 7, 7};
  const std::vector<float> all = turned(input);
  REQUIRE(all.size() == 7 * input.size());
  std::set<std::vector<float>> ways{{samples, samples + input.size()}};
  for (std::size_t way = 0; way < 7; ++way) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(way * input.size());
    ways.emplace(first, first + static_cast<std::ptrdiff_t>(input.size()));
    for (std::size_t c = 0; c < 3; ++c) {
      const std::vector<float> alone = turned({samples + c * input.plane(), 1, 7, 7});
      const auto plane = first + static_cast<std::ptrdiff_t>(c * input.plane());
      CHECK(std::equal(plane, plane + 49, alone.begin() + static_cast<std::ptrdiff_t>(way * 49)));
    }
  }
  CHECK(ways.size() == 8);
}

TEST_CASE("agreement counts pictures, and takes the least and the mean of the named class") {
  const double probabilities[] = {0.7, 0.3, 0.5, 0.5, 0.2, 0.8};
  const Agreement first = agreement(probabilities, 2, 0);
  CHECK(first.agree == 2);  // of a tie the first class is the most probable
  CHECK(first.of == 3);
  CHECK(first.least_probability == 0.2);
  CHECK(first.mean_probability == Approx(1.4 / 3));
  const Agreement second = agreement(probabilities, 2, 1);
  CHECK(second.agree == 1);
  CHECK(second.least_probability == 0.3);
}

TEST_CASE("an agreement of nothing, or of a class that there is not, is refused") {
  const double probabilities[] = {0.7, 0.3, 0.5};
  CHECK(error_of([&] { agreement(probabilities, 2, 0); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { agreement({}, 2, 0); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { agreement(probabilities, 3, 3); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { agreement(probabilities, 3, -1); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { agreement(probabilities, 0, 0); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("maps of turned inputs, turned back, are the input; what differs between them is averaged in its place") {
  for (const auto& [channels, side] : {std::pair{1, 2}, {3, 7}, {4, 4}}) {
    const Image noise = noise_image(side, side, channels, SampleType::kUint8);
    std::vector<float> maps;
    for (int i = 0; i < channels * side * side; ++i) maps.push_back(static_cast<float>(std::to_integer<int>(noise.data()[i])));
    const std::vector<float> picture = maps;
    const InputView one{picture.data(), channels, side, side};
    const std::vector<float> others = turned(one);
    maps.insert(maps.end(), others.begin(), others.end());
    CHECK(mean_turned_back(maps, one) == picture);
  }
  // The first value of each way's map alone: where each of the eight ways to lay a square has its upper left corner.
  const float square[] = {0, 0, 0, 0};
  std::vector<float> corners(8 * 4);
  for (std::size_t way = 0; way < 8; ++way) corners[way * 4] = static_cast<float>(1 << way);
  const std::vector<float> back = mean_turned_back(corners, {square, 1, 2, 2});
  CHECK(mean_turned_back(std::span(corners).first(16), {square, 1, 2, 2}) == std::vector<float>{1 / 4.0f, 8 / 4.0f, 2 / 4.0f, 4 / 4.0f});
  // As written out above: 1 is first as it is and in way 7; 3 in 1 and 6, 4 in 2 and 5, 2 in 3 and 4.
  CHECK(back == std::vector<float>{(1 + 128) / 8.0f, (8 + 16) / 8.0f, (2 + 64) / 8.0f, (4 + 32) / 8.0f});
}

TEST_CASE("maps that are neither four nor eight, or not square, are refused") {
  const float values[64] = {};
  CHECK(error_of([&] { mean_turned_back(std::span(values, 28), {values, 1, 2, 2}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { mean_turned_back(std::span(values, 48), {values, 1, 2, 3}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { mean_turned_back({}, {values, 1, 2, 2}); }).code() == ErrorCode::kInvalidArgument);
}
