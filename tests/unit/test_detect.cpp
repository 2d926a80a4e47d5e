#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "catch.h"
#include "core/detect/detect.h"
#include "core/detect/flatten.h"
#include "core/detect/morphology.h"
#include "core/detect/outline.h"
#include "core/detect/split.h"
#include "core/detect/threshold.h"
#include "core/error.h"
#include "support.h"

using namespace cytodrop;

namespace {

struct Disc {
  double x, y, radius;
};

/// A drawn frame: discs with a dark rim and a bright middle on a background that brightens by `slope` from left to right.
Image field(int width, int height, const std::vector<Disc>& discs, int slope = 4) {
  constexpr int noise = 2;
  Image image(width, height, 1, SampleType::kUint8);
  std::mt19937 random(5);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      int value = 90 + slope * x / width;
      for (const Disc& disc : discs) {
        const double r = std::sqrt((x + 0.5 - disc.x) * (x + 0.5 - disc.x) + (y + 0.5 - disc.y) * (y + 0.5 - disc.y));
        if (r < disc.radius) value = r < 0.5 * disc.radius ? 230 : 40;
      }
      value += static_cast<int>(random() % static_cast<unsigned>(2 * noise + 1)) - noise;
      image.data()[y * width + x] = static_cast<std::byte>(value);
    }
  }
  return image;
}

double overlap(const Box& box, const Disc& disc) {
  const double left = std::max<double>(box.left_px, disc.x - disc.radius), right = std::min<double>(box.left_px + box.width_px, disc.x + disc.radius);
  const double top = std::max<double>(box.top_px, disc.y - disc.radius), bottom = std::min<double>(box.top_px + box.height_px, disc.y + disc.radius);
  const double both = std::max(0.0, right - left) * std::max(0.0, bottom - top);
  return both / (box.width_px * box.height_px + 4 * disc.radius * disc.radius - both);
}

double area_of(const std::vector<Point>& outline) {
  double twice = 0;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const Point& a = outline[i];
    const Point& b = outline[(i + 1) % outline.size()];
    twice += double{a.x_px} * b.y_px - double{b.x_px} * a.y_px;
  }
  return twice / 2;  // above 0: clockwise on the screen, where y points down
}

bool same(const std::vector<DetectedCell>& a, const std::vector<DetectedCell>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const DetectedCell& one, const DetectedCell& other) {
    return one.box == other.box && one.score == other.score && one.area_px == other.area_px &&
           one.cut_by_border == other.cut_by_border &&
           std::equal(one.outline.begin(), one.outline.end(), other.outline.begin(), other.outline.end(),
                      [](const Point& p, const Point& q) { return p.x_px == q.x_px && p.y_px == q.y_px; });
  });
}

const std::vector<Disc> kDiscs{{40, 30, 10}, {150, 32, 12}, {80, 70, 8}, {220, 90, 14}, {30, 130, 10.5}, {130, 140, 18}};

}  // namespace

TEST_CASE("drawn cells are found where they were drawn, in reading order, with their outlines", "[detect]") {
  const Image frame = field(260, 180, kDiscs, 40);
  const std::vector<DetectedCell> cells = detect(frame.view(), {.least_diameter = 10, .most_diameter = 50});
  REQUIRE(cells.size() == kDiscs.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    INFO("cell " << i);
    CHECK(overlap(cells[i].box, kDiscs[i]) > 0.75);
    CHECK(cells[i].score > 0.5f);
    CHECK(cells[i].score <= 1.0f);
    CHECK_FALSE(cells[i].cut_by_border);
    CHECK(cells[i].area_px / (3.1416 * kDiscs[i].radius * kDiscs[i].radius) == Approx(1.2).margin(0.2));
    CHECK(area_of(cells[i].outline) / cells[i].area_px == Approx(1).margin(0.05));
    for (const Point& point : cells[i].outline) {
      const Box& box = cells[i].box;
      CHECK(point.x_px >= static_cast<float>(box.left_px));
      CHECK(point.x_px <= static_cast<float>(box.left_px + box.width_px));
      CHECK(point.y_px >= static_cast<float>(box.top_px));
      CHECK(point.y_px <= static_cast<float>(box.top_px + box.height_px));
    }
  }
}

TEST_CASE("lengths are µm where the pixel size is known", "[detect]") {
  const Image frame = field(260, 180, kDiscs);
  const std::vector<DetectedCell> in_px = detect(frame.view(), {.least_diameter = 20, .most_diameter = 32});
  CHECK(in_px.size() == 4);  // all but the smallest and the largest
  CHECK(same(in_px, detect(frame.view(), {.pixel_size_um = 0.5, .least_diameter = 10, .most_diameter = 16})));
}

TEST_CASE("touching cells are cut apart, or not where that is not wanted", "[detect]") {
  const std::vector<Disc> discs{{60, 60, 12}, {82, 60, 12}, {160, 40, 12}, {160, 63, 12}, {183, 63, 12}};
  const Image frame = field(240, 120, discs);
  const DetectSettings settings{.least_diameter = 12, .most_diameter = 80};
  const std::vector<DetectedCell> cells = detect(frame.view(), settings);
  REQUIRE(cells.size() == discs.size());
  for (const Disc& disc : discs) {
    const auto covers = [&](const DetectedCell& cell) { return overlap(cell.box, disc) > 0.6; };
    CHECK(std::count_if(cells.begin(), cells.end(), covers) == 1);
  }
  DetectSettings whole = settings;
  whole.split_touching = false;
  CHECK(detect(frame.view(), whole).size() == 2);
}

TEST_CASE("large frames of large cells are looked at in a smaller copy, with boxes in px of the frame", "[detect]") {
  const std::vector<Disc> discs{{100, 100, 60}, {321, 150, 50}};
  const std::vector<DetectedCell> cells = detect(field(403, 257, discs).view(), {.least_diameter = 50, .most_diameter = 200});
  REQUIRE(cells.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(overlap(cells[i].box, discs[i]) > 0.8);
}

TEST_CASE("the same picture in 8 bits, 16 bits, float and RGB gives the same cells", "[detect]") {
  const Image grey = field(260, 180, kDiscs);
  Image deep(260, 180, 1, SampleType::kUint16), real(260, 180, 1, SampleType::kFloat32), colour(260, 180, 3, SampleType::kUint8);
  for (std::size_t i = 0; i < 260 * 180; ++i) {
    const auto value = static_cast<std::uint8_t>(grey.data()[i]);
    reinterpret_cast<std::uint16_t*>(deep.data())[i] = static_cast<std::uint16_t>(value * 200 + 9'000);
    reinterpret_cast<float*>(real.data())[i] = static_cast<float>(value) / 255.0f;
    std::memset(colour.data() + 3 * i, value, 3);
  }
  for (const DetectMethod method : {DetectMethod::kRound, DetectMethod::kAdherent}) {
    const DetectSettings settings{.least_diameter = 10, .most_diameter = 50, .method = method};
    const std::vector<DetectedCell> cells = detect(grey.view(), settings);
    REQUIRE(cells.size() >= 4);
    CHECK(same(cells, detect(deep.view(), settings)));
    CHECK(same(cells, detect(real.view(), settings)));
    CHECK(same(cells, detect(colour.view(), settings)));
  }
}

TEST_CASE("cells cut by the border are marked, and left out on request", "[detect]") {
  const Image frame = field(200, 120, {{60, 60, 10}, {3, 90, 12}, {150, 118, 12}});
  DetectSettings settings{.least_diameter = 10, .most_diameter = 50};
  const std::vector<DetectedCell> cells = detect(frame.view(), settings);
  REQUIRE(cells.size() == 3);
  CHECK(std::count_if(cells.begin(), cells.end(), [](const DetectedCell& cell) { return cell.cut_by_border; }) == 2);
  settings.keep_cut_by_border = false;
  CHECK(detect(frame.view(), settings).size() == 1);
}

TEST_CASE("a faint cell is found with more sensitivity only", "[detect]") {
  Image frame = field(200, 120, {{50, 60, 10}});
  for (int y = 50; y < 70; ++y) {
    for (int x = 140; x < 160; ++x) frame.data()[y * 200 + x] = static_cast<std::byte>(static_cast<int>(frame.data()[y * 200 + x]) + 7);
  }
  DetectSettings settings{.least_diameter = 10, .most_diameter = 50, .sensitivity = 0.2};
  CHECK(detect(frame.view(), settings).size() == 1);
  settings.sensitivity = 0.9;
  CHECK(detect(frame.view(), settings).size() == 2);
}

TEST_CASE("the lines of a counting chamber are no cells", "[detect]") {
  Image frame = field(260, 180, kDiscs);
  for (int x = 0; x < 260; ++x) {
    for (const int y : {108, 109, 110}) frame.data()[y * 260 + x] = std::byte{20};
  }
  for (int y = 0; y < 180; ++y) frame.data()[y * 260 + 185] = frame.data()[y * 260 + 186] = std::byte{20};
  CHECK(detect(frame.view(), {.least_diameter = 10, .most_diameter = 50}).size() == kDiscs.size());
}

TEST_CASE("frames with nothing to find give no cells and no trouble", "[detect]") {
  const DetectSettings settings{};
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {300, 1}, {2, 2}, {17, 9}, {400, 300}}) {
    for (const SampleType type : {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
      const Image black(width, height, 1, type);
      CHECK(detect(black.view(), settings).empty());
    }
  }
  const Image noise = test::noise_image(300, 200, 1, SampleType::kUint8);
  CHECK(detect(noise.view(), {.least_diameter = 20}).empty());
}

TEST_CASE("values that are no number, and single wild ones, do not hide the cells", "[detect]") {
  const Image grey = field(260, 180, kDiscs);
  Image real(260, 180, 1, SampleType::kFloat32);
  float* values = reinterpret_cast<float*>(real.data());
  for (std::size_t i = 0; i < 260 * 180; ++i) values[i] = static_cast<float>(grey.data()[i]);
  values[5] = std::numeric_limits<float>::quiet_NaN();
  values[777] = std::numeric_limits<float>::infinity();
  values[20'000] = 3e38f;
  values[20'500] = -3e38f;
  const std::vector<DetectedCell> cells = detect(real.view(), {.least_diameter = 10, .most_diameter = 50});
  REQUIRE(cells.size() == kDiscs.size());
  for (std::size_t i = 0; i < cells.size(); ++i) CHECK(overlap(cells[i].box, kDiscs[i]) > 0.75);

  std::fill(values, values + 260 * 180, std::numeric_limits<float>::quiet_NaN());
  CHECK(detect(real.view(), {}).empty());
}

TEST_CASE("settings that cannot be are refused with what was expected", "[detect]") {
  const Image frame(20, 20, 1, SampleType::kUint8), two(20, 20, 2, SampleType::kUint8);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const DetectSettings& settings : {DetectSettings{.pixel_size_um = -1}, DetectSettings{.pixel_size_um = nan}, DetectSettings{.least_diameter = 0},
                                         DetectSettings{.least_diameter = nan}, DetectSettings{.least_diameter = 70},
                                         DetectSettings{.most_diameter = 1e9}, DetectSettings{.sensitivity = 1.5}, DetectSettings{.sensitivity = nan}}) {
    CHECK(test::error_of([&] { detect(frame.view(), settings); }).code() == ErrorCode::kInvalidArgument);
  }
  CHECK(test::error_of([&] { detect(two.view(), {}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(test::error_of([&] { detect(ImageView{}, {}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(test::error_of([&] { detect(frame.view(), {.method = DetectMethod::kNetwork}); }).code() == ErrorCode::kInvalidArgument);
  // At the ends of what is allowed.
  CHECK(detect(frame.view(), {.pixel_size_um = 1e6, .least_diameter = 1e-9}).empty());
  CHECK(detect(frame.view(), {.pixel_size_um = 1e-9, .least_diameter = 1e6, .most_diameter = 1e6}).empty());
}

TEST_CASE("squared distances equal those of all pairs", "[detect]") {
  std::mt19937 random(11);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {9, 1}, {13, 7}, {40, 31}}) {
    for (const unsigned one_in : {2u, 7u, 60u}) {
      Mask mask(width, height);
      for (std::uint8_t& value : mask.values) value = random() % one_in != 0;
      mask.values[random() % mask.values.size()] = 0;
      const Plane<std::int32_t> distance = squared_distance(mask);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          int nearest = std::numeric_limits<int>::max();
          for (int v = 0; v < height; ++v) {
            for (int u = 0; u < width; ++u) {
              if (mask.row(v)[u] == 0) nearest = std::min(nearest, (x - u) * (x - u) + (y - v) * (y - v));
            }
          }
          REQUIRE(distance.row(y)[x] == nearest);
        }
      }
    }
  }
}

TEST_CASE("closing fills gaps, opening takes slivers, holes are filled up to a size, and runs are taken out", "[detect]") {
  Mask mask(40, 20);
  const auto fill = [&](int left, int top, int right, int bottom, std::uint8_t value) {
    for (int y = top; y < bottom; ++y) std::fill(mask.row(y) + left, mask.row(y) + right, value);
  };
  const auto count = [](const Mask& m) { return std::count(m.values.begin(), m.values.end(), 1); };
  fill(5, 5, 15, 15, 1);
  fill(9, 9, 11, 11, 0);
  fill(20, 5, 30, 15, 1);
  Mask holes = mask;
  fill_holes(holes, 3);
  CHECK(count(holes) == count(mask));
  fill_holes(holes, 4);
  CHECK(count(holes) == 200);
  Mask closed = holes;
  close(closed, 3);  // the gap between the squares is 5 px wide
  CHECK(closed.row(10)[17] == 1);
  Mask opened = holes;
  opened.row(10)[17] = 1;
  open(opened, 2);
  CHECK(opened.row(10)[17] == 0);
  CHECK(opened.row(10)[10] == 1);
  fill(0, 18, 40, 19, 1);
  remove_lines(mask, 11);
  CHECK(mask.row(18)[20] == 0);
  CHECK(mask.row(10)[6] == 1);
}

TEST_CASE("local contrast and its quantile equal the plain sums", "[detect]") {
  Plane<std::uint16_t> grey(23, 11);
  std::mt19937 random(2);
  for (std::uint16_t& value : grey.values) value = static_cast<std::uint16_t>(random() % 32'769);
  const Background background(grey, 1'000);
  std::vector<float> empty(23);
  for (const int window : {1, 3, 5, 13}) {
    const Plane<std::uint16_t> contrast = local_contrast(grey, background, window);
    for (int y = 0; y < 11; ++y) {
      for (int x = 0; x < 23; ++x) {
        double sum = 0;
        int pixels = 0;
        for (int v = std::max(0, y - window / 2); v <= std::min(10, y + window / 2); ++v) {
          background.row(v, empty);
          for (int u = std::max(0, x - window / 2); u <= std::min(22, x + window / 2); ++u, ++pixels) {
            const double difference = grey.row(v)[u] - std::floor(double{empty[static_cast<std::size_t>(u)]} + 0.5);
            sum += difference * difference;
          }
        }
        REQUIRE(contrast.row(y)[x] == static_cast<int>(std::sqrt(sum / pixels) + 0.5));
      }
    }
  }
  std::vector<std::uint16_t> sorted = grey.values;
  std::sort(sorted.begin(), sorted.end());
  CHECK(quantile(grey, 0.5) == sorted[126]);
  CHECK(quantile(grey, 1) == sorted.back());
}

TEST_CASE("a watershed keeps two peaks apart by their rise and size", "[detect]") {
  Plane<std::uint16_t> height(9, 1);
  height.values = {10, 40, 100, 60, 50, 70, 80, 30, 10};
  const Mask mask(9, 1, 1);
  const Regions two = split(mask, height, 0.3, 1);  // 80 − 50 is more than 0.3 · 80
  REQUIRE(two.count == 2);
  CHECK(std::count(two.labels.values.begin(), two.labels.values.end(), 1) == 5);
  CHECK(split(mask, height, 0.4, 1).count == 1);
  CHECK(split(mask, height, 0.3, 3).count == 1);  // the lower one has two pixels where they meet
}

TEST_CASE("an outline goes once around its region", "[detect]") {
  Plane<std::int32_t> labels(6, 5);
  for (int y = 1; y < 4; ++y) std::fill(labels.row(y) + 1, labels.row(y) + 5, 7);
  labels.row(1)[3] = labels.row(4)[5] = 0;  // a notch from above, down to one pixel
  labels.row(4)[5] = 7;                     // touches by a corner only: not of the outline
  const std::vector<Point> outline = outline_of(labels, 7, 1, 1);
  CHECK(area_of(outline) > 9);
  CHECK(area_of(outline) < 11);
  CHECK(std::all_of(outline.begin(), outline.end(), [](const Point& p) { return p.x_px <= 5 && p.y_px <= 4; }));
  Plane<std::int32_t> single(3, 3);
  single.row(1)[1] = 1;
  const std::vector<Point> diamond = outline_of(single, 1, 1, 1);
  REQUIRE(diamond.size() == 4);
  CHECK(area_of(diamond) == Approx(0.5));
}

TEST_CASE("a frame of 4,000 × 3,000 px with 2,000 cells is found whole", "[detect]") {
  std::vector<Disc> discs;
  for (int row = 0; row < 40; ++row) {
    for (int column = 0; column < 50; ++column) discs.push_back({column * 80 + 40.0 + row % 3, row * 75 + 37.0, 12});
  }
  // Drawn disc by disc: every pixel against every disc would take minutes.
  Image frame(4'000, 3'000, 1, SampleType::kUint8);
  std::mt19937 random(9);
  for (std::size_t i = 0; i < 12'000'000; ++i) frame.data()[i] = static_cast<std::byte>(100 + random() % 5);
  for (const Disc& disc : discs) {
    for (int y = -12; y <= 12; ++y) {
      for (int x = -12; x <= 12; ++x) {
        if (x * x + y * y < 144) frame.data()[(static_cast<int>(disc.y) + y) * 4'000 + static_cast<int>(disc.x) + x] = std::byte{180};
      }
    }
  }
  CHECK(detect(frame.view(), {.least_diameter = 12, .most_diameter = 60}).size() == discs.size());
}
