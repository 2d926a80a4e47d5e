#include <limits>

#include "catch.h"
#include "core/error.h"
#include "core/prepare/prepare.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

PrepareRules rules() {
  return {.width_px = 16, .height_px = 16, .channels = InputChannels::kRgb, .crop = CropRule::kCentreSquare,
          .crop_side_px = 288, .resize = ResizeRule::kBilinearAntialiased, .mean = {127.5f, 127.5f, 127.5f},
          .std = {127.5f, 127.5f, 127.5f}};
}

}  // namespace

TEST_CASE("the centre square is as large as asked and as fits") {
  CHECK(crop_box(rules(), Image(360, 363, 1, SampleType::kUint8).view()) == Box{36, 37, 288, 288});
  CHECK(crop_box(rules(), Image(288, 288, 1, SampleType::kUint8).view()) == Box{0, 0, 288, 288});
  CHECK(crop_box(rules(), Image(301, 100, 1, SampleType::kUint8).view()) == Box{100, 0, 100, 100});
  CHECK(crop_box(rules(), Image(1, 1, 1, SampleType::kUint8).view()) == Box{0, 0, 1, 1});
  PrepareRules whole = rules();
  whole.crop = CropRule::kNone;
  CHECK(crop_box(whole, Image(360, 363, 1, SampleType::kUint8).view()) == Box{0, 0, 360, 363});
}

TEST_CASE("images of another scale are cut as much of the cell as the model was trained on") {
  CHECK(at_scale(rules(), 1).crop_side_px == 288);
  CHECK(at_scale(rules(), 0.4167).crop_side_px == 120);
  CHECK(at_scale(rules(), 2).crop_side_px == 576);
  CHECK(at_scale(rules(), kLeastScale).crop_side_px == 5);
  for (const double refused : {0.0, -1.0, 0.01, 65.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) CHECK_THROWS_AS(at_scale(rules(), refused), Error);
  const Image small(120, 130, 3, SampleType::kUint8);
  Seen seen;
  const std::vector<float> as_it_is = prepare(small.view(), rules(), std::nullopt, &seen);
  CHECK(seen.measures[static_cast<std::size_t>(Measure::kSize)] == Approx(120.0 / 288));
  const std::vector<float> brought_to_size = prepare(small.view(), at_scale(rules(), 0.4167), std::nullopt, &seen);
  CHECK(seen.measures[static_cast<std::size_t>(Measure::kSize)] == 1);
  CHECK(brought_to_size == as_it_is);
}

TEST_CASE("white is 1 and black is -1 in every plane") {
  const Image black(20, 20, 3, SampleType::kUint8);
  const std::vector<float> planes = prepare(black.view(), rules());
  REQUIRE(planes.size() == 3 * 16 * 16);
  for (const float v : planes) CHECK(v == -1.0f);
}

TEST_CASE("grey fills three planes; colour becomes Rec. 601 luma") {
  Image grey(16, 16, 1, SampleType::kUint8);
  grey.data()[0] = std::byte{255};
  const std::vector<float> planes = prepare(grey.view(), rules());
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK(planes[i] == planes[256 + i]);
    CHECK(planes[i] == planes[512 + i]);
  }
  Image red(16, 16, 3, SampleType::kUint8);
  for (std::size_t i = 0; i < 256; ++i) red.data()[3 * i] = std::byte{200};
  PrepareRules single = rules();
  single.channels = InputChannels::kGrey;
  single.mean = {0, 0, 0};
  single.std = {1, 1, 1};
  const std::vector<float> luma = prepare(red.view(), single);
  REQUIRE(luma.size() == 256);
  CHECK(luma[77] == Approx(59.8f));
}

TEST_CASE("by corner and spread, brightness and contrast of the frame do not matter; a flat one is not blown up") {
  PrepareRules background = rules();
  background.normalisation = NormalisationRule::kCornerMedianSpread;
  background.corner_px = 4;
  background.least_spread = 1;
  background.crop = CropRule::kNone;
  Image dark = noise_image(16, 16, 3, SampleType::kUint8), bright(16, 16, 3, SampleType::kUint8);
  for (std::size_t i = 0; i < 16 * 16 * 3; ++i) {
    const int half = std::to_integer<int>(dark.data()[i]) / 2;
    dark.data()[i] = static_cast<std::byte>(half);
    bright.data()[i] = static_cast<std::byte>(half + 100);
  }
  const std::vector<float> planes = prepare(dark.view(), background), other = prepare(bright.view(), background);
  for (std::size_t i = 0; i < planes.size(); ++i) CHECK(other[i] == Approx(planes[i]).margin(1e-6));

  Image flat(16, 16, 3, SampleType::kUint8);
  flat.data()[(8 * 16 + 8) * 3] = std::byte{4};
  // The spread is 0.2495: less than 1, so that 4 grey levels stay 4.
  const std::vector<float> quiet = prepare(flat.view(), background);
  CHECK(quiet[8 * 16 + 8] == 4.0f);
  CHECK(quiet[0] == 0.0f);
}

TEST_CASE("an image with alpha is refused: it must be composited first") {
  const Image image(20, 20, 4, SampleType::kUint8);
  CHECK(error_of([&] { prepare(image.view(), rules()); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a picture for the screen keeps its shape, is opaque and never enlarged") {
  const Image image = noise_image(200, 100, 3, SampleType::kUint8);
  const ScreenPicture small = draw_for_screen(image.view(), {0, 0, 200, 100}, 50);
  CHECK(small.width_px == 50);
  CHECK(small.height_px == 25);
  REQUIRE(small.rgba.size() == 50 * 25 * 4);
  for (std::size_t i = 3; i < small.rgba.size(); i += 4) CHECK(small.rgba[i] == 255);
  const ScreenPicture same = draw_for_screen(image.view(), {10, 20, 30, 40}, 500);
  CHECK(same.width_px == 30);
  CHECK(same.height_px == 40);
  for (int c = 0; c < 3; ++c) {
    CHECK(same.rgba[static_cast<std::size_t>(c)] == std::to_integer<int>(image.data()[(20 * 200 + 10) * 3 + c]));
  }
}
