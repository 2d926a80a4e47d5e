#include "core/explain/deletion.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr int kLeastRegions = 4, kMostSteps = 16;

/// SplitMix64 (Steele et al. 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

int steps_for(int regions) { return std::min(regions, kMostSteps); }

/// How many regions are gone after a step.
int gone(int regions, int step) { return static_cast<int>(std::int64_t{step} * regions / steps_for(regions)); }

/// Median of the four corner squares of a plane; of two in the middle the lower.
float background(const InputView& input, int channel) {
  const int side = std::max(1, std::min(input.height_px, input.width_px) / 8);
  const float* plane = input.data + static_cast<std::size_t>(channel) * input.plane();
  std::vector<float> corners;
  for (int y = 0; y < input.height_px; ++y) {
    if (y >= side && y < input.height_px - side) continue;
    for (int x = 0; x < input.width_px; ++x) {
      if (x < side || x >= input.width_px - side) corners.push_back(plane[static_cast<std::size_t>(y) * static_cast<std::size_t>(input.width_px) + static_cast<std::size_t>(x)]);
    }
  }
  const auto middle = corners.begin() + static_cast<std::ptrdiff_t>((corners.size() - 1) / 2);
  std::nth_element(corners.begin(), middle, corners.end());
  return *middle;
}

void check(const InputView& input, const MapView& map) {
  if (!std::all_of(input.data, input.data + input.size(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "the input has a value that is not finite");
  }
  if (map.height > input.height_px || map.width > input.width_px) throw Error(ErrorCode::kInvalidArgument, "the map has more regions than the input has pixels");
}

double area(std::span<const double> shares, std::span<const double> curve) {
  double sum = 0;
  for (std::size_t i = 1; i < curve.size(); ++i) sum += (shares[i] - shares[i - 1]) * (curve[i] + curve[i - 1]) / 2;
  return sum;
}

}  // namespace

std::string_view to_string(Explained explained) {
  switch (explained) {
    case Explained::kClearly: return "clearly";
    case Explained::kPerhaps: return "perhaps";
    case Explained::kLittle: break;
  }
  return "little";
}

int deletion_steps(const MapView& map) { return steps_for(map.regions()); }

std::vector<int> deletion_order(const MapView& map, int order) {
  if (map.regions() < kLeastRegions) {
    throw Error(ErrorCode::kUnsupportedFeature, "the map has " + std::to_string(map.regions()) + " regions; to compare orders of deletion takes at least " + std::to_string(kLeastRegions));
  }
  if (order < 0 || order >= kDeletionOrders) throw Error(ErrorCode::kInvalidArgument, "there is no such order of deletion");
  if (!std::all_of(map.data, map.data + map.regions(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "the map has a value that is not finite");
  }
  std::vector<int> regions(static_cast<std::size_t>(map.regions()));
  std::iota(regions.begin(), regions.end(), 0);
  if (order == kMapOrder) {
    std::stable_sort(regions.begin(), regions.end(), [&](int a, int b) { return map.data[a] > map.data[b]; });
  } else if (order == kMiddleOrder) {
    // Of the centre in halves of a region, each axis as a share of its side.
    const auto distance = [&](int region) {
      const std::int64_t y = (2 * (region / map.width) + 1 - map.height) * std::int64_t{map.width};
      const std::int64_t x = (2 * (region % map.width) + 1 - map.width) * std::int64_t{map.height};
      return y * y + x * x;
    };
    std::stable_sort(regions.begin(), regions.end(), [&](int a, int b) { return distance(a) < distance(b); });
  } else {
    Random random(static_cast<std::uint64_t>(order));
    for (std::size_t i = regions.size() - 1; i > 0; --i) std::swap(regions[i], regions[static_cast<std::size_t>(random.next() % (i + 1))]);
  }
  return regions;
}

std::vector<float> deleted(const InputView& input, const MapView& map, int order) {
  const std::vector<int> regions = deletion_order(map, order);
  check(input, map);
  std::vector<float> background_of;
  for (int c = 0; c < input.channels; ++c) background_of.push_back(background(input, c));
  std::vector<float> current(input.data, input.data + input.size());
  std::vector<float> all;
  all.reserve(static_cast<std::size_t>(deletion_steps(map)) * input.size());
  for (int step = 1; step <= deletion_steps(map); ++step) {
    for (int i = gone(map.regions(), step - 1); i < gone(map.regions(), step); ++i) {
      const int row = regions[static_cast<std::size_t>(i)] / map.width, column = regions[static_cast<std::size_t>(i)] % map.width;
      for (int c = 0; c < input.channels; ++c) {
        float* plane = current.data() + static_cast<std::size_t>(c) * input.plane();
        for (int y = row * input.height_px / map.height; y < (row + 1) * input.height_px / map.height; ++y) {
          float* line = plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(input.width_px);
          std::fill(line + column * input.width_px / map.width, line + (column + 1) * input.width_px / map.width, background_of[static_cast<std::size_t>(c)]);
        }
      }
    }
    all.insert(all.end(), current.begin(), current.end());
  }
  return all;
}

Deletion deletion(double whole, std::span<const double> probabilities, int regions) {
  const auto steps = static_cast<std::size_t>(steps_for(std::max(regions, 0)));
  const auto probable = [](double p) { return p >= 0 && p <= 1; };
  if (regions < kLeastRegions || probabilities.size() != kDeletionOrders * steps || !probable(whole) || !std::all_of(probabilities.begin(), probabilities.end(), probable)) {
    throw Error(ErrorCode::kInvalidArgument, "a deletion curve needs a probability, 0 to 1, for each of " + std::to_string(kDeletionOrders) + " orders and each step");
  }
  Deletion result;
  for (std::size_t step = 0; step <= steps; ++step) result.shares.push_back(static_cast<double>(gone(regions, static_cast<int>(step))) / regions);
  const auto curve = [&](int order) {
    const auto own = probabilities.subspan(static_cast<std::size_t>(order) * steps, steps);
    std::vector<double> values{whole};
    values.insert(values.end(), own.begin(), own.end());
    return values;
  };
  result.by_map = curve(kMapOrder);
  result.from_middle = curve(kMiddleOrder);
  result.map_area = area(result.shares, result.by_map);
  result.middle_area = area(result.shares, result.from_middle);
  result.at_random.assign(steps + 1, 0);
  result.random_orders = kRandomOrders;
  for (int order = kFirstRandomOrder; order < kDeletionOrders; ++order) {
    const std::vector<double> values = curve(order);
    result.beaten += area(result.shares, values) > result.map_area + kNoise;
    for (std::size_t i = 0; i <= steps; ++i) result.at_random[i] += values[i] / kRandomOrders;
  }
  result.random_area = area(result.shares, result.at_random);
  if (result.random_area - result.map_area >= kLeastGap && result.beaten >= kPerhapsBeaten) {
    result.explains = result.beaten == kRandomOrders ? Explained::kClearly : Explained::kPerhaps;
  }
  return result;
}

}  // namespace cytodrop
