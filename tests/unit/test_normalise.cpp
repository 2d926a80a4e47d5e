#include <cstring>
#include <random>

#include "catch.h"
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
