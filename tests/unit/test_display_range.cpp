#include <algorithm>
#include <cstring>

#include "catch.h"
#include "core/prepare/prepare.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

template <typename Sample>
Image image_of(int width_px, const std::vector<Sample>& samples, SampleType type) {
  Image image(width_px, static_cast<int>(samples.size()) / width_px, 1, type);
  std::memcpy(image.data(), samples.data(), samples.size() * sizeof(Sample));
  return image;
}

}  // namespace

TEST_CASE("the display range is of the samples at a thousandth from either end") {
  std::vector<std::uint16_t> samples(5001);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::uint16_t>((i * 7 % 5001) + 300);  // every value once
  const SampleRange range = display_range(image_of(3, samples, SampleType::kUint16).view());
  CHECK(range.low == 305.0f / 257.0f);
  CHECK(range.high == 5295.0f / 257.0f);
}

TEST_CASE("the display range of floats is that of the sorted samples, negative ones too") {
  const Image noise = noise_image(50, 41, 3, SampleType::kUint16);
  std::vector<float> samples(50 * 41 * 3);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::uint16_t value;
    std::memcpy(&value, noise.data() + 2 * i, 2);
    samples[i] = (static_cast<float>(value) - 30000.0f) * 1e-3f;
  }
  const Image image = image_of(50, samples, SampleType::kFloat32);
  std::sort(samples.begin(), samples.end());
  const SampleRange range = display_range(image.view());
  CHECK(range.low == samples[6] * 255.0f);
  CHECK(range.high == samples[samples.size() - 7] * 255.0f);
}

TEST_CASE("8-bit frames and flat ones stay as they are") {
  CHECK(display_range(noise_image(20, 20, 3, SampleType::kUint8).view()) == SampleRange{});
  CHECK(display_range(image_of(2, std::vector<std::uint16_t>(4, 900), SampleType::kUint16).view()) == SampleRange{});
  CHECK(display_range(image_of(2, std::vector<float>(4, -3), SampleType::kFloat32).view()) == SampleRange{});
}

TEST_CASE("the screen shows a dim frame in its range, or in the range that a person sets") {
  const Image dim = image_of<std::uint16_t>(2, {257, 257 * 2, 257 * 3, 257 * 5}, SampleType::kUint16);
  const auto greys = [&](std::optional<SampleRange> range) {
    const ScreenPicture picture = draw_for_screen(dim.view(), {0, 0, 2, 2}, 10, range);
    return std::vector<int>{picture.rgba[0], picture.rgba[4], picture.rgba[8], picture.rgba[12]};
  };
  CHECK(greys({}) == std::vector<int>{0, 64, 128, 255});
  CHECK(greys(SampleRange{0, 255}) == std::vector<int>{1, 2, 3, 5});
  CHECK(greys(SampleRange{2, 3}) == std::vector<int>{0, 0, 255, 255});
  CHECK(error_of([&] { greys(SampleRange{3, 3}); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a model sees the range of the whole frame only where its spec says so") {
  PrepareRules rules{.width_px = 8, .height_px = 8, .channels = InputChannels::kGrey, .crop = CropRule::kNone, .mean = {0, 0, 0}, .std = {1, 1, 1}};
  std::vector<std::uint16_t> samples(64, 257 * 10);
  samples[0] = 0;
  samples[63] = 257 * 20;
  const Image frame = image_of(8, samples, SampleType::kUint16);
  CHECK(prepare(frame.view(), rules)[5] == 10.0f);
  rules.range = RangeRule::kFramePercentiles;
  CHECK(prepare(frame.view(), rules)[5] == 127.5f);
  // A crop of one cell is prepared in the range of its frame.
  CHECK(prepare(frame.view().crop({0, 0, 4, 4}), rules, SampleRange{0, 40})[63] == 63.75f);
}
