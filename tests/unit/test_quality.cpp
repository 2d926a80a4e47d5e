#include <cmath>
#include <cstring>
#include <limits>

#include "catch.h"
#include "core/judge/quality.h"
#include "core/prepare/prepare.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

constexpr std::size_t at(Measure measure) { return static_cast<std::size_t>(measure); }

/// An 8-bit image of `side` px, each pixel by a rule.
template <typename Rule>
Image draw(int side, int channels, Rule rule) {
  Image image(side, side, channels, SampleType::kUint8);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      for (int c = 0; c < channels; ++c) image.data()[(y * side + x) * channels + c] = static_cast<std::byte>(rule(x, y, c));
    }
  }
  return image;
}

Measures measure(const Image& image, int trained_px = 0) {
  PrepareRules rules;
  rules.width_px = rules.height_px = 24;
  rules.channels = InputChannels::kGrey;
  if (trained_px > 0) {
    rules.crop = CropRule::kCentreSquare;
    rules.crop_side_px = trained_px;
  }
  Seen seen{};
  prepare(image.view(), rules, std::nullopt, &seen);
  return seen.measures;
}

}  // namespace

TEST_CASE("measures worked out by hand: a field that is half black and half white") {
  const Measures found = measure(draw(24, 1, [](int x, int, int) { return x < 12 ? 0 : 255; }));
  CHECK(found[at(Measure::kSize)] == 1);
  CHECK(found[at(Measure::kBrightness)] == Approx(127.5));
  CHECK(found[at(Measure::kContrast)] == Approx(127.5));
  CHECK(found[at(Measure::kWhite)] == Approx(0.5));
  CHECK(found[at(Measure::kBlack)] == Approx(0.5));
  CHECK(found[at(Measure::kColour)] == 0);
  // Of 23 differences in each row one is the whole step: 255² / 23, a quarter of it, over 127.5².
  CHECK(found[at(Measure::kDetail1)] == Approx(std::log(1.0 / 23)));
  CHECK(found[at(Measure::kDetail8)] == Approx(std::log(8.0 / 16)));
  CHECK(found[at(Measure::kPeak)] == Approx(std::log(1.001)));
  CHECK(found[at(Measure::kRim)] == Approx(0).margin(1e-12));
}

TEST_CASE("a blank image has finite measures") {
  for (const double value : measure(draw(24, 1, [](int, int, int) { return 90; }))) CHECK(std::isfinite(value));
}

TEST_CASE("colour is that of the image, also for a network that sees grey") {
  const Measures found = measure(draw(30, 3, [](int, int, int c) { return 50 * c; }), 60);
  CHECK(found[at(Measure::kColour)] == 100);
  CHECK(found[at(Measure::kSize)] == 0.5);
  CHECK(found[at(Measure::kRed)] == Approx(std::log(1.0 / 51)));
  CHECK(found[at(Measure::kBlue)] == Approx(std::log(101.0 / 51)));
  const Measures grey = measure(draw(30, 1, [](int x, int, int) { return 8 * x; }), 60);
  CHECK(grey[at(Measure::kRed)] == 0);
  CHECK(grey[at(Measure::kBlue)] == 0);
}

TEST_CASE("what lies in the middle and what lies on the rim are told apart") {
  const Measures centred = measure(draw(24, 1, [](int x, int y, int) { return std::hypot(x - 11.5, y - 11.5) < 5 ? 200 : 100; }));
  const Measures cut = measure(draw(24, 1, [](int x, int y, int) { return std::hypot(x - 0.5, y - 11.5) < 5 ? 200 : 100; }));
  CHECK(centred[at(Measure::kBorder)] == Approx(0).margin(1e-12));
  CHECK(cut[at(Measure::kBorder)] > 0.5);
  CHECK(centred[at(Measure::kMiddle)] > 1);
  CHECK(cut[at(Measure::kMiddle)] == Approx(0).margin(1e-12));
}

TEST_CASE("flags name what lies outside its limits, each once, at the limit only when beyond it") {
  Measures measures{};
  measures[at(Measure::kBrightness)] = 10;
  measures[at(Measure::kBlack)] = 0.5;
  measures[at(Measure::kDetail1)] = 2;
  QualityRules rules;
  CHECK(quality_flags(measures, rules).empty());
  rules[at(Measure::kBrightness)] = {10, 20};
  CHECK(quality_flags(measures, rules).empty());
  rules[at(Measure::kBrightness)] = {std::nextafter(10.0, 11.0), 20};
  rules[at(Measure::kBlack)].high = 0.1;
  rules[at(Measure::kDetail1)] = {-1, 1};
  rules[at(Measure::kDetail2)] = {-1, 1};
  const auto flags = quality_flags(measures, rules);
  REQUIRE(flags.size() == 2);
  CHECK(flags[0].name == "under_exposed");
  CHECK(flags[0].limit == rules[at(Measure::kBrightness)].low);
  CHECK(flags[1].name == "grainy");
  CHECK(flags[1].value == 2);
  measures[at(Measure::kDetail2)] = std::numeric_limits<double>::quiet_NaN();
  measures[at(Measure::kDetail1)] = 0;
  CHECK(quality_flags(measures, rules).back().measure == at(Measure::kDetail2));
}
