// Features of one cell: its measurements, and those of the networks of models/cell-encoder.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/encode/encoder.h"
#include "core/measure/measurements.h"
#include "core/prepare/prepare.h"
#include "core/prepare/resize.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

Json json_of(const std::filesystem::path& path) {
  const FileBytes bytes = read_file(path);
  return Json::parse(bytes.begin(), bytes.end());
}

std::filesystem::path golden() { return source_dir() / "tests/golden/encoder"; }
std::filesystem::path folder() { return source_dir() / "models/cell-encoder"; }

DecodedImage picture(const Json& item) { return decode(read_file(source_dir() / "tests/golden/prepare" / item.at("image").get<std::string>())); }

EncoderSpec shipped_spec() { return parse_encoder_spec(json_of(folder() / "spec.json").dump()); }

std::vector<FileBytes> shipped_files() {
  const Json spec = json_of(folder() / "spec.json");
  std::vector<FileBytes> files;
  for (const Json& network : spec.at("networks")) files.push_back(read_file(folder() / network.at("file").get<std::string>()));
  return files;
}

std::vector<float> picture_of(const ImageView& image) { return prepare(image, shipped_spec().prepare); }

Encoder& shipped() {
  static Encoder encoder(shipped_spec(), shipped_files());
  return encoder;
}

/// What the shipped encoder measures.
std::vector<float> measure(const ImageView& image) {
  const std::vector<float> features = shipped().features(picture_of(image), 1);
  return {features.end() - static_cast<std::ptrdiff_t>(kMeasurementCount), features.end()};
}

/// What is measured of a picture that has the size for it.
Measurements measure_as_it_is(const ImageView& image) { return measure_cell(resize(image, Lanes::kRgb, ResizeRule::kBilinearAntialiased, kMeasuredSidePx, kMeasuredSidePx)); }

std::size_t place_of(const std::string& name) {
  const auto names = json_of(golden() / "measured.json").at("names").get<std::vector<std::string>>();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

/// 64×64 px, RGB, each pixel by a rule.
template <typename Rule>
Image draw(Rule rule) {
  Image image(64, 64, 3, SampleType::kUint8);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      for (int c = 0; c < 3; ++c) image.data()[(y * 64 + x) * 3 + c] = static_cast<std::byte>(rule(x, y, c));
    }
  }
  return image;
}

/// A red disc of radius 16 left of the middle of a blue field.
int disc(int x, int y, int c) { return std::hypot(x - 25.5, y - 31.5) < 16 ? (c == 0 ? 200 : 30) : (c == 2 ? 220 : 90); }

/// The maps' means are those of the features over the turns that the spec says.
void check_means(Encoder& encoder, std::span<const float> picture_now) {
  const auto plane = static_cast<std::size_t>(encoder.spec().grid * encoder.spec().grid), count = static_cast<std::size_t>(encoder.feature_count()), turns = static_cast<std::size_t>(encoder.spec().turns);
  const std::vector<float> maps = encoder.maps(picture_now), rows = encoder.features(picture_now, encoder.spec().turns);
  REQUIRE(maps.size() == count * plane);
  for (std::size_t i = 0; i < count; ++i) {
    double mean = 0, expected = 0;
    for (std::size_t p = 0; p < plane; ++p) mean += static_cast<double>(maps[i * plane + p]) / static_cast<double>(plane);
    for (std::size_t t = 0; t < turns; ++t) expected += static_cast<double>(rows[t * count + i]) / static_cast<double>(turns);
    INFO(i);
    CHECK(mean == Approx(expected).epsilon(1e-4).margin(1e-5));
  }
}

}  // namespace

TEST_CASE("measurements equal Python's to 1e-5") {
  const Json file = json_of(golden() / "measured.json");
  REQUIRE(file.at("names").size() == kMeasurementCount);
  REQUIRE(file.at("pictures").size() >= 8);
  for (const Json& item : file.at("pictures")) {
    const DecodedImage decoded = picture(item);
    const ImageView image = decoded.image.view();
    INFO(item.at("image"));
    const std::vector<float> found = measure(image);
    for (std::size_t i = 0; i < found.size(); ++i) {
      INFO(file.at("names").at(i));
      CHECK(found[i] == Approx(item.at("measurements").at(i).get<double>()).epsilon(1e-5).margin(1e-5));
    }
  }
}

TEST_CASE("measurements worked out by hand: a disc left of the middle") {
  const Measurements found = measure_as_it_is(draw(disc).view());
  const double area = 812, body = 0.299 * 200 + 0.587 * 30 + 0.114 * 30, field = 0.299 * 90 + 0.587 * 90 + 0.114 * 220;
  CHECK(found[place_of("luma_50")] == Approx(field).epsilon(1e-5));
  CHECK(found[place_of("body_bright")] == 0);
  CHECK(found[place_of("body_parted")] == Approx(1).epsilon(1e-3));
  CHECK(found[place_of("body_area")] == Approx(std::sqrt(area / 4096)).epsilon(0.01));
  CHECK(found[place_of("body_luma")] == Approx(body - field).epsilon(1e-4));
  CHECK(found[place_of("body_red")] == Approx(200 - body - (90 - field)).epsilon(1e-4));
  CHECK(found[place_of("body_offset")] == Approx(6.0 / 64).epsilon(1e-6));
  CHECK(found[place_of("body_roundness")] == Approx(1).epsilon(0.01));
  CHECK(found[place_of("body_thickness")] == Approx(std::sqrt(2 * std::acos(-1.0))).epsilon(0.01));
  CHECK(found[place_of("body_border")] == 0);
  // Around a disc the border steps along the square around it.
  CHECK(found[place_of("body_compactness")] == Approx(std::sqrt(area) / 128).epsilon(0.02));
  CHECK(found[place_of("ring_9_luma")] == Approx(field).epsilon(1e-5));
  CHECK(found[place_of("pattern_1_9")] < 0.02);
}

TEST_CASE("measurements do not change when the picture is turned or mirrored") {
  const Measurements upright = measure_as_it_is(draw(disc).view());
  const Measurements turned = measure_as_it_is(draw([](int x, int y, int c) { return disc(63 - y, x, c); }).view());
  const Measurements mirrored = measure_as_it_is(draw([](int x, int y, int c) { return disc(63 - x, y, c); }).view());
  for (std::size_t i = 0; i < upright.size(); ++i) {
    INFO(i);
    CHECK(turned[i] == Approx(upright[i]).epsilon(1e-6).margin(1e-6));
    CHECK(mirrored[i] == Approx(upright[i]).epsilon(1e-6).margin(1e-6));
  }
}

TEST_CASE("of a grey picture the lamp's level is taken off, and of one with more than 8 bits its contrast too") {
  const auto grey = [](int gain, int offset) { return [=](int x, int y) { return offset + gain * (std::hypot(x - 30, y - 31) < 12 ? 20 : (x * 7 + y * 3) % 5); }; };
  const auto shallow = [&](int gain, int offset) { return measure(draw([&](int x, int y, int) { return grey(gain, offset)(x, y); }).view()); };
  const auto deep = [&](int gain, int offset) {
    Image image(64, 64, 1, SampleType::kUint16);
    for (int i = 0; i < 64 * 64; ++i) {
      const auto value = static_cast<std::uint16_t>(grey(gain, offset)(i % 64, i / 64));
      std::memcpy(image.data() + 2 * i, &value, sizeof value);
    }
    return measure(image.view());
  };
  const auto is_same = [](const std::vector<float>& one, const std::vector<float>& other) {
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (std::abs(other[i] - one[i]) > 1e-3f * std::max(1.0f, std::abs(one[i]))) return false;
    }
    return true;
  };
  CHECK(is_same(shallow(2, 40), shallow(2, 120)));
  CHECK_FALSE(is_same(shallow(2, 40), shallow(4, 40)));
  CHECK(is_same(deep(2, 700), deep(2, 1200)));
  CHECK(is_same(deep(2, 700), deep(6, 700)));
}

TEST_CASE("every picture has finite measurements, and they fit in any size and type") {
  for (const SampleType type : {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
    for (const int channels : {1, 3}) {
      for (const auto& [width, height] : {std::pair{1, 1}, {1, 90}, {300, 2}, {65, 63}}) {
        const Image blank(width, height, channels, type);
        for (const float value : measure(blank.view())) CHECK(std::isfinite(value));
        if (type == SampleType::kFloat32) continue;
        const Image noise = noise_image(width, height, channels, type);
        for (const float value : measure(noise.view())) CHECK(std::isfinite(value));
      }
    }
  }
  CHECK(error_of([] { measure_cell(std::vector<float>(64)); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("features of models/cell-encoder equal Python's") {
  Encoder& encoder = shipped();
  const Json file = json_of(golden() / "cases.json");
  for (const Json& item : file.at("cases")) {
    INFO(item.dump());
    const DecodedImage decoded = picture(item);
    const std::vector<float> expected = read_floats(golden() / item.at("features").get<std::string>());
    const auto turns = item.at("turns").get<std::size_t>(), count = static_cast<std::size_t>(encoder.feature_count());
    const std::vector<float> picture_now = picture_of(decoded.image.view());
    std::vector<float> found = encoder.features(picture_now, kEncoderTurns);
    CHECK(found == encoder.features(picture_now, kEncoderTurns));
    const std::vector<float> quarters = encoder.features(picture_now, kQuarterTurns);
    CHECK(std::equal(quarters.begin(), quarters.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kQuarterTurns * count)));
    const std::vector<float> upright = encoder.features(picture_now, 1);
    CHECK(std::equal(upright.begin(), upright.end(), found.begin()));
    REQUIRE(upright.size() == count);
    found.resize(turns * count);
    REQUIRE(found.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(found[i] - expected[i])) / std::max(1.0, std::abs(static_cast<double>(expected[i]))));
    CHECK(worst <= 5e-4);
  }
}

TEST_CASE("a model that was taught on eight turns goes on looking at eight") {
  EncoderSpec spec = shipped_spec();
  CHECK(spec.turns == kQuarterTurns);
  spec.turns = kEncoderTurns;
  Encoder eight(spec, shipped_files());
  const std::vector<float> picture_now = picture_of(draw(disc).view());
  check_means(eight, picture_now);
  CHECK(eight.maps(picture_now) != shipped().maps(picture_now));
}

TEST_CASE("maps are those of all turns, turned back: their means are the features' means, and they turn with the picture") {
  const auto plane = static_cast<std::size_t>(shipped_spec().grid * shipped_spec().grid), count = static_cast<std::size_t>(shipped().feature_count());
  const std::vector<float> picture_now = picture_of(draw(disc).view());
  const std::vector<float> maps = shipped().maps(picture_now);
  check_means(shipped(), picture_now);
  const std::vector<float> turned_maps = shipped().maps(picture_of(draw([](int x, int y, int c) { return disc(63 - y, x, c); }).view()));
  const int grid = shipped_spec().grid;
  double worst = 0, spread = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (int y = 0; y < grid; ++y) {
      for (int x = 0; x < grid; ++x) {
        const auto at = [&](int row, int column) { return i * plane + static_cast<std::size_t>(row * grid + column); };
        // Where (x, y) now lies (grid − 1 − y, x) was.
        worst = std::max(worst, std::abs(static_cast<double>(turned_maps[at(y, x)] - maps[at(x, grid - 1 - y)])) / std::max(1.0, std::abs(static_cast<double>(maps[at(x, grid - 1 - y)]))));
        spread = std::max(spread, std::abs(static_cast<double>(maps[at(y, x)] - maps[at(0, 0)])));
      }
    }
  }
  CHECK(worst < 1e-3);
  CHECK(spread > 0.1);
  CHECK(error_of([] { shipped().maps(std::vector<float>(12)); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("an encoder whose spec or files are wrong says what is") {
  const Json spec = json_of(folder() / "spec.json");
  const auto changed = [&](const char* pointer, const Json& value) {
    Json other = spec;
    other[Json::json_pointer(pointer)] = value;
    return std::string(error_of([&] { parse_encoder_spec(other.dump()); }).what());
  };
  CHECK(changed("/input/width_px", 96).find("input.width_px") != std::string::npos);
  CHECK(changed("/grid", 1).find("grid") != std::string::npos);
  CHECK(changed("/networks/1/normalisation/std", {1, 0, 1}).find("normalisation.std") != std::string::npos);
  CHECK(changed("/normalisation/deeper/gain", "much").find("normalisation.deeper.gain") != std::string::npos);
  CHECK(changed("/measurements/names", {"one"}).find("measurements.names") != std::string::npos);
  for (const int turns : {1, 5, 16}) CHECK(changed("/turns", turns).find("turns") != std::string::npos);
  CHECK(error_of([] { Encoder(shipped_spec(), {}); }).code() == ErrorCode::kInvalidModel);
  EncoderSpec too_many = shipped_spec();
  ++too_many.networks[0].features;
  CHECK(error_of([&] { Encoder(too_many, shipped_files()); }).code() == ErrorCode::kInvalidModel);
}
