#include <cstring>

#include "catch.h"
#include "core/prepare/resize.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("the fast resize equals its plain twin bit for bit at odd sizes, strides and types") {
  const std::pair<int, int> sizes[] = {{1, 1}, {2, 1}, {1, 7}, {3, 5}, {13, 29}, {64, 64}, {97, 31}, {257, 130}};
  int compared = 0;
  for (const auto& [width, height] : sizes) {
    for (const int channels : {1, 3}) {
      for (const SampleType type : {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
        const Image image = noise_image(width + 3, height + 2, channels, type, static_cast<unsigned>(width * 31 + height));
        const ImageView part = image.view().crop({1, 2, width, height});
        for (const ResizeRule rule : {ResizeRule::kBilinearAntialiased, ResizeRule::kBilinearHalfPixel}) {
          for (const auto& [out_width, out_height] : {std::pair{1, 1}, {5, 9}, {33, 17}, {128, 100}}) {
            for (const Lanes lanes : {Lanes::kRgb, Lanes::kGrey}) {
              const auto fast = resize(part, lanes, rule, out_width, out_height);
              const auto plain = resize_plain(part, lanes, rule, out_width, out_height);
              REQUIRE(fast.size() == static_cast<std::size_t>(out_width * out_height * 4));
              REQUIRE(fast.size() == plain.size());
              REQUIRE(std::memcmp(fast.data(), plain.data(), fast.size() * sizeof(float)) == 0);
              ++compared;
            }
          }
        }
      }
    }
  }
  CHECK(compared == 8 * 2 * 3 * 2 * 4 * 2);
}

TEST_CASE("part of a resized image is the same part of all of it, bit for bit") {
  const Image image = noise_image(97, 61, 1, SampleType::kUint16);
  for (const auto& [width, height] : {std::pair{97, 61}, {30, 20}, {150, 200}}) {
    const auto whole = resize(image.view(), Lanes::kGrey, ResizeRule::kBilinearAntialiased, width, height);
    for (const Box& part : {Box{0, 0, 1, 1}, Box{7, 5, 20, 13}, Box{width - 9, height - 8, 9, 8}}) {
      const auto got = resize_part(image.view(), Lanes::kGrey, ResizeRule::kBilinearAntialiased, width, height, part);
      REQUIRE(got.size() == static_cast<std::size_t>(4 * part.width_px * part.height_px));
      for (int y = 0; y < part.height_px; ++y) {
        const float* expected = &whole[static_cast<std::size_t>(4 * ((part.top_px + y) * width + part.left_px))];
        CHECK(std::memcmp(&got[static_cast<std::size_t>(4 * y * part.width_px)], expected, static_cast<std::size_t>(part.width_px) * 16) == 0);
      }
    }
  }
}

TEST_CASE("taps sum to 1 and stay inside the image") {
  for (const ResizeRule rule : {ResizeRule::kBilinearAntialiased, ResizeRule::kBilinearHalfPixel}) {
    for (const auto& [in, out] : {std::pair{1, 1}, {1, 50}, {50, 1}, {288, 128}, {301, 128}, {7, 300}, {10000, 17}}) {
      const Taps taps = make_taps(rule, in, out);
      for (std::size_t i = 0; i < static_cast<std::size_t>(out); ++i) {
        REQUIRE(taps.used[i] >= 1);
        REQUIRE(taps.used[i] <= taps.count);
        REQUIRE(taps.start[i] >= 0);
        REQUIRE(taps.start[i] + taps.used[i] <= in);
        float sum = 0;
        for (int k = 0; k < taps.used[i]; ++k) sum += taps.weight[i * static_cast<std::size_t>(taps.count) + static_cast<std::size_t>(k)];
        REQUIRE(sum == Approx(1.0f).margin(1e-5));
      }
    }
  }
}

TEST_CASE("halving with antialiasing weighs 1 3 3 1, without it takes the two in the middle") {
  Image row(8, 1, 1, SampleType::kUint8);
  for (int i = 0; i < 8; ++i) row.data()[i] = static_cast<std::byte>(i == 3 ? 80 : 0);
  const auto smooth = resize(row.view(), Lanes::kGrey, ResizeRule::kBilinearAntialiased, 4, 1);
  CHECK(smooth[1 * 4] == Approx(30.0f));  // samples 1 to 4 with weights 1 3 3 1 of 8
  CHECK(smooth[2 * 4] == Approx(10.0f));
  const auto sharp = resize(row.view(), Lanes::kGrey, ResizeRule::kBilinearHalfPixel, 4, 1);
  CHECK(sharp[1 * 4] == Approx(40.0f));
  CHECK(sharp[2 * 4] == 0.0f);
}

TEST_CASE("a constant image stays constant and types meet on the 0 to 255 scale") {
  Image deep(31, 17, 3, SampleType::kUint16);
  for (std::size_t i = 0; i < 31 * 17 * 3; ++i) {
    const std::uint16_t value = 257 * 200;
    std::memcpy(deep.data() + 2 * i, &value, 2);
  }
  for (const float value : resize(deep.view(), Lanes::kGrey, ResizeRule::kBilinearAntialiased, 9, 9)) {
    CHECK((value == 0.0f || value == Approx(200.0f).margin(1e-4)));
  }
}
