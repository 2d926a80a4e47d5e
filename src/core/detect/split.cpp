#include "core/detect/split.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cytodrop {
namespace {

/// A region while the water falls.
struct Basin {
  std::int32_t parent;
  std::uint16_t peak;
  std::int64_t pixels;
};

class Basins {
 public:
  std::int32_t add(std::uint16_t peak) {
    basins_.push_back({static_cast<std::int32_t>(basins_.size()), peak, 0});
    return static_cast<std::int32_t>(basins_.size()) - 1;
  }

  std::int32_t root(std::int32_t basin) {
    while (at(basin).parent != basin) basin = at(basin).parent = at(at(basin).parent).parent;
    return basin;
  }

  Basin& at(std::int32_t basin) { return basins_[static_cast<std::size_t>(basin)]; }
  std::size_t size() const { return basins_.size(); }

 private:
  std::vector<Basin> basins_;
};

/// Pixels of the mask, highest first, in reading order at equal height.
std::vector<std::uint32_t> by_height(const Mask& mask, const Plane<std::uint16_t>& height) {
  std::vector<std::uint32_t> start(65'537);
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (mask.values[i] != 0) ++start[65'535u - height.values[i] + 1];
  }
  for (std::size_t level = 1; level < start.size(); ++level) start[level] += start[level - 1];
  std::vector<std::uint32_t> order(start.back());
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (mask.values[i] != 0) order[start[65'535u - height.values[i]]++] = static_cast<std::uint32_t>(i);
  }
  return order;
}

}  // namespace

Regions split(const Mask& mask, const Plane<std::uint16_t>& height, double least_rise, std::int64_t least_pixels) {
  const auto width = static_cast<std::size_t>(mask.width_px), size = mask.values.size();
  Plane<std::int32_t> labels(mask.width_px, mask.height_px, -1);
  Basins basins;
  for (const std::uint32_t at : by_height(mask, height)) {
    const std::size_t x = at % width;
    std::array<std::int32_t, 4> around{};
    std::size_t count = 0;
    const auto look = [&](bool there, std::size_t neighbour) {
      if (!there || labels.values[neighbour] < 0) return;
      const std::int32_t basin = basins.root(labels.values[neighbour]);
      if (std::find(around.begin(), around.begin() + count, basin) == around.begin() + count) around[count++] = basin;
    };
    look(x > 0, at - 1);
    look(x + 1 < width, at + 1);
    look(at >= width, at - width);
    look(at + width < size, at + width);
    std::int32_t home = -1;
    if (count == 0) {
      home = basins.add(height.values[at]);
    } else {
      // Highest peak first, then the older: the order of neighbours must not matter.
      std::sort(around.data(), around.data() + count, [&](std::int32_t a, std::int32_t b) {
        return std::pair(-int{basins.at(a).peak}, a) < std::pair(-int{basins.at(b).peak}, b);
      });
      home = around[0];
      for (std::size_t i = 1; i < count; ++i) {
        Basin& higher = basins.at(home);
        Basin& lower = basins.at(around[i]);
        const bool shallow = lower.peak - height.values[at] <= least_rise * lower.peak;
        if (!shallow && lower.pixels >= least_pixels && higher.pixels >= least_pixels) continue;
        lower.parent = home;
        higher.pixels += lower.pixels;
      }
    }
    labels.values[at] = home;
    ++basins.at(home).pixels;
  }

  Regions regions{std::move(labels), 0};
  std::vector<std::int32_t> number(basins.size());
  for (std::int32_t& label : regions.labels.values) {
    if (label < 0) {
      label = 0;
      continue;
    }
    std::int32_t& name = number[static_cast<std::size_t>(basins.root(label))];
    if (name == 0) name = ++regions.count;
    label = name;
  }
  return regions;
}

}  // namespace cytodrop
