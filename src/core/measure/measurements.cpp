#include "core/measure/measurements.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/measure/pixels.h"
#include "core/measure/shape.h"

namespace cytodrop {
namespace {

constexpr double kDiagonal = 0.70710678118654752440;
constexpr int kRings = 8, kRingPx = 4;
constexpr double kTolerance = 1e-3;  // of interpolated neighbours in a field of one grey
constexpr int kLevels = 16;
constexpr int kOctaves = 5;

/// The value at a share of the order, its rank rounded down.
double quantile(const Values& ordered, double share) { return ordered[static_cast<std::size_t>(share * static_cast<double>(ordered.size() - 1))]; }

Values in_order(Values values) {
  std::sort(values.begin(), values.end());
  return values;
}

double correlation(const Values& one, const Values& other) {
  const double mean = mean_of(one), other_mean = mean_of(other);
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i) sum += (one[i] - mean) * (other[i] - other_mean);
  return sum / static_cast<double>(one.size()) / (std::max(spread_of(one), kLeastSpread) * std::max(spread_of(other), kLeastSpread));
}

void add_intensity(const Axes& axes, Writer& out) {
  const Values ordered = in_order(axes.luma);
  for (const double share : {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}) out.add(quantile(ordered, share));
  const double mean = mean_of(axes.luma), spread = spread_of(axes.luma);
  double third = 0, fourth = 0;
  for (const double v : axes.luma) {
    const double off = (v - mean) / std::max(spread, kLeastSpread);
    third += off * off * off;
    fourth += off * off * off * off;
  }
  third /= kPixels;
  out.add(mean);
  out.add(spread);
  out.add(third < 0 ? -std::sqrt(-third) : std::sqrt(third));
  out.add(std::sqrt(fourth / kPixels));
  for (const Values* axis : {&axes.blue, &axes.red}) {
    const Values values = in_order(*axis);
    for (const double share : {0.05, 0.5, 0.95}) out.add(quantile(values, share));
    out.add(mean_of(*axis));
    out.add(spread_of(*axis));
  }
  out.add(correlation(axes.luma, axes.blue));
  out.add(correlation(axes.luma, axes.red));
  out.add(correlation(axes.blue, axes.red));
}

/// Which ring a pixel is in; the last holds the corners.
int ring_of(int y, int x) {
  // Distances from the middle are odd halves; twice them are whole numbers.
  const int across = 2 * x - (kSide - 1), down = 2 * y - (kSide - 1), square = across * across + down * down;
  int ring = 0;
  while (ring < kRings && square >= 4 * kRingPx * kRingPx * (ring + 1) * (ring + 1)) ++ring;
  return ring;
}

void add_rings(const Axes& axes, Writer& out) {
  for (int ring = 0; ring <= kRings; ++ring) {
    Mask inside(kPixels);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) inside[at(y, x)] = ring_of(y, x) == ring;
    }
    const Values luma = where(axes.luma, inside);
    out.add(mean_of(luma));
    out.add(spread_of(luma));
    out.add(mean_of(where(axes.blue, inside)));
    out.add(mean_of(where(axes.red, inside)));
  }
}

/// Value between pixels on a diagonal, `radius` from (y, x).
double on_diagonal(const Values& luma, int y, int x, int down, int across, int radius) {
  const int near = static_cast<int>(kDiagonal * radius);
  const double part = kDiagonal * radius - near;
  const auto value = [&](int off_y, int off_x) { return luma[at(y + down * off_y, x + across * off_x)]; };
  return (1 - part) * ((1 - part) * value(near, near) + part * value(near, near + 1)) + part * ((1 - part) * value(near + 1, near) + part * value(near + 1, near + 1));
}

void add_patterns(const Values& luma, int radius, Writer& out) {
  std::array<double, 10> counts{};
  for (int y = radius; y < kSide - radius; ++y) {
    for (int x = radius; x < kSide - radius; ++x) {
      const double middle = luma[at(y, x)];
      const std::array<double, 8> around = {luma[at(y, x + radius)], on_diagonal(luma, y, x, 1, 1, radius),   luma[at(y + radius, x)], on_diagonal(luma, y, x, 1, -1, radius),
                                            luma[at(y, x - radius)], on_diagonal(luma, y, x, -1, -1, radius), luma[at(y - radius, x)], on_diagonal(luma, y, x, -1, 1, radius)};
      std::size_t bright = 0;
      int changes = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        const bool is_bright = around[i] - middle > -kTolerance, was_bright = around[(i + 7) % 8] - middle > -kTolerance;
        bright += is_bright;
        changes += is_bright != was_bright;
      }
      counts[changes <= 2 ? bright : 9] += 1;
    }
  }
  const double inner = kSide - 2 * radius;
  for (const double count : counts) out.add(count / (inner * inner));
}

void add_pairs_at(int distance, const std::vector<int>& levels, Writer& out) {
  std::array<std::array<double, kLevels>, kLevels> share{};
  double total = 0;
  const std::array<std::pair<int, int>, 4> steps = {{{0, distance}, {distance, distance}, {distance, 0}, {distance, -distance}}};
  for (const auto& [down, across] : steps) {
    for (int y = 0; y + down < kSide; ++y) {
      for (int x = std::max(0, -across); x < kSide - std::max(0, across); ++x) {
        const auto i = static_cast<std::size_t>(levels[at(y, x)]), j = static_cast<std::size_t>(levels[at(y + down, x + across)]);
        share[i][j] += 1;
        share[j][i] += 1;
        total += 2;
      }
    }
  }
  double mean = 0, contrast = 0, energy = 0, homogeneity = 0, most = 0, variance = 0, together = 0;
  const auto each = [&](auto use) {
    for (int i = 0; i < kLevels; ++i) {
      for (int j = 0; j < kLevels; ++j) use(i, j, share[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] / total);
    }
  };
  each([&](int i, int j, double p) {
    mean += p * i;
    contrast += p * (i - j) * (i - j);
    energy += p * p;
    homogeneity += p / (1 + std::abs(i - j));
    most = std::max(most, p);
  });
  each([&](int i, int j, double p) {
    variance += p * (i - mean) * (i - mean);
    together += p * (i - mean) * (j - mean);
  });
  out.add(std::sqrt(contrast));
  out.add(variance > 0 ? together / variance : 1);
  out.add(std::sqrt(energy));
  out.add(homogeneity);
  out.add(most);
}

void add_pairs(const Values& luma, Writer& out) {
  const Values ordered = in_order(luma);
  const double low = quantile(ordered, 0.01), range = std::max(quantile(ordered, 0.99) - low, 1.0);
  std::vector<int> levels;
  for (const double v : luma) levels.push_back(static_cast<int>(std::clamp(std::floor((v - low) / range * kLevels), 0.0, kLevels - 1.0)));
  for (const int distance : {1, 3}) add_pairs_at(distance, levels, out);
}

/// What each halving loses, as root mean square.
std::array<double, kOctaves> detail_of(Values values) {
  std::array<double, kOctaves> found{};
  std::size_t side = kSide;
  for (double& lost : found) {
    Values halved(side * side / 4);
    for (std::size_t y = 0; y < side; y += 2) {
      for (std::size_t x = 0; x < side; x += 2) {
        const double* corner = &values[y * side + x];
        halved[y / 2 * (side / 2) + x / 2] = (corner[0] + corner[1] + corner[side] + corner[side + 1]) / 4;
      }
    }
    double squares = 0;
    for (std::size_t y = 0; y < side; ++y) {
      for (std::size_t x = 0; x < side; ++x) {
        const double off = values[y * side + x] - halved[y / 2 * (side / 2) + x / 2];
        squares += off * off;
      }
    }
    lost = std::sqrt(squares / static_cast<double>(side * side));
    values = std::move(halved);
    side /= 2;
  }
  return found;
}

void add_octaves(const Axes& axes, Writer& out) {
  const auto luma = detail_of(axes.luma), blue = detail_of(axes.blue), red = detail_of(axes.red);
  const double spread = std::max(spread_of(axes.luma), kLeastSpread);
  for (std::size_t octave = 0; octave < kOctaves; ++octave) {
    out.add(luma[octave]);
    out.add(luma[octave] / spread);
    out.add(blue[octave]);
    out.add(red[octave]);
  }
}

}  // namespace

Measurements measure_cell(std::span<const float> lanes) {
  if (lanes.size() != kPixels * 4) throw Error(ErrorCode::kInvalidArgument, "a picture to be measured has 64 × 64 × 4 lanes, not " + std::to_string(lanes.size()));
  Axes axes;
  for (std::size_t i = 0; i < lanes.size(); i += 4) {
    const double red = static_cast<double>(lanes[i]), green = static_cast<double>(lanes[i + 1]), blue = static_cast<double>(lanes[i + 2]);
    const double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    axes.luma.push_back(luma);
    axes.blue.push_back(blue - luma);
    axes.red.push_back(red - luma);
  }
  Writer out;
  add_intensity(axes, out);
  add_rings(axes, out);
  for (const int radius : {1, 2}) add_patterns(axes.luma, radius, out);
  add_pairs(axes.luma, out);
  add_octaves(axes, out);
  add_shapes(axes, out);
  return out.values();
}

}  // namespace cytodrop
