#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "catch.h"
#include "core/prepare/grey_contrast.h"
#include "core/prepare/normalise.h"

using namespace cytodrop;

TEST_CASE("normalise equals its plain twin bit for bit at odd lengths") {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> values(0, 255);
  for (const std::size_t pixels : {1u, 2u, 3u, 4u, 5u, 63u, 64u, 1021u}) {
    std::vector<float> lanes(4 * pixels);
    for (float& v : lanes) v = values(random);
    for (const int channels : {1, 3}) {
      std::vector<float> fast(pixels * static_cast<std::size_t>(channels)), plain = fast;
      normalise(lanes, channels, {123.7f, 116.3f, 103.5f}, {58.4f, 57.1f, 57.4f}, fast);
      normalise_plain(lanes, channels, {123.7f, 116.3f, 103.5f}, {58.4f, 57.1f, 57.4f}, plain);
      REQUIRE(std::memcmp(fast.data(), plain.data(), fast.size() * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("planes hold their own channel, with its own mean and spread") {
  const std::vector<float> lanes{10, 20, 30, 0, 40, 50, 60, 0};
  std::vector<float> planes(6);
  normalise(lanes, 3, {10, 0, 30}, {1, 10, 2}, planes);
  CHECK(planes == std::vector<float>{0, 30, 2, 5, 0, 15});
}

TEST_CASE("corner median and spread worked out by hand, each plane by itself") {
  // 4 × 3 pixels; corners of 1 px: 1, 2, 8, 30 in the first plane, so the median is 5; the second plane is flat.
  const float first[] = {1, 0, 0, 2, /**/ 0, 0, 0, 0, /**/ 8, 0, 0, 30};
  std::vector<float> lanes;
  for (const float v : first) lanes.insert(lanes.end(), {v, 7, v * 2, 0});
  const PlaneScale scale = corner_median_spread(lanes, 3, 4, 3, 1);
  CHECK(scale.middle == std::array<float, 3>{5, 7, 10});
  // Mean 41 / 12, mean of squares 969 / 12.
  const double spread = std::sqrt(969.0 / 12 - (41.0 / 12) * (41.0 / 12));
  CHECK(scale.spread[0] == Approx(spread));
  CHECK(scale.spread[1] == 0.0f);
  CHECK(scale.spread[2] == Approx(2 * spread));
}

TEST_CASE("corner median and spread equal their plain twin bit for bit at odd sizes") {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> values(0, 255);
  for (const auto& [width, height] : {std::pair{8, 8}, {9, 8}, {8, 11}, {31, 17}, {33, 64}}) {
    std::vector<float> lanes(static_cast<std::size_t>(4 * width * height));
    for (float& v : lanes) v = values(random);
    for (int corner = 1; corner <= std::min(width, height) / 2; ++corner) {
      for (const int channels : {1, 3}) {
        const PlaneScale fast = corner_median_spread(lanes, channels, width, height, corner);
        const PlaneScale plain = corner_median_spread_plain(lanes, channels, width, height, corner);
        REQUIRE(std::memcmp(&fast, &plain, sizeof fast) == 0);
        REQUIRE(fast.spread[0] > 0);
      }
    }
  }
}

TEST_CASE("a grey picture gets one background and contrast, worked out by hand; one of colours stays") {
  // 4 × 4 pixels, corners of 2: all 16 pixels are corners. Half of them 10, half 30: median 20, spread 10.
  std::vector<float> lanes;
  for (int i = 0; i < 16; ++i) {
    const float value = i % 2 == 0 ? 10.0f : 30.0f;
    lanes.insert(lanes.end(), {value, value + 1, value - 0.5f, 0});
  }
  const GreyRule rule{.tint = 2, .corner_share = 2, .middle = 100, .eight_bit = {.gain = 40, .least_spread = 20}, .deeper = {.gain = 40, .least_spread = 5}};
  std::vector<float> shallow = lanes, deep = lanes, coloured = lanes;
  mend_contrast(shallow, 4, 4, rule, true);
  mend_contrast(deep, 4, 4, rule, false);
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      // 100 ± 40 · 10 / 20 where the spread is taken for 20, else 100 ± 40 · 10 / 10.
      CHECK(shallow[4 * i + c] == Approx(i % 2 == 0 ? 80 : 120));
      CHECK(deep[4 * i + c] == Approx(i % 2 == 0 ? 60 : 140));
    }
    CHECK(shallow[4 * i + 3] == 0);
    coloured[4 * i] += 1.25f;
  }
  // Largest less smallest is 1.5 and now 1.75 in the mean: below 2. With 1 more it is not.
  std::vector<float> tinted = coloured;
  mend_contrast(tinted, 4, 4, rule, true);
  CHECK(tinted != coloured);
  for (std::size_t i = 0; i < 16; ++i) coloured[4 * i] += 1;
  tinted = coloured;
  mend_contrast(tinted, 4, 4, rule, true);
  CHECK(tinted == coloured);
}

TEST_CASE("contrast is kept between black and white, and a flat picture is the middle") {
  std::vector<float> lanes(4 * 64, 7);
  lanes[4 * 20] = lanes[4 * 20 + 1] = lanes[4 * 20 + 2] = 250;
  const GreyRule rule{.tint = 2, .corner_share = 8, .middle = 127.5f, .eight_bit = {.gain = 128, .least_spread = 1}, .deeper = {}};
  mend_contrast(lanes, 8, 8, rule, true);
  CHECK(lanes[4 * 20] == 255);
  CHECK(lanes[0] == 127.5f);
  std::vector<float> flat(4 * 64, 3);
  mend_contrast(flat, 8, 8, rule, true);
  for (std::size_t i = 0; i < flat.size(); ++i) CHECK(flat[i] == (i % 4 == 3 ? 3.0f : 127.5f));
}

TEST_CASE("not a number in a corner gives no number, and does no harm") {
  std::vector<float> lanes(4 * 8 * 8, 3);
  lanes[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(corner_median_spread(lanes, 1, 8, 8, 4).middle[0]));
}
