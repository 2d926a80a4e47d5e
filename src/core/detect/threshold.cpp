#include "core/detect/threshold.h"

#include <algorithm>
#include <cmath>

#include "core/detect/flatten.h"

namespace cytodrop {

Plane<std::uint16_t> local_contrast(const Plane<std::uint16_t>& grey, const Background& background, int window_px) {
  const int width = grey.width_px, height = grey.height_px, half = window_px / 2;
  Plane<std::uint16_t> contrast(width, height);
  // Squares of the rows in the window, oldest first, and their sum for each column; whole numbers, so that taking a row
  // out again leaves nothing behind.
  Plane<std::int64_t> squares(width, window_px);
  std::vector<std::int64_t> columns(static_cast<std::size_t>(width));
  std::vector<float> empty(static_cast<std::size_t>(width));
  const auto ring = [&](int y) { return squares.row(y % window_px); };
  for (int y = 0; y < height + half; ++y) {
    if (y >= window_px) {
      for (int x = 0; x < width; ++x) columns[static_cast<std::size_t>(x)] -= ring(y)[x];
    }
    if (y < height) {
      background.row(y, empty);
      for (int x = 0; x < width; ++x) {
        const std::int64_t difference = grey.row(y)[x] - static_cast<std::int64_t>(empty[static_cast<std::size_t>(x)] + 0.5f);
        ring(y)[x] = difference * difference;
        columns[static_cast<std::size_t>(x)] += ring(y)[x];
      }
    } else {
      std::fill(ring(y), ring(y) + width, 0);
    }
    const int middle = y - half;
    if (middle < 0) continue;
    const std::int64_t rows = std::min(height, middle + half + 1) - std::max(0, middle - half);
    std::int64_t sum = 0;
    for (int x = 0; x < std::min(half, width); ++x) sum += columns[static_cast<std::size_t>(x)];
    for (int x = 0; x < width; ++x) {
      if (x + half < width) sum += columns[static_cast<std::size_t>(x + half)];
      if (x > half) sum -= columns[static_cast<std::size_t>(x - half - 1)];
      const std::int64_t pixels = rows * (std::min(width, x + half + 1) - std::max(0, x - half));
      const double mean = static_cast<double>(sum) / static_cast<double>(pixels);
      contrast.row(middle)[x] = static_cast<std::uint16_t>(std::sqrt(mean) + 0.5);
    }
  }
  return contrast;
}

int quantile(const Plane<std::uint16_t>& plane, double share) {
  std::vector<std::uint64_t> histogram(65'536);
  for (const std::uint16_t value : plane.values) ++histogram[value];
  const double wanted = share * static_cast<double>(plane.values.size());
  std::uint64_t seen = 0;
  for (int value = 0; value < 65'536; ++value) {
    seen += histogram[static_cast<std::size_t>(value)];
    if (static_cast<double>(seen) >= wanted) return value;
  }
  return 65'535;
}

}  // namespace cytodrop
