// The network that finds cells: from a frame to its maps, and from maps to cells.

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/detect/detector.h"
#include "core/detect/marked_cells.h"
#include "core/detect/morphology.h"
#include "core/detect/outline.h"
#include "onnx_writer.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kHaloPx = 16;

Json spec_json() {
  return {{"name", "test"}, {"version", "1"}, {"network", {{"input", "x"}, {"output", "y"}, {"halo_px", kHaloPx}}}, {"cell_diameter_px", 20},
          {"normalisation", {{"rule", "median_spread"}, {"gain", 4}, {"most", 8}}}, {"threshold", 0.5}, {"overlap", 0.4}, {"outline", "inside"}};
}

DetectorSpec test_spec() { return parse_detector_spec(spec_json().dump()); }

/// A network of random weights; a block of its maps sees 11 px beyond its own 4.
FileBytes small_network() {
  std::mt19937 random(3);
  const auto values = [&](std::size_t count, float scale) {
    std::vector<float> all(count);
    for (float& value : all) value = scale * (static_cast<float>(random() % 2'001) / 1'000 - 1);
    return all;
  };
  const GraphWriter::Integers one{1, 1, 1, 1}, two{2, 2, 2, 2};
  return GraphWriter()
      .constant("w0", {8, 1, 3, 3}, values(72, 0.7f)).constant("b0", {8}, values(8, 0.5f))
      .constant("w1", {12, 8, 3, 3}, values(864, 0.3f)).constant("b1", {12}, values(12, 0.5f))
      .constant("w2", {12, 12, 3, 3}, values(1'296, 0.2f)).constant("b2", {12}, values(12, 0.5f))
      .constant("w3", {9, 12, 1, 1}, values(108, 0.5f)).constant("b3", {9}, values(9, 0.5f))
      .node("Conv", {"x", "w0", "b0"}, "a", {{"strides", {2, 2}}, {"pads", one}}).node("Relu", {"a"}, "b")
      .node("Conv", {"b", "w1", "b1"}, "c", {{"strides", {2, 2}}, {"pads", one}}).node("Relu", {"c"}, "d")
      .node("Conv", {"d", "w2", "b2"}, "e", {{"dilations", {2, 2}}, {"pads", two}}).node("Relu", {"e"}, "f").node("Add", {"d", "f"}, "g")
      .node("Conv", {"g", "w3", "b3"}, "y")
      .file({1, 1, -1, -1});
}

/// A network whose maps are nine of the sixteen pixels of each block; it says so of squares of so many blocks across.
FileBytes pixels_network(int blocks = 1) {
  const auto across = static_cast<std::size_t>(blocks), side = 4 * across, outputs = 9 * across * across;
  std::vector<float> weights(outputs * side * side);
  for (std::size_t i = 0; i < outputs; ++i) {
    const std::size_t map = i / (across * across), y = 4 * (i / across % across) + map / 4, x = 4 * (i % across) + map % 4;
    weights[(i * side + y) * side + x] = 1;
  }
  const auto sides = static_cast<std::int64_t>(side);
  return GraphWriter().constant("w", {static_cast<std::int64_t>(outputs), 1, sides, sides}, weights).node("Conv", {"x", "w"}, "y", {{"strides", {sides, sides}}}).file({1, 1, -1, -1});
}

bool same(const Plane<float>& a, const Plane<float>& b) {
  return a.width_px == b.width_px && a.height_px == b.height_px && std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0;
}

bool same(const CellMaps& a, const CellMaps& b) {
  return a.width_px == b.width_px && a.height_px == b.height_px && same(a.centre, b.centre) && same(a.inside, b.inside) &&
         std::equal(a.reach.begin(), a.reach.end(), b.reach.begin(), [](const auto& one, const auto& other) { return same(one, other); });
}

/// Maps of a frame at the network's own scale in which nothing is marked.
CellMaps empty_maps(int width_px, int height_px) {
  CellMaps maps{.frame_width_px = width_px, .frame_height_px = height_px, .width_px = width_px, .height_px = height_px};
  maps.centre = Plane<float>((width_px + 3) / 4, (height_px + 3) / 4, -5);
  maps.reach.fill(Plane<float>(maps.centre.width_px, maps.centre.height_px));
  maps.inside = Plane<float>(2 * maps.centre.width_px, 2 * maps.centre.height_px, -5);
  return maps;
}

/// Marks a cell around the middle of a block; its inside is a disc of another radius.
void mark(CellMaps& maps, int column, int row, double radius_px, float logit, double inside_px) {
  maps.centre.row(row)[column] = logit;
  for (Plane<float>& side : maps.reach) side.row(row)[column] = static_cast<float>(radius_px / test_spec().cell_diameter_px);
  for (int y = 0; y < maps.inside.height_px; ++y) {
    for (int x = 0; x < maps.inside.width_px; ++x) {
      if (std::hypot(2 * x + 1 - 4 * column - 2, 2 * y + 1 - 4 * row - 2) <= inside_px) maps.inside.row(y)[x] = 1;
    }
  }
}

const DetectSettings kSettings{.least_diameter = 10, .most_diameter = 40, .method = DetectMethod::kNetwork};

std::vector<DetectedCell> cells_of(const CellMaps& maps, const DetectSettings& settings = kSettings) { return marked_cells(maps, test_spec(), settings); }

Json read_json(const fs::path& path) {
  const FileBytes bytes = read_file(path);
  return Json::parse(bytes.begin(), bytes.end());
}

}  // namespace

TEST_CASE("what the network reads of a frame, and the boxes in what it says, equal Python's", "[detector]") {
  const fs::path folder = source_dir() / "tests/golden/detect";
  const Json golden = read_json(folder / "cells.json");
  Json stated = spec_json();
  for (const char* key : {"cell_diameter_px", "normalisation", "threshold", "overlap"}) stated[key] = golden.at(key);
  const DetectorSpec spec = parse_detector_spec(stated.dump());
  const DetectSettings settings{.least_diameter = golden.at("least_px"), .most_diameter = golden.at("most_px"), .method = DetectMethod::kNetwork};
  const DecodedImage frame = decode(read_file(folder / "frame.png"));

  CellMaps maps = Detector(spec, pixels_network()).look(frame.image.view(), settings);
  REQUIRE(maps.width_px == golden.at("scaled")[0]);
  REQUIRE(maps.height_px == golden.at("scaled")[1]);
  const std::vector<float> input = read_floats(folder / "input.f32"), said = read_floats(folder / "maps.f32");
  const auto width = static_cast<std::size_t>(maps.centre.width_px), height = static_cast<std::size_t>(maps.centre.height_px);
  REQUIRE(input.size() == 16 * width * height);
  REQUIRE(said.size() == 9 * width * height);
  const auto input_at = [&](std::size_t y, std::size_t x) { return input[y * 4 * width + x]; };
  std::size_t at = 0;
  double worst = 0;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x, ++at) {
      const auto off = [&](float got, float expected) { worst = std::max(worst, std::abs(double{got} - expected)); };
      off(maps.centre.values[at], input_at(4 * y, 4 * x));
      off(maps.reach[2].values[at], std::max(0.0f, input_at(4 * y, 4 * x + 3)));
      off(maps.inside.row(static_cast<int>(2 * y))[2 * x], input_at(4 * y + 1, 4 * x + 1));
      off(maps.inside.row(static_cast<int>(2 * y + 1))[2 * x + 1], input_at(4 * y + 2, 4 * x));
    }
  }
  CHECK(worst < 2e-4);  // grey levels are rounded to 1 in 32,768 of the frame's range

  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const auto map = [&](std::size_t number) { return said[(number * height + y) * width + x]; };
      maps.centre.row(static_cast<int>(y))[x] = map(0);
      for (std::size_t side = 0; side < 4; ++side) {
        maps.reach[side].row(static_cast<int>(y))[x] = std::max(0.0f, map(1 + side));
        maps.inside.row(static_cast<int>(2 * y + side / 2))[2 * x + side % 2] = map(5 + side);
      }
    }
  }
  const std::vector<DetectedCell> cells = marked_cells(maps, spec, settings);
  REQUIRE(golden.at("cells").size() >= 4);
  REQUIRE(cells.size() == golden.at("cells").size());
  for (const Json& expected : golden.at("cells")) {
    INFO(expected.dump());
    const Box box{expected["box"][0], expected["box"][1], expected["box"][2], expected["box"][3]};
    const auto found = std::find_if(cells.begin(), cells.end(), [&](const DetectedCell& cell) { return cell.box == box; });
    REQUIRE(found != cells.end());
    CHECK(found->score == Approx(expected["score"].get<float>()).margin(1e-6));
  }
}

TEST_CASE("maps do not depend on the tiles that they are made in, not by a bit", "[detector]") {
  Detector detector(test_spec(), small_network());
  const Image frame = noise_image(103, 77, 1, SampleType::kUint8);
  for (const double typical : {13.0, 20.0, 31.0}) {
    DetectSettings settings = kSettings;
    settings.least_diameter = settings.most_diameter = typical;
    const CellMaps whole = detector.look(frame.view(), settings, 10'000);
    CHECK(whole.width_px == static_cast<int>(103 * 20 / typical + 0.5));
    for (const int tile : {4, 36, 100}) {
      INFO(typical << " px, tiles of " << tile);
      CHECK(same(whole, detector.look(frame.view(), settings, tile)));
    }
  }
  // A halo that is too small would show.
  DetectorSpec narrow = test_spec();
  narrow.halo_px = 4;
  CHECK_FALSE(same(detector.look(frame.view(), kSettings, 10'000), Detector(narrow, small_network()).look(frame.view(), kSettings, 36)));
}

TEST_CASE("maps put together from what several say of their parts are those of one, bit for bit", "[detector]") {
  const Image frame = noise_image(103, 150, 3, SampleType::kUint8);
  for (const int blocks : {1, 4}) {
    Detector detector(test_spec(), blocks == 1 ? small_network() : pixels_network(blocks));
    const CellMaps whole = detector.look(frame.view(), kSettings);
    for (const int parts : {1, 2, 3, 7, 64}) {
      INFO(blocks << " blocks, " << parts << " parts");
      std::vector<std::vector<float>> said;
      for (int part = 0; part < parts; ++part) said.push_back(detector.look_at_part(frame.view(), kSettings, part, parts, 40));
      CHECK(same(whole, detector.joined(frame.view(), kSettings, said)));
      said.back().push_back(0);
      CHECK_THROWS_AS(detector.joined(frame.view(), kSettings, said), Error);
      said.front().clear();
      CHECK_THROWS_AS(detector.joined(frame.view(), kSettings, said), Error);
    }
    CHECK_THROWS_AS(detector.look_at_part(frame.view(), kSettings, 2, 2), Error);
    CHECK_THROWS_AS(detector.look_at_part(frame.view(), kSettings, -1, 2), Error);
  }
}

TEST_CASE("a network that says of squares of several blocks at once what another says of each gives the same maps", "[detector]") {
  const Image frame = noise_image(96, 64, 1, SampleType::kUint8);
  DetectSettings settings = kSettings;
  settings.least_diameter = settings.most_diameter = 20;
  const CellMaps expected = Detector(test_spec(), pixels_network()).look(frame.view(), settings);
  for (const int blocks : {2, 4}) {
    Detector detector(test_spec(), pixels_network(blocks));
    for (const int tile : {16, 40, 1'000}) {
      INFO(blocks << " blocks, tiles of " << tile);
      CHECK(same(expected, detector.look(frame.view(), settings, tile)));
    }
  }
  // What lies beyond the frame's edge is searched to the end of the last square, and is nothing.
  const CellMaps padded = Detector(test_spec(), pixels_network(4)).look(noise_image(90, 61, 1, SampleType::kUint8).view(), settings);
  CHECK(padded.centre.width_px == 24);
  CHECK(padded.centre.height_px == 16);
  CHECK(padded.centre.row(15)[23] == 0);
}

TEST_CASE("maps and cells have the same bits in every build", "[detector]") {
  // FNV-1a, 64 bits.
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](const auto* values, std::size_t count) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values);
    for (std::size_t i = 0; i < count * sizeof *values; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  };
  const Image frame = noise_image(150, 110, 3, SampleType::kUint8);
  const CellMaps maps = Detector(test_spec(), small_network()).look(frame.view(), kSettings);
  for (const Plane<float>* plane : {&maps.centre, &maps.reach[0], &maps.reach[1], &maps.reach[2], &maps.reach[3], &maps.inside}) add(plane->values.data(), plane->values.size());
  const std::vector<DetectedCell> cells = cells_of(maps);
  CHECK(cells.size() > 3);
  for (const DetectedCell& cell : cells) {
    add(&cell.box, 1);
    add(&cell.score, 1);
    add(&cell.area_px, 1);
    add(cell.outline.data(), cell.outline.size());
  }
  CHECK(hash == 0x2ee67b9bff1c22f8);
}

TEST_CASE("the shipped detectors' halos are as wide as what their networks see", "[detector]") {
  for (const char* name : {"round", "adherent"}) {
    const fs::path folder = source_dir() / "models" / name;
    const FileBytes spec = read_file(folder / "spec.json");
    Detector detector(parse_detector_spec(std::string(spec.begin(), spec.end())), read_file(folder / "network.onnx"));
    const Image frame = noise_image(300, 20, 1, SampleType::kUint8);
    const DetectSettings settings{.least_diameter = 20, .most_diameter = 30, .method = DetectMethod::kNetwork};
    CHECK(same(detector.look(frame.view(), settings, 10'000), detector.look(frame.view(), settings, 100)));
  }
}

TEST_CASE("maps are the same for every type of samples, gain and offset", "[detector]") {
  Detector detector(test_spec(), small_network());
  const Image grey = noise_image(90, 70, 1, SampleType::kUint8);
  Image deep(90, 70, 1, SampleType::kUint16), real(90, 70, 1, SampleType::kFloat32), colour(90, 70, 3, SampleType::kUint8);
  for (std::size_t i = 0; i < 90 * 70; ++i) {
    const auto value = static_cast<std::uint8_t>(grey.data()[i]);
    reinterpret_cast<std::uint16_t*>(deep.data())[i] = static_cast<std::uint16_t>(value * 100 + 7'000);
    reinterpret_cast<float*>(real.data())[i] = static_cast<float>(value) * 4 - 90;
    std::memset(colour.data() + 3 * i, value, 3);
  }
  const CellMaps maps = detector.look(grey.view(), kSettings);
  for (const Image* other : {&deep, &real, &colour}) CHECK(same(maps, detector.look(other->view(), kSettings)));
}

TEST_CASE("maps are asked for anew where size or contrast would be others only", "[detector]") {
  Detector detector(test_spec(), small_network());
  const Image frame = noise_image(300, 200, 1, SampleType::kUint8);
  const CellMaps maps = detector.look(frame.view(), kSettings);
  DetectSettings other = kSettings;
  other.sensitivity = 0.9;
  other.keep_cut_by_border = false;
  CHECK(detector.fits(maps, other));
  other.pixel_size_um = 2;
  CHECK_FALSE(detector.fits(maps, other));
  other.least_diameter = 2 * kSettings.least_diameter;
  other.most_diameter = 2 * kSettings.most_diameter;
  CHECK(detector.fits(maps, other));
  // As large at the network's scale, but one pixel fewer at either end is left out of the contrast.
  other = kSettings;
  other.most_diameter = 39.96;
  CHECK(detector.look(frame.view(), other).width_px == maps.width_px);
  CHECK_FALSE(detector.fits(maps, other));
}

TEST_CASE("hostile frames give maps without trouble", "[detector]") {
  Detector detector(test_spec(), small_network());
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {300, 1}, {5, 3}, {70, 50}}) {
    for (const SampleType type : {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
      const Image black(width, height, 1, type);
      const CellMaps maps = detector.look(black.view(), kSettings);
      CHECK(maps.centre.width_px == (maps.width_px + 7) / 8 * 2);
      for (const DetectedCell& cell : cells_of(maps)) CHECK(black.view().crop(cell.box).data != nullptr);
    }
  }
  Image wild(60, 40, 1, SampleType::kFloat32);
  float* values = reinterpret_cast<float*>(wild.data());
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
  const float some[] = {1, kNaN, kInfinity, -kInfinity, 3e38f, -3e38f, 0, 5};
  for (std::size_t i = 0; i < 60 * 40; ++i) values[i] = some[i * 7 % 8];
  for (const float value : detector.look(wild.view(), kSettings).centre.values) REQUIRE(std::isfinite(value));
  std::fill(values, values + 60 * 40, kNaN);
  detector.look(wild.view(), kSettings);
  // Diameters at the ends of what is allowed: the frame is neither enlarged without end nor shrunk to nothing.
  CHECK(detector.look(wild.view(), {.pixel_size_um = 1e6, .least_diameter = 1e-9}).width_px == 8 * 60);
  CHECK(detector.look(wild.view(), {.pixel_size_um = 1e-9, .least_diameter = 1e6, .most_diameter = 1e6}).width_px == 4);
  CHECK(error_of([&] { detector.look(wild.view(), {.least_diameter = 0}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { detector.look(Image(5, 5, 2, SampleType::kUint8).view(), {}); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("networks and specs that do not fit are refused with what was expected", "[detector]") {
  const auto refused = [](const FileBytes& onnx) { return error_of([&] { Detector(test_spec(), onnx); }); };
  const auto conv = [](std::int64_t outputs, std::int64_t channels, const GraphWriter::Integers& shape, std::int64_t stride = 4) {
    return GraphWriter().constant("w", {outputs, channels, 4, 4}, std::vector<float>(static_cast<std::size_t>(16 * outputs * channels)))
        .node("Conv", {"x", "w"}, "y", {{"strides", {stride, stride}}}).file(shape);
  };
  Detector(test_spec(), conv(12, 1, {-1, 1, -1, -1}));  // more maps than needed are well
  for (const FileBytes& file : {conv(8, 1, {1, 1, -1, -1}), conv(9, 3, {1, 3, -1, -1}), conv(9, 1, {1, 1, -1, -1}, 2), conv(9, 1, {1, 1, 32, 32}), conv(9, 1, {2, 1, -1, -1}),
                               GraphWriter().constant("w", {9, 1, 4, 4}, std::vector<float>(144)).node("Conv", {"x", "w"}, "a").node("GlobalAveragePool", {"a"}, "y").file({1, 1, -1, -1}),
                               GraphWriter().node("Relu", {"x"}, "z").file({1, 1, -1, -1}), FileBytes{1, 2, 3}, FileBytes{}}) {
    CHECK(refused(file).code() == ErrorCode::kInvalidModel);
  }
  CHECK(std::string(refused(conv(8, 1, {1, 1, -1, -1})).what()).find("9 values") != std::string::npos);
  CHECK(refused(GraphWriter().node("Softplus", {"x"}, "y").file({1, 1, -1, -1})).code() == ErrorCode::kUnsupportedOperator);

  for (const auto& [pointer, value] : std::vector<std::pair<std::string, Json>>{
           {"/threshold", 2}, {"/threshold", "high"}, {"/overlap", -1}, {"/outline", "box"}, {"/cell_diameter_px", 0}, {"/cell_diameter_px", 1e9}, {"/normalisation/gain", 0},
           {"/normalisation/rule", "mean_std"}, {"/normalisation", 3}, {"/network/halo_px", -4}, {"/network/halo_px", 1.5}, {"/network/input", ""}, {"/network", nullptr}}) {
    Json spec = spec_json();
    spec[Json::json_pointer(pointer)] = value;
    INFO(pointer);
    CHECK(error_of([&] { parse_detector_spec(spec.dump()); }).code() == ErrorCode::kInvalidModel);
  }
  for (const char* text : {"", "[]", "{", "{}"}) CHECK(error_of([&] { parse_detector_spec(text); }).code() == ErrorCode::kInvalidModel);
}

TEST_CASE("a marked cell has the box that was measured and the outline of its inside", "[detector]") {
  CellMaps maps = empty_maps(120, 80);
  mark(maps, 8, 9, 11, 2, 9);
  for (const double factor : {1.0, 2.0}) {
    maps.frame_width_px = static_cast<int>(120 * factor);
    maps.frame_height_px = static_cast<int>(80 * factor);
    DetectSettings settings = kSettings;
    settings.pixel_size_um = 1 / factor;
    const std::vector<DetectedCell> cells = cells_of(maps, settings);
    REQUIRE(cells.size() == 1);
    const auto px = [&](double at) { return static_cast<int>(at * factor + 0.5); };
    CHECK(cells[0].box == Box{px(34 - 11), px(38 - 11), px(34 + 11) - px(34 - 11), px(38 + 11) - px(38 - 11)});
    CHECK(cells[0].score == Approx(1 / (1 + std::exp(-2.0))));
    CHECK_FALSE(cells[0].cut_by_border);
    CHECK(cells[0].area_px == Approx(3.1416 * 81 * factor * factor).epsilon(0.06));
    double reach = 0;
    for (const Point& point : cells[0].outline) reach = std::max(reach, std::hypot(point.x_px - 34 * factor, point.y_px - 38 * factor));
    CHECK(reach == Approx(9 * factor).margin(2 * factor));
  }
}

TEST_CASE("an inside too small to be believed gives way to the box's ellipse; of several parts the largest stays, without its holes", "[detector]") {
  CellMaps maps = empty_maps(120, 80);
  mark(maps, 8, 9, 11, 2, 3);
  const double ellipse = 3.1416 * 121;
  CHECK(cells_of(maps).at(0).area_px == Approx(ellipse).epsilon(0.1));
  mark(maps, 8, 9, 11, 2, 8);
  const double whole = cells_of(maps).at(0).area_px;
  maps.inside.row(19)[17] = -1;
  CHECK(cells_of(maps).at(0).area_px == whole);
  maps.inside.row(14)[12] = 1;  // a crumb in a corner of the box
  CHECK(cells_of(maps).at(0).area_px == whole);

  Mask mask(7, 3);
  mask.values = {1, 1, 0, 0, 0, 1, 1,
                 0, 1, 0, 0, 0, 0, 1,
                 0, 0, 0, 1, 0, 0, 0};
  keep_largest_part(mask);
  CHECK(mask.values == std::vector<std::uint8_t>{1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("cut corners lie on the edges", "[detector]") {
  const std::vector<Point> rounder = cut_corners({{0, 0}, {8, 0}, {8, 4}});
  const std::vector<std::pair<float, float>> expected{{2, 0}, {6, 0}, {8, 1}, {8, 3}, {6, 3}, {2, 1}};
  REQUIRE(rounder.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(rounder[i].x_px == expected[i].first);
    CHECK(rounder[i].y_px == expected[i].second);
  }
}

TEST_CASE("the outline is the ellipse in the box where the spec says so", "[detector]") {
  CellMaps maps = empty_maps(120, 80);
  mark(maps, 8, 9, 11, 2, 9);
  Json stated = spec_json();
  stated["outline"] = "ellipse";
  const DetectedCell cell = marked_cells(maps, parse_detector_spec(stated.dump()), kSettings).at(0);
  REQUIRE(cell.outline.size() == 32);
  CHECK(cell.outline[0].x_px == 34);
  CHECK(cell.outline[0].y_px == 38 - 11);
  double twice_area = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const Point &a = cell.outline[i], &b = cell.outline[(i + 1) % 32];
    CHECK(std::hypot(a.x_px - 34, a.y_px - 38) == Approx(11));
    twice_area += double{a.x_px} * double{b.y_px} - double{b.x_px} * double{a.y_px};  // positive: clockwise on the screen
  }
  CHECK(cell.area_px == Approx(twice_area / 2));
  CHECK(cell.area_px == Approx(3.1416 * 121).epsilon(0.01));
}

TEST_CASE("jags of one pixel go, and what a neighbour has stays its own", "[detector]") {
  Mask mask(7, 6);
  mask.values = {0, 0, 0, 0, 0, 0, 0,
                 0, 1, 0, 1, 0, 1, 0,
                 1, 1, 1, 1, 1, 1, 1,
                 1, 1, 1, 0, 1, 1, 1,
                 1, 1, 1, 1, 1, 1, 1,
                 0, 0, 0, 0, 0, 0, 0};
  smooth_edge(mask);
  CHECK(mask.values == std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0,  //
                                                 0, 0, 0, 0, 0, 0, 0,  //
                                                 1, 1, 1, 1, 1, 1, 1,  //
                                                 1, 1, 1, 1, 1, 1, 1,  //
                                                 1, 1, 1, 1, 1, 1, 1,  //
                                                 0, 0, 0, 0, 0, 0, 0});

  CellMaps maps = empty_maps(120, 80);
  mark(maps, 8, 9, 12, 2, 10);
  const std::vector<Point> smooth = cells_of(maps).at(0).outline;
  for (int x = 13; x < 21; x += 2) maps.inside.row(13)[x] = 1;  // teeth on the upper edge
  CHECK(cells_of(maps).at(0).outline.size() == smooth.size());
}

TEST_CASE("cells that touch share what is inside by the depth in their boxes", "[detector]") {
  CellMaps maps = empty_maps(120, 80);
  mark(maps, 8, 9, 12, 2, 10);
  mark(maps, 13, 9, 12, 1, 10);  // 20 px to the right
  const std::vector<DetectedCell> cells = cells_of(maps);
  REQUIRE(cells.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(cells[i].area_px == Approx(3.1416 * 100).epsilon(0.1));
    for (const Point& point : cells[i].outline) CHECK((point.x_px <= 44) == (i == 0 || point.x_px == 44));
  }
}

TEST_CASE("of boxes that are one cell the highest score stays, of equal neighbours the first", "[detector]") {
  CellMaps maps = empty_maps(120, 80);
  mark(maps, 8, 9, 11, 1, 9);
  mark(maps, 10, 9, 11, 2, 9);  // no neighbour, but 14 of 30 px are shared
  std::vector<DetectedCell> cells = cells_of(maps);
  REQUIRE(cells.size() == 1);
  CHECK(cells[0].box.left_px == 42 - 11);
  DetectorSpec lenient = test_spec();
  lenient.overlap = 0.5;
  CHECK(marked_cells(maps, lenient, kSettings).size() == 2);

  maps = empty_maps(120, 80);
  for (const int row : {9, 10}) {
    for (const int column : {8, 9}) mark(maps, column, row, 11, 2, 9);
  }
  lenient.overlap = 1;
  cells = marked_cells(maps, lenient, kSettings);
  REQUIRE(cells.size() == 1);
  CHECK(cells[0].box == Box{34 - 11, 38 - 11, 22, 22});
}

TEST_CASE("sensitivity moves the threshold, sizes and the border have their rules", "[detector]") {
  CellMaps maps = empty_maps(120, 80);
  mark(maps, 5, 9, 11, 1.5f, 9);
  mark(maps, 14, 9, 11, 0.01f, 9);
  mark(maps, 23, 9, 11, -1.5f, 9);
  const auto count = [&](const DetectSettings& settings) { return cells_of(maps, settings).size(); };
  DetectSettings settings = kSettings;
  for (const auto& [sensitivity, expected] : {std::pair{0.0, 0u}, {0.2, 1u}, {0.5, 2u}, {0.8, 2u}, {0.9, 3u}, {1.0, 3u}}) {
    settings.sensitivity = sensitivity;
    INFO(sensitivity);
    CHECK(count(settings) == expected);
  }
  // A box of 22 px is as large as 40 % of slack lets it be.
  const auto with = [&](double least, double most) { return count({.least_diameter = least, .most_diameter = most}); };
  CHECK(with(36.6, 50) == 2);
  CHECK(with(36.7, 50) == 0);
  CHECK(with(1, 15.72) == 2);
  CHECK(with(1, 15.71) == 0);

  mark(maps, 0, 15, 9, 3, 9);
  std::vector<DetectedCell> cells = cells_of(maps);
  REQUIRE(cells.size() == 3);
  CHECK(cells[2].cut_by_border);
  CHECK(cells[2].box == Box{0, 62 - 9, 11, 18});
  settings = kSettings;
  settings.keep_cut_by_border = false;
  CHECK(count(settings) == 2);
}

TEST_CASE("maps full of nonsense give cells inside the frame or none", "[detector]") {
  std::mt19937 random(8);
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  const float some[] = {kNaN, kInfinity, -kInfinity, 0, 1e30f, -1e30f, 0.3f, 2, -1, 0.7f};
  CellMaps maps = empty_maps(67, 45);
  std::size_t found = 0;
  for (int round = 0; round < 50; ++round) {
    for (float& value : maps.centre.values) value = some[random() % 10];
    for (Plane<float>& side : maps.reach) {
      for (float& value : side.values) value = static_cast<float>(random() % 17);
    }
    for (float& value : maps.inside.values) value = some[random() % 10];
    for (const DetectedCell& cell : cells_of(maps, {.least_diameter = 0.1, .most_diameter = 1e6})) {
      ++found;
      REQUIRE(cell.box.left_px >= 0);
      REQUIRE(cell.box.top_px >= 0);
      REQUIRE(cell.box.width_px >= 1);
      REQUIRE(cell.box.height_px >= 1);
      REQUIRE(cell.box.left_px + cell.box.width_px <= 67);
      REQUIRE(cell.box.top_px + cell.box.height_px <= 45);
      REQUIRE(cell.score >= 0.5f);
      REQUIRE(cell.outline.size() >= 4);
      REQUIRE(cell.area_px > 0);
    }
  }
  CHECK(found > 50);
}
