#include <cmath>

#include "catch.h"
#include "core/prepare/prepare.h"
#include "core/prepare/stained_cell.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

constexpr std::array<int, 3> kGround{250, 230, 200}, kRedCell{210, 150, 130}, kNucleus{110, 60, 130};

/// A dark disc among paler ones on a bright ground, each channel times a factor.
Image smear(int width, int height, double x, double y, double radius, std::array<double, 3> light = {1, 1, 1}) {
  Image image(width, height, 3, SampleType::kUint8);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const bool is_red = std::hypot(column - width * 0.1, row - height * 0.9) < radius || std::hypot(column - width * 0.9, row - height * 0.1) < radius;
      const auto& colour = std::hypot(column + 0.5 - x, row + 0.5 - y) < radius ? kNucleus : is_red ? kRedCell : kGround;
      for (std::size_t c = 0; c < 3; ++c) {
        image.data()[3 * (static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)) + c] =
            static_cast<std::byte>(std::lround(colour[c] * light[c]));
      }
    }
  }
  return image;
}

}  // namespace

TEST_CASE("a stained nucleus is found off the middle, at any size of the image, among red cells") {
  for (const double scale : {0.5, 1.0, 3.0}) {
    const auto px = [scale](int at) { return static_cast<int>(at * scale); };
    const StainedCell cell = find_stained_cell(smear(px(200), px(160), 120 * scale, 70 * scale, 30 * scale).view());
    CHECK(cell.x_px == Approx(120 * scale).margin(scale));
    CHECK(cell.y_px == Approx(70 * scale).margin(scale));
    CHECK(cell.radius_px == Approx(30 * scale).epsilon(0.05));
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(cell.background[c] == Approx(kGround[c]).margin(1));
      CHECK(cell.nucleus[c] == Approx(kNucleus[c]).margin(3));
    }
  }
}

TEST_CASE("what the network sees of a stained cell does not depend on lamp, size and place") {
  PrepareRules rules{.width_px = 32, .height_px = 32, .range = RangeRule::kStainedCell, .crop = CropRule::kStainedCell, .crop_radii = 1.75, .usual_nucleus = {90, 45, 120}};
  const std::vector<float> plain = prepare(smear(200, 160, 100, 80, 30).view(), rules);
  const auto most_off = [&](const Image& image) {
    const std::vector<float> other = prepare(image.view(), rules);
    float most = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) most = std::max(most, std::abs(other[i] - plain[i]) * (i % 32 > 11 && i % 32 < 20 && i / 32 % 32 > 11 && i / 32 % 32 < 20 ? 1.0f : 0.0f));
    return most;
  };
  CHECK(most_off(smear(200, 160, 100, 80, 30, {0.8, 0.9, 0.7})) < 3);
  CHECK(most_off(smear(400, 320, 200, 160, 60)) < 3);
  CHECK(most_off(smear(200, 160, 130, 60, 30)) < 3);
  // In the middle is the nucleus in its usual colours.
  for (std::size_t c = 0; c < 3; ++c) CHECK(plain[c * 1024 + 16 * 32 + 16] == Approx(rules.usual_nucleus[c]).margin(3));
}

TEST_CASE("a cell at the border is cut out with the background's colour around, and its square may reach outside") {
  const Image image = smear(100, 100, 12, 50, 12);
  const PrepareRules rules{.width_px = 32, .height_px = 32, .crop = CropRule::kStainedCell, .crop_radii = 2};
  const Box box = crop_box(rules, image.view());
  CHECK(box.left_px < 0);
  CHECK(box.width_px == box.height_px);
  const std::vector<float> planes = prepare(image.view(), rules);
  for (std::size_t c = 0; c < 3; ++c) CHECK(planes[c * 1024 + 16 * 32] == Approx(kGround[c]).margin(1));
  Box drawn;
  const ScreenPicture picture = draw_crop(image.view(), rules, 32, drawn);
  CHECK(drawn == box);
  CHECK(static_cast<int>(picture.rgba[4 * 16 * 32]) == Approx(kGround[0]).margin(1));
}

TEST_CASE("images without a cell give a square all the same") {
  for (const Image& image : {Image(1, 1, 3, SampleType::kUint8), Image(300, 2, 1, SampleType::kUint16), Image(64, 64, 3, SampleType::kFloat32)}) {
    const StainedCell cell = find_stained_cell(image.view());
    CHECK(cell.radius_px > 0);
    CHECK(stained_square(cell, 1.75).width_px >= 8);
  }
}
