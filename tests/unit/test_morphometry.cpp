// What is measured of cells beside the network: shapes of known values, and numpy's numbers.

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/measure/morphometry.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

constexpr double kPi = 3.14159265358979323846;
const std::vector<Point> kSquare{{10, 20}, {20, 20}, {20, 30}, {10, 30}};

/// Points of an ellipse, its longer axis to the right where nothing turns it.
std::vector<Point> ellipse(double x, double y, double half_length, double half_width, double turn = 0) {
  std::vector<Point> outline;
  for (int i = 0; i < 360; ++i) {
    const double along = half_length * std::cos(i * kPi / 180), across = half_width * std::sin(i * kPi / 180);
    outline.push_back({static_cast<float>(x + along * std::cos(turn) - across * std::sin(turn)), static_cast<float>(y + along * std::sin(turn) + across * std::cos(turn))});
  }
  return outline;
}

Image flat(int width_px, int height_px, std::uint8_t grey = 100) {
  Image image(width_px, height_px, 1, SampleType::kUint8);
  std::memset(image.data(), grey, static_cast<std::size_t>(width_px * height_px));
  return image;
}

/// That no pixel belongs to the cell.
void check_nothing(const Morphometry& cell) {
  CHECK(cell.area_px == 0);
  for (const double value : {cell.equivalent_diameter_px, cell.perimeter_px, cell.feret_diameter_px, cell.circularity, cell.elongation, cell.solidity, cell.grey_mean, cell.grey_spread, cell.granularity}) {
    CHECK(std::isnan(value));
  }
}

}  // namespace

TEST_CASE("discs are round at every place and size", "[morphometry]") {
  const Image frame = flat(100, 100);
  for (const double radius : {5.0, 8.0, 10.0, 12.5, 20.0, 40.0}) {
    for (const double off : {0.0, 0.25, 0.4, 0.5}) {
      INFO(radius << " " << off);
      const Morphometry disc = morphometry_of(frame.view(), ellipse(50 + off, 50 + off / 2, radius, radius));
      CHECK(disc.circularity == Approx(1).epsilon(0.03));
      CHECK(disc.equivalent_diameter_px == Approx(2 * radius).margin(0.3));
      CHECK(disc.perimeter_px == Approx(2 * kPi * radius).epsilon(0.03));
      CHECK(disc.feret_diameter_px == Approx(2 * radius).margin(1));
      CHECK(disc.elongation == Approx(1).margin(0.4 / radius));
      CHECK(disc.solidity == 1);
    }
  }
}

TEST_CASE("an ellipse is as elongated as it was drawn, however it lies", "[morphometry]") {
  const Image frame = flat(100, 100);
  for (const double turn : {0.0, 0.3, 0.785, 1.2, 1.5708, 2.5}) {
    INFO(turn);
    const Morphometry cell = morphometry_of(frame.view(), ellipse(50, 50, 30, 15, turn));
    CHECK(cell.elongation == Approx(2).epsilon(0.01));
    CHECK(cell.area_px == Approx(kPi * 30 * 15).epsilon(0.01));
    CHECK(cell.perimeter_px == Approx(145.33).epsilon(0.02));
    CHECK(cell.feret_diameter_px == Approx(60).margin(1));
    CHECK(cell.solidity == 1);
  }
}

TEST_CASE("squares, lines, one pixel and an L have the values that the definitions give", "[morphometry]") {
  const Image frame = flat(40, 40);
  const Morphometry square = morphometry_of(frame.view(), kSquare);
  CHECK(square.area_px == 100);
  // Twenty rows and columns are entered and left, 38 diagonals, and 112 lines of knight's moves.
  const double angle = std::atan(0.5);
  CHECK(square.perimeter_px == Approx((angle * 40 + (kPi / 4 - angle) / std::sqrt(2) * 76 + kPi / 8 / std::sqrt(5) * 224) / 2).epsilon(1e-12));
  CHECK(square.perimeter_px == Approx(40).epsilon(0.07));
  CHECK(square.feret_diameter_px == Approx(std::sqrt(181.0)).epsilon(1e-12));
  CHECK(square.elongation == 1);
  CHECK(square.solidity == 1);
  const Morphometry line = morphometry_of(frame.view(), std::vector<Point>{{3, 7}, {15, 7}, {15, 8}, {3, 8}});
  CHECK(line.area_px == 12);
  CHECK(line.feret_diameter_px == 12);
  CHECK(line.elongation == Approx(12).epsilon(1e-12));
  CHECK(line.solidity == 1);
  CHECK(std::isnan(line.granularity));
  CHECK(line.grey_mean == 100);
  const Morphometry one = morphometry_of(frame.view(), std::vector<Point>{{3, 7}, {4, 7}, {4, 8}, {3, 8}});
  CHECK(one.area_px == 1);
  CHECK(one.feret_diameter_px == 1);
  CHECK(one.elongation == 1);
  CHECK(one.solidity == 1);
  const Morphometry corner = morphometry_of(frame.view(), std::vector<Point>{{0, 0}, {10, 0}, {10, 3}, {3, 3}, {3, 10}, {0, 10}});
  CHECK(corner.area_px == 51);
  CHECK(corner.solidity == Approx(51 / 72.0).epsilon(1e-12));
}

TEST_CASE("grey is told in the frame's own samples, of three channels as luma", "[morphometry]") {
  const auto fill = [](SampleType type, int channels, auto sample_of) {
    Image image(40, 40, channels, type);
    for (int i = 0; i < 40 * 40 * channels; ++i) {
      const auto sample = sample_of(i / channels, i % channels);
      std::memcpy(image.data() + static_cast<std::size_t>(i) * sizeof sample, &sample, sizeof sample);
    }
    return image;
  };
  // Columns in turns: each differs from the mean around it by two thirds of their difference.
  const Image columns = fill(SampleType::kUint16, 1, [](int i, int) { return static_cast<std::uint16_t>(i % 2 == 0 ? 10'000 : 10'400); });
  const Morphometry cell = morphometry_of(columns.view(), kSquare);
  CHECK(cell.grey_mean == 10'200);
  CHECK(cell.grey_spread == 200);
  CHECK(cell.granularity == Approx(800.0 / 3 / 10'200).epsilon(1e-12));
  const Image colours = fill(SampleType::kUint8, 3, [](int, int channel) { return static_cast<std::uint8_t>(100 * channel); });
  CHECK(morphometry_of(colours.view(), kSquare).grey_mean == Approx(58.7 + 22.8).epsilon(1e-12));
  const Image floats = fill(SampleType::kFloat32, 1, [](int i, int) { return i % 40 == 15 ? std::numeric_limits<float>::quiet_NaN() : -0.5f; });
  const Morphometry below = morphometry_of(floats.view(), kSquare);
  CHECK(below.area_px == 100);
  CHECK(below.grey_mean == -0.5);
  CHECK(below.grey_spread == 0);
  CHECK(std::isnan(below.granularity));
  const Image none = fill(SampleType::kFloat32, 1, [](int, int) { return std::numeric_limits<float>::infinity(); });
  CHECK(std::isnan(morphometry_of(none.view(), kSquare).grey_mean));
  CHECK(morphometry_of(none.view(), kSquare).circularity > 0.85);
}

TEST_CASE("outlines that are none, cross themselves or leave the frame", "[morphometry]") {
  const Image frame = flat(40, 40);
  const ImageView view = frame.view();
  check_nothing(morphometry_of(view, {}));
  check_nothing(morphometry_of(view, std::vector<Point>{{5, 5}}));
  check_nothing(morphometry_of(view, std::vector<Point>{{5, 5}, {25, 30}}));
  check_nothing(morphometry_of(view, std::vector<Point>{{50, 50}, {60, 50}, {60, 60}}));
  check_nothing(morphometry_of(view, std::vector<Point>{{-9, 3}, {-1, 3}, {-1, 30}}));
  check_nothing(morphometry_of(view, std::vector<Point>{{5.6f, 5.6f}, {6.4f, 5.6f}, {6, 6.4f}}));
  const float far = std::numeric_limits<float>::max();
  CHECK(morphometry_of(view, std::vector<Point>{{-far, -far}, {far, -far}, {far, far}, {-far, far}}).area_px == 1600);
  CHECK(morphometry_of(view, std::vector<Point>{{-5, 10}, {5, 10}, {5, 20}, {-5, 20}}).area_px == 50);
  // Walked twice all is outside again; a bow tie is its two triangles.
  check_nothing(morphometry_of(view, std::vector<Point>{{10, 20}, {20, 20}, {20, 30}, {10, 30}, {10, 20}, {20, 20}, {20, 30}, {10, 30}}));
  CHECK(morphometry_of(view, std::vector<Point>{{10, 10}, {30, 30}, {30, 10}, {10, 30}}).area_px == Approx(200).margin(20));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    CHECK(error_of([&] { morphometry_of(view, std::vector<Point>{{1, 1}, {9, bad}, {9, 9}}); }).code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("measures of outlines equal numpy's and scipy's", "[morphometry]") {
  const FileBytes bytes = read_file(source_dir() / "tests/golden/morphometry/cases.json");
  const Json cases = Json::parse(bytes.begin(), bytes.end()).at("cases");
  REQUIRE(cases.size() >= 80);
  int empty = 0;
  for (const Json& item : cases) {
    INFO(item.dump().substr(0, 200));
    const DecodedImage decoded = decode(read_file(source_dir() / "tests/golden/prepare" / item.at("image").get<std::string>()));
    const auto places = item.at("outline").get<std::vector<float>>();
    std::vector<Point> outline;
    for (std::size_t i = 0; i < places.size(); i += 2) outline.push_back({places[i], places[i + 1]});
    const Morphometry cell = morphometry_of(decoded.image.view(), outline);
    const Json& expected = item.at("expected");
    if (expected.at("area_px") == 0) {
      check_nothing(cell);
      ++empty;
      continue;
    }
    const std::pair<const char*, double> measured[] = {
        {"area_px", cell.area_px}, {"equivalent_diameter_px", cell.equivalent_diameter_px}, {"perimeter_px", cell.perimeter_px}, {"feret_diameter_px", cell.feret_diameter_px},
        {"circularity", cell.circularity}, {"elongation", cell.elongation}, {"solidity", cell.solidity}, {"grey_mean", cell.grey_mean}, {"grey_spread", cell.grey_spread},
        {"granularity", cell.granularity}};
    for (const auto& [name, value] : measured) {
      INFO(name);
      if (expected.at(name).is_null()) CHECK(std::isnan(value));
      else CHECK(value == Approx(expected.at(name).get<double>()).epsilon(1e-9).margin(1e-9));
    }
  }
  CHECK(empty >= 10);
}
