#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "catch.h"
#include "core/explain/deletion.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

TEST_CASE("the map's order is hottest first, the first of equals first") {
  const float map[] = {0, 3, -1, 3, 5, 0};
  CHECK(deletion_order({map, 2, 3}, kMapOrder) == std::vector<int>{4, 1, 3, 0, 5, 2});
}

TEST_CASE("the middle comes first where nothing but the place counts") {
  const float map[16] = {};
  const std::vector<int> order = deletion_order({map, 4, 4}, kMiddleOrder);
  CHECK(std::vector<int>(order.begin(), order.begin() + 4) == std::vector<int>{5, 6, 9, 10});
  CHECK(std::vector<int>(order.end() - 4, order.end()) == std::vector<int>{0, 3, 12, 15});
  // An oblong map is measured as a share of each side.
  CHECK(deletion_order({map, 1, 5}, kMiddleOrder) == std::vector<int>{2, 1, 3, 0, 4});
}

TEST_CASE("random orders hold every region once, differ, and are the same for ever") {
  const float map[16] = {};
  std::set<std::vector<int>> orders;
  for (int order = kFirstRandomOrder; order < kDeletionOrders; ++order) {
    std::vector<int> regions = deletion_order({map, 4, 4}, order);
    orders.insert(regions);
    std::sort(regions.begin(), regions.end());
    std::vector<int> all(16);
    std::iota(all.begin(), all.end(), 0);
    CHECK(regions == all);
  }
  CHECK(orders.size() == kRandomOrders);
  // As scripts/cytotrain/explain.py, the twin, gives it.
  CHECK(deletion_order({map, 3, 3}, kFirstRandomOrder) == std::vector<int>{5, 1, 7, 3, 8, 6, 0, 2, 4});
  CHECK(deletion_order({map, 4, 4}, kDeletionOrders - 1) == std::vector<int>{11, 8, 3, 15, 5, 10, 0, 4, 9, 1, 6, 13, 14, 7, 2, 12});
}

TEST_CASE("deletion goes region by region and puts the background there") {
  // Two channels of 4 × 4, a map of 2 × 2; the corner squares have a side of one pixel.
  std::vector<float> values(32);
  std::iota(values.begin(), values.end(), 1.0f);
  const float map[] = {1, 4, 2, 3};
  const std::vector<float> all = deleted({values.data(), 2, 4, 4}, {map, 2, 2}, kMapOrder);
  REQUIRE(all.size() == 4 * values.size());
  // Of the corners 1, 4, 13, 16 the lower middle is 4; of the second channel 20. Top right goes first.
  CHECK(std::vector<float>(all.begin(), all.begin() + 16) == std::vector<float>{1, 2, 4, 4, 5, 6, 4, 4, 9, 10, 11, 12, 13, 14, 15, 16});
  CHECK(std::vector<float>(all.begin() + 16, all.begin() + 32) == std::vector<float>{17, 18, 20, 20, 21, 22, 20, 20, 25, 26, 27, 28, 29, 30, 31, 32});
  // Then bottom right, bottom left, and in the end all.
  CHECK(std::vector<float>(all.begin() + 32, all.begin() + 48) == std::vector<float>{1, 2, 4, 4, 5, 6, 4, 4, 9, 10, 4, 4, 13, 14, 4, 4});
  CHECK(std::vector<float>(all.begin() + 64, all.begin() + 80) == std::vector<float>{1, 2, 4, 4, 5, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4});
  CHECK(std::vector<float>(all.begin() + 96, all.begin() + 112) == std::vector<float>(16, 4));
}

TEST_CASE("regions that do not divide the input cover it all the same, and many regions go in sixteen steps") {
  std::vector<float> values(7 * 9);
  std::iota(values.begin(), values.end(), 0.0f);
  std::vector<float> map(5 * 7);
  std::iota(map.begin(), map.end(), 0.0f);
  const MapView view{map.data(), 5, 7};
  CHECK(deletion_steps(view) == 16);
  const std::vector<float> all = deleted({values.data(), 1, 7, 9}, view, kMapOrder);
  REQUIRE(all.size() == 16 * values.size());
  std::size_t before = 0;
  for (std::size_t step = 0; step < 16; ++step) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(step * values.size());
    const auto same = static_cast<std::size_t>(std::count(first, first + 63, *(all.end() - 1)));
    CHECK(same > before);
    before = same;
  }
  CHECK(before == 63);
}

TEST_CASE("curves and their areas, worked out by hand") {
  // Four regions, four steps. The map's deletion is at once complete, from the middle it takes two steps, at random four.
  std::vector<double> probabilities{0, 0, 0, 0, /**/ 1, 0, 0, 0};
  for (int order = 0; order < kRandomOrders; ++order) probabilities.insert(probabilities.end(), {1, 1, 1, 0});
  const Deletion result = deletion(1, probabilities, 4);
  CHECK(result.shares == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(result.by_map == std::vector<double>{1, 0, 0, 0, 0});
  CHECK(result.map_area == 0.125);
  CHECK(result.middle_area == 0.375);
  CHECK(result.random_area == Approx(0.875));
  CHECK(result.at_random[1] == Approx(1));
  CHECK(result.at_random[4] == 0);
  CHECK(result.beaten == kRandomOrders);
  CHECK(result.explains == Explained::kClearly);
}

TEST_CASE("a random order as good as the map's takes the certainty, five take all") {
  const auto with_as_good = [](int as_good) {
    std::vector<double> probabilities;
    for (int order = 0; order < kDeletionOrders; ++order) {
      const bool low = order == kMapOrder || (order >= kFirstRandomOrder && order < kFirstRandomOrder + as_good);
      probabilities.insert(probabilities.end(), {low ? 0.25 : 0.5, 0.25, 0.25, 0.25});
    }
    return deletion(0.5, probabilities, 4);
  };
  CHECK(with_as_good(0).explains == Explained::kClearly);
  CHECK(with_as_good(1).beaten == kRandomOrders - 1);
  CHECK(to_string(with_as_good(1).explains) == "perhaps");
  CHECK(with_as_good(4).explains == Explained::kPerhaps);
  CHECK(with_as_good(5).explains == Explained::kLittle);
}

TEST_CASE("where the probability hardly falls the map explains nothing, however the last digits compare") {
  const auto with_gap = [](double gap) {
    std::vector<double> probabilities;
    for (int order = 0; order < kDeletionOrders; ++order) probabilities.insert(probabilities.end(), 4, order == kMapOrder ? 0.9 - gap : 0.9);
    return deletion(0.9, probabilities, 4);  // the areas differ by 7 eighths of the gap
  };
  CHECK(with_gap(1e-9).beaten == 0);
  CHECK(with_gap(0.001).beaten == kRandomOrders);
  CHECK(with_gap(0.001).explains == Explained::kLittle);
  CHECK(with_gap(0.0114).explains == Explained::kLittle);
  CHECK(with_gap(0.0115).explains == Explained::kClearly);
}

TEST_CASE("what cannot be compared is refused in words") {
  const float map[] = {1, 2, 3, std::numeric_limits<float>::infinity()};
  const float input[64] = {};
  const std::vector<float> spoiled{1, 2, 3, std::numeric_limits<float>::quiet_NaN()};
  CHECK(error_of([&] { deletion_order({map, 1, 3}, kMapOrder); }).code() == ErrorCode::kUnsupportedFeature);
  CHECK(error_of([&] { deletion_order({map, 2, 2}, kMapOrder); }).code() == ErrorCode::kInvalidArgument);
  const float plain[] = {1, 2, 3, 4};
  for (const int order : {-1, kDeletionOrders}) CHECK(error_of([&] { deletion_order({plain, 2, 2}, order); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { deleted({input, 1, 8, 1}, {plain, 2, 2}, kMapOrder); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { deleted({spoiled.data(), 1, 2, 2}, {plain, 2, 2}, kMapOrder); }).code() == ErrorCode::kInvalidArgument);
  const std::vector<double> probabilities(kDeletionOrders * 4, 0.5);
  CHECK(error_of([&] { deletion(1.5, probabilities, 4); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { deletion(0.5, probabilities, 5); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { deletion(0.5, std::vector<double>(kDeletionOrders * 4, -0.1), 4); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { deletion(0.5, {}, 0); }).code() == ErrorCode::kInvalidArgument);
}
