#include "core/prepare/stained_cell.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/prepare/resize.h"

namespace cytodrop {
namespace {

constexpr int kReducedPx = 96;
constexpr int kLevels = 64, kStepsPerLevel = 256 / kLevels;
constexpr double kWindow = 1.8;  ///< radius of the window, in radii of what it holds
constexpr double kFirstWindow = 0.45, kLargestWindow = 0.5;  ///< of the smaller side
constexpr double kSmallestWindowPx = 4, kRestPx = 0.01;
constexpr int kMoves = 12, kFewest = 4;
constexpr double kLeastBend = 0.4, kMostBend = 2.5;

/// Bytes of one channel, row by row.
struct Reduced {
  int width = 0, height = 0;
  std::array<std::vector<std::uint8_t>, 3> channels;
};

Reduced reduce(const ImageView& image) {
  const double by = std::max(1.0, static_cast<double>(std::max(image.width_px, image.height_px)) / kReducedPx);
  const auto reduced = [by](int px) { return std::max(1, static_cast<int>(std::floor(px / by + 0.5))); };
  Reduced small{.width = reduced(image.width_px), .height = reduced(image.height_px), .channels = {}};
  const std::vector<float> lanes = resize(image, Lanes::kRgb, ResizeRule::kBilinearAntialiased, small.width, small.height);
  for (std::size_t c = 0; c < 3; ++c) {
    small.channels[c].reserve(lanes.size() / 4);
    // The comparison also takes what is not a number to 0.
    for (std::size_t i = c; i < lanes.size(); i += 4) small.channels[c].push_back(lanes[i] > 0 ? static_cast<std::uint8_t>(std::min(lanes[i] + 0.5f, 255.0f)) : std::uint8_t{0});
  }
  return small;
}

/// The value at a share of the order, its rank rounded down.
std::uint8_t at_share(std::vector<std::uint8_t> values, double share) {
  const auto rank = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), rank, values.end());
  return *rank;
}

/// The lower of the two thresholds that part levels so that the parts differ most; a level at or below it is of the darkest part.
int darkest_of_three(const std::array<double, kLevels>& counts, double total) {
  std::array<double, kLevels> weight{}, moment{};
  double sum = 0, moments = 0;
  for (std::size_t level = 0; level < kLevels; ++level) {
    weight[level] = sum += counts[level] / total;
    moment[level] = moments += counts[level] / total * static_cast<double>(level);
  }
  double best = -1;
  int darkest = 0;
  for (std::size_t low = 0; low + 2 < kLevels; ++low) {
    for (std::size_t high = low + 1; high + 1 < kLevels; ++high) {
      const double first = weight[low], second = weight[high] - weight[low], third = 1 - weight[high];
      if (!(first > 0 && second > 0 && third > 1e-12)) continue;
      const double between = moment[high] - moment[low], above = moments - moment[high];
      const double parted = moment[low] * moment[low] / first + between * between / second + above * above / third;
      if (parted > best) {
        best = parted;
        darkest = static_cast<int>(low);
      }
    }
  }
  return darkest;
}

std::vector<bool> darkest_in_red(const Reduced& small, float background) {
  std::array<double, kLevels> counts{};
  std::vector<std::size_t> levels;
  levels.reserve(small.channels[0].size());
  for (const std::uint8_t red : small.channels[0]) {
    levels.push_back(static_cast<std::size_t>(std::min(255, red * 255 / std::max(1, static_cast<int>(background)))) / kStepsPerLevel);
    counts[levels.back()] += 1;
  }
  const auto darkest = static_cast<std::size_t>(darkest_of_three(counts, static_cast<double>(levels.size())));
  std::vector<bool> is_nucleus;
  is_nucleus.reserve(levels.size());
  for (const std::size_t level : levels) is_nucleus.push_back(level <= darkest);
  return is_nucleus;
}

struct Window {
  double x, y, radius;
};

template <typename Visit>
void each_inside(const Reduced& small, const std::vector<bool>& mask, const Window& window, Visit visit) {
  std::size_t i = 0;
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x, ++i) {
      const double across = x - window.x, down = y - window.y;
      if (mask[i] && across * across + down * down <= window.radius * window.radius) visit(x, y, i);
    }
  }
}

Window rest(const Reduced& small, const std::vector<bool>& mask) {
  const double side = std::min(small.width, small.height);
  Window window{(small.width - 1) / 2.0, (small.height - 1) / 2.0, side * kFirstWindow};
  for (int move = 0; move < kMoves; ++move) {
    double count = 0, x_sum = 0, y_sum = 0, squares = 0;
    each_inside(small, mask, window, [&](int x, int y, std::size_t) { ++count; x_sum += x; y_sum += y; });
    if (count < kFewest) break;
    const double x = x_sum / count, y = y_sum / count;
    each_inside(small, mask, window, [&](int at_x, int at_y, std::size_t) { squares += (at_x - x) * (at_x - x) + (at_y - y) * (at_y - y); });
    // Of a disc of radius r the mean square distance from the centre is r² / 2.
    const double radius = std::min(std::max(kWindow * std::sqrt(2 * squares / count), kSmallestWindowPx), side * kLargestWindow);
    const double moved = std::fabs(x - window.x) + std::fabs(y - window.y) + std::fabs(radius - window.radius);
    window = {x, y, radius};
    if (moved < kRestPx) break;
  }
  return window;
}

}  // namespace

StainedCell find_stained_cell(const ImageView& image) {
  const Reduced small = reduce(image);
  StainedCell cell;
  for (std::size_t c = 0; c < 3; ++c) cell.background[c] = at_share(small.channels[c], 0.9);
  const std::vector<bool> mask = darkest_in_red(small, cell.background[0]);
  const Window window = rest(small, mask);
  for (std::size_t c = 0; c < 3; ++c) {
    std::vector<std::uint8_t> values;
    each_inside(small, mask, window, [&](int, int, std::size_t i) { values.push_back(small.channels[c][i]); });
    cell.nucleus[c] = values.empty() ? cell.background[c] : at_share(std::move(values), 0.5);
  }
  const double across = static_cast<double>(image.width_px) / small.width, down = static_cast<double>(image.height_px) / small.height;
  cell.x_px = (window.x + 0.5) * across;
  cell.y_px = (window.y + 0.5) * down;
  cell.radius_px = window.radius / kWindow * std::sqrt(across * down);
  return cell;
}

Box stained_square(const StainedCell& cell, double radii) {
  const double half = radii * cell.radius_px;
  const auto rounded = [](double value) { return static_cast<int>(std::floor(value + 0.5)); };
  const int side = std::max(8, rounded(2 * half));
  return {rounded(cell.x_px - half), rounded(cell.y_px - half), side, side};
}

void restain(std::span<float> lanes, const StainedCell& cell, const std::array<float, 3>& usual) {
  std::array<std::array<float, 257>, 3> tables;
  for (std::size_t c = 0; c < 3; ++c) {
    const double background = std::max(1.0, static_cast<double>(cell.background[c]));
    const double own = std::clamp(static_cast<double>(cell.nucleus[c]) / background, 0.02, 0.95);
    const double bend = std::clamp(std::log(static_cast<double>(usual[c]) / 255) / std::log(own), kLeastBend, kMostBend);
    for (std::size_t i = 0; i < 257; ++i) {
      tables[c][i] = static_cast<float>(255 * std::pow(std::clamp(static_cast<double>(i) / background, 1.0 / 255, 1.0), bend));
    }
  }
  for (std::size_t i = 0; i + 3 < lanes.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = lanes[i + c] > 0 ? std::min(lanes[i + c], 255.0f) : 0.0f;
      const auto below = static_cast<std::size_t>(value);
      const float low = tables[c][below];
      lanes[i + c] = low + (tables[c][below + 1] - low) * (value - static_cast<float>(below));
    }
  }
}

}  // namespace cytodrop
