#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/prepare/cells.h"
#include "core/prepare/cut.h"
#include "core/spec/spec.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

PrepareRules rules() {
  return {.width_px = 16, .height_px = 16, .channels = InputChannels::kGrey, .crop = CropRule::kCentreSquare, .crop_side_px = 20,
          .resize = ResizeRule::kBilinearAntialiased, .mean = {0, 0, 0}, .std = {1, 1, 1}};
}

Image floats(int width_px, const std::vector<float>& samples) {
  Image image(width_px, static_cast<int>(samples.size()) / width_px, 1, SampleType::kFloat32);
  std::memcpy(image.data(), samples.data(), samples.size() * sizeof(float));
  return image;
}

}  // namespace

TEST_CASE("cells of frames equal what training cut and torch prepared, at every scale") {
  const auto folder = source_dir() / "tests/golden/prepare";
  const FileBytes text = read_file(folder / "frame_cases.json");
  const Json cases = Json::parse(text.begin(), text.end()).at("cases");
  REQUIRE(cases.size() >= 5);
  int scaled = 0;
  for (const Json& item : cases) {
    INFO(item.at("name"));
    Json spec = {{"schema_version", 1}, {"name", "golden"}, {"classes", {{{"id", "a"}}, {{"id", "b"}}}},
                 {"network", {{"features", {{"channels", 1}}}}},
                 {"head", {{"layers", {{{"name", "d"}, {"inputs", 1}, {"outputs", 2}, {"activation", "none"}}}}, {"output", "softmax"}}},
                 {"judge", {{"temperature", 1}, {"abstain_below", 0}}}};
    for (const char* key : {"input", "crop", "resize", "normalisation", "frame"}) spec[key] = item.at(key);
    const ModelSpec model = parse_spec(spec.dump());
    REQUIRE(model.frame);
    std::vector<FrameCell> boxes;
    for (const Json& box : item.at("boxes")) boxes.push_back({{box[0], box[1], box[2], box[3]}, {}});
    for (std::size_t i = 0; item.contains("outlines") && i < boxes.size(); ++i) {
      for (const Json& point : item.at("outlines").at(i)) boxes[i].outline.push_back({point[0], point[1]});
    }
    REQUIRE_FALSE(boxes.empty());
    const double scale = cell_scale(*model.frame, item.at("pixel_size_um").is_null() ? 0 : item.at("pixel_size_um").get<double>());
    scaled += scale != 1;

    const DecodedImage decoded = decode(read_file(folder / item.at("image").get<std::string>()));
    const std::vector<float> got = prepare_cells(decoded.image.view(), {}, boxes, model.prepare, *model.frame, scale);
    const std::vector<float> expected = read_floats(folder / item.at("tensors").get<std::string>());
    REQUIRE(got.size() == expected.size());
    const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
    float worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(got[i] - expected[i]));
    CHECK(worst <= 1e-5f * std::max(1.0f, *high - *low));
  }
  CHECK(scaled >= 2);
}

TEST_CASE("a cell prepared from its frame equals, to the last bit, its crop prepared by itself") {
  const Image frame = noise_image(90, 70, 3, SampleType::kUint8);
  const FrameRule frame_rule{.side_px = 31};
  const FrameCell boxes[] = {{{30, 20, 11, 10}, {}}, {{0, 60, 5, 10}, {}}, {{89, 0, 1, 1}, {}}};
  const std::vector<float> together = prepare_cells(frame.view(), {}, boxes, rules(), frame_rule, 1);
  REQUIRE(together.size() == 3 * 256);
  for (std::size_t i = 0; i < 3; ++i) {
    const Box& box = boxes[i].box;
    const Image crop = cut(frame.view(), {box.left_px + box.width_px / 2 - 15, box.top_px + box.height_px / 2 - 15, 31, 31});
    const std::vector<float> alone = prepare(crop.view(), rules());
    CHECK(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(i * 256)));
  }
}

TEST_CASE("a cell cut out along its outline has black around; one without an outline is refused") {
  Image frame(20, 20, 1, SampleType::kUint8);
  std::fill_n(frame.data(), 400, std::byte{200});
  PrepareRules whole = rules();
  whole.crop = CropRule::kNone;
  whole.width_px = whole.height_px = 20;
  whole.mean = {0, 0, 0};
  whole.std = {1, 1, 1};
  const FrameRule frame_rule{.side_px = 20, .cut_out = true};
  const std::vector<FrameCell> cells{{{8, 8, 4, 4}, {{7, 7}, {13, 7}, {13, 13}, {7, 13}}}};
  const std::vector<float> tensor = prepare_cells(frame.view(), {}, cells, whole, frame_rule, 1);
  for (int i = 0; i < 400; ++i) CHECK(tensor[static_cast<std::size_t>(i)] == (i % 20 >= 7 && i % 20 < 13 && i / 20 >= 7 && i / 20 < 13 ? 200.0f : 0.0f));
  const std::vector<FrameCell> bare{{{8, 8, 4, 4}, {}}};
  CHECK(error_of([&] { prepare_cells(frame.view(), {}, bare, whole, frame_rule, 1); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("what lies outside repeats the border, however far") {
  Image image(3, 2, 1, SampleType::kUint8);
  for (int i = 0; i < 6; ++i) image.data()[i] = static_cast<std::byte>(10 + i);
  const Image part = cut(image.view(), {-1, -2, 5, 6});
  const int expected[] = {10, 10, 11, 12, 12, 10, 10, 11, 12, 12, 10, 10, 11, 12, 12, 13, 13, 14, 15, 15, 13, 13, 14, 15, 15, 13, 13, 14, 15, 15};
  for (std::size_t i = 0; i < 30; ++i) CHECK(std::to_integer<int>(part.data()[i]) == expected[i]);
  constexpr int kFar = std::numeric_limits<int>::max();
  CHECK(std::to_integer<int>(cut(image.view(), {kFar, kFar, 1, 1}).data()[0]) == 15);
  CHECK(error_of([&] { cut(image.view(), {0, 0, 0, 1}); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("the scale is that of the pixel sizes, and 1 where one is not known") {
  const FrameRule known{.side_px = 96, .pixel_size_um = 1.25}, unknown{.side_px = 48};
  CHECK(cell_scale(known, 0.5) == 2.5);
  CHECK(cell_scale(known, 0) == 1);
  CHECK(cell_scale(unknown, 0.5) == 1);
  CHECK(cell_square({100, 50, 21, 20}, rules(), known, 1) == Box{100, 50, 20, 20});
  CHECK(cell_square({100, 50, 21, 20}, rules(), known, 2.5) == Box{85, 35, 50, 50});
  PrepareRules whole = rules();
  whole.crop = CropRule::kNone;
  CHECK(cell_square({100, 50, 21, 20}, whole, {.side_px = 49}, 1) == Box{86, 36, 49, 49});
  for (const double wrong : {-1.0, std::nan(""), 0.001, 1e9}) CHECK(error_of([&] { cell_scale(known, wrong); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a box that leaves its frame is refused") {
  const Image frame = noise_image(20, 20, 1, SampleType::kUint8);
  for (const Box& box : {Box{-1, 0, 5, 5}, Box{16, 0, 5, 5}, Box{0, 0, 0, 5}, Box{0, 2147483647, 1, 1}}) {
    CHECK(error_of([&] { prepare_cells(frame.view(), {}, std::vector<FrameCell>{{box, {}}}, rules(), {.side_px = 10}, 1); }).code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("a frame is drawn between two samples, beyond its border too") {
  const Image image = floats(4, {-2, 1, 3, 9});
  const ScreenPicture picture = draw_region(image.view(), {0, 0, 4, 1}, 10, SampleRange{255, 5 * 255});
  const int expected[] = {0, 0, 128, 255};
  REQUIRE(picture.rgba.size() == 16);
  for (std::size_t i = 0; i < 4; ++i) CHECK(picture.rgba[4 * i] == expected[i]);
  const ScreenPicture outside = draw_region(image.view(), {-2, -1, 3, 2}, 10, SampleRange{-2 * 255, 9 * 255});
  CHECK(outside.width_px == 3);
  CHECK(outside.height_px == 2);
  CHECK(outside.rgba[0] == 0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const SampleRange& wrong : {SampleRange{1, 1}, SampleRange{2, 1}, SampleRange{0, nan}}) {
    CHECK(error_of([&] { draw_region(image.view(), {0, 0, 4, 1}, 10, wrong); }).code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("cells of a dim frame are prepared in the range of the whole frame where the spec says so") {
  Image frame(40, 40, 1, SampleType::kUint16);
  auto* samples = reinterpret_cast<std::uint16_t*>(frame.data());
  for (int i = 0; i < 1600; ++i) samples[i] = static_cast<std::uint16_t>(100 + i);
  PrepareRules stretched = rules();
  stretched.range = RangeRule::kFramePercentiles;
  const std::vector<FrameCell> cells{{{10, 10, 8, 8}, {}}};
  const std::vector<float> tensor = prepare_cells(frame.view(), display_range(frame.view()), cells, stretched, {.side_px = 10}, 1);
  const Box square = cell_square(cells[0].box, stretched, {.side_px = 10}, 1);
  PrepareRules whole = stretched;
  whole.crop = CropRule::kNone;
  CHECK(tensor == prepare(frame.view().crop(square), whole, display_range(frame.view())));
  CHECK(tensor != prepare(frame.view().crop(square), whole));
}
