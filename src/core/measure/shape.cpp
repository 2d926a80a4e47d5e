#include "core/measure/shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace cytodrop {
namespace {

/// How levels are parted in two.
struct Parting {
  int threshold = 0;  ///< the lower part's highest level
  double parted = 0;  ///< share of the variance between the parts
};

Parting otsu(const std::vector<int>& levels, const Mask& inside) {
  std::array<double, 256> counts{};
  double total = 0, moments = 0, squares = 0;
  for (std::size_t i = 0; i < kPixels; ++i) {
    if (!inside[i]) continue;
    const double level = levels[i];
    counts[static_cast<std::size_t>(levels[i])] += 1;
    total += 1;
    moments += level;
    squares += level * level;
  }
  if (total == 0) return {};
  const double mean = moments / total, variance = squares - total * mean * mean;
  double weight = 0, moment = 0, best = 0;
  Parting found;
  for (std::size_t level = 0; level < counts.size(); ++level) {
    weight += counts[level];
    moment += counts[level] * static_cast<double>(level);
    const double high = total - weight;
    if (!(weight > 0 && high > 0)) continue;
    const double off = moment - weight * mean, between = off * off * total / (weight * high);
    if (between > best) {
      best = between;
      found.threshold = static_cast<int>(level);
    }
  }
  found.parted = variance > kLeastSpread ? best / variance : 0;
  return found;
}

/// Centre of a part and its area in px.
struct Middle {
  double x = (kSide - 1) / 2.0, y = (kSide - 1) / 2.0, count = 0;
};

template <typename Use>
void each_pixel(const Mask& part, Use use) {
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      if (part[at(y, x)]) use(y, x);
    }
  }
}

Middle middle_of(const Mask& part) {
  double x_sum = 0, y_sum = 0, count = 0;
  each_pixel(part, [&](int y, int x) {
    x_sum += x;
    y_sum += y;
    ++count;
  });
  return count > 0 ? Middle{x_sum / count, y_sum / count, count} : Middle{};
}

/// Mean square distance of a part's pixels from a point.
double distance_from(const Mask& part, const Middle& point) {
  double sum = 0, count = 0;
  each_pixel(part, [&](int y, int x) {
    sum += (x - point.x) * (x - point.x) + (y - point.y) * (y - point.y);
    ++count;
  });
  return sum / std::max(1.0, count);
}

/// Sides of pixels where a part ends, the picture's edge among them.
double border_of(const Mask& part) {
  const auto inside = [&](int y, int x) { return y >= 0 && x >= 0 && y < kSide && x < kSide && part[at(y, x)] != 0; };
  double steps = 0;
  for (int a = 0; a < kSide; ++a) {
    for (int b = 0; b <= kSide; ++b) steps += (inside(a, b) != inside(a, b - 1)) + (inside(b, a) != inside(b - 1, a));
  }
  return steps;
}

bool on_rim(int y, int x) { return y == 0 || x == 0 || y == kSide - 1 || x == kSide - 1; }

double rim_of(const Mask& part) {
  double count = 0;
  each_pixel(part, [&](int y, int x) { count += on_rim(y, x); });
  return count;
}

void add_shape(const Axes& axes, const Mask& part, const Mask& whole, const Parting& parting, bool is_bright, Writer& out) {
  Mask rest(kPixels);
  for (std::size_t i = 0; i < kPixels; ++i) rest[i] = whole[i] && !part[i];
  const Middle middle = middle_of(part), of_whole = middle_of(whole);
  const bool has_both = middle.count > 0 && middle.count < of_whole.count;
  double xx = 0, yy = 0, xy = 0;
  each_pixel(part, [&](int y, int x) {
    xx += (x - middle.x) * (x - middle.x);
    yy += (y - middle.y) * (y - middle.y);
    xy += (x - middle.x) * (y - middle.y);
  });
  const double count = std::max(1.0, middle.count);
  // A pixel is a square of its own.
  xx = xx / count + 1.0 / 12;
  yy = yy / count + 1.0 / 12;
  xy /= count;
  const double root = std::sqrt((xx - yy) * (xx - yy) / 4 + xy * xy), longer = (xx + yy) / 2 + root, shorter = std::max((xx + yy) / 2 - root, 0.0);
  const double off_x = middle.x - of_whole.x, off_y = middle.y - of_whole.y;
  out.add(parting.threshold);
  out.add(parting.parted);
  out.add(is_bright);
  out.add(std::sqrt(middle.count / std::max(1.0, of_whole.count)));
  for (const Values* axis : {&axes.luma, &axes.blue, &axes.red}) out.add(has_both ? mean_of(where(*axis, part)) - mean_of(where(*axis, rest)) : 0);
  out.add(spread_of(where(axes.luma, part)));
  out.add(rim_of(part) / (4 * kSide - 4));
  out.add(std::sqrt(off_x * off_x + off_y * off_y) / kSide);
  out.add(middle.count > 0 ? std::sqrt(shorter / longer) : 0);
  out.add(std::sqrt(middle.count / (xx + yy)));
  out.add(middle.count > 0 ? std::sqrt(middle.count) / border_of(part) : 0);
}

}  // namespace

void add_shapes(const Axes& axes, Writer& out) {
  std::vector<int> levels;
  for (const double v : axes.luma) levels.push_back(static_cast<int>(std::floor(std::clamp(v, 0.0, 255.0) + 0.5)));
  const Mask everything(kPixels, 1);
  const auto parts_of = [&](const Mask& whole, int threshold) {
    std::pair<Mask, Mask> parts{Mask(kPixels), Mask(kPixels)};
    for (std::size_t i = 0; i < kPixels; ++i) {
      parts.first[i] = whole[i] && levels[i] <= threshold;
      parts.second[i] = whole[i] && levels[i] > threshold;
    }
    return parts;
  };
  const Parting first = otsu(levels, everything);
  const auto [dark, bright] = parts_of(everything, first.threshold);
  const bool is_bright = 2 * rim_of(bright) <= rim_of(everything);
  const Mask& body = is_bright ? bright : dark;
  add_shape(axes, body, everything, first, is_bright, out);
  const Parting second = otsu(levels, body);
  const auto [darker, brighter] = parts_of(body, second.threshold);
  const Middle middle = middle_of(body);
  const bool is_brighter = distance_from(brighter, middle) <= distance_from(darker, middle);
  add_shape(axes, is_brighter ? brighter : darker, body, second, is_brighter, out);
}

}  // namespace cytodrop
