#include "core/measure/morphometry.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "core/polygon.h"

namespace cytodrop {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kRootOfHalf = 0.70710678118654752440, kRootOfFifth = 0.44721359549995793928;
constexpr double kAngle = 0.46364760900080611621;  // of two pixels across and one down
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The cell's pixels in a box around it, with a rim that is not the cell's.
struct Region {
  static constexpr std::size_t kRim = 2;

  Region(const ImageView& frame, std::span<const Point> outline) {
    constexpr double kFar = std::numeric_limits<double>::infinity();
    double left = kFar, top = kFar, right = -kFar, bottom = -kFar;
    for (const Point& point : outline) {
      const double x = static_cast<double>(point.x_px), y = static_cast<double>(point.y_px);
      if (!std::isfinite(x) || !std::isfinite(y)) throw Error(ErrorCode::kInvalidArgument, "the points of an outline must be finite");
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
    const auto within = [](double at, int size) { return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(size))); };
    left_px = within(std::floor(left), frame.width_px);
    top_px = within(std::floor(top), frame.height_px);
    width = std::max(0, within(std::ceil(right), frame.width_px) - left_px);
    height = std::max(0, within(std::ceil(bottom), frame.height_px) - top_px);
    inside.resize((static_cast<std::size_t>(width) + 2 * kRim) * (static_cast<std::size_t>(height) + 2 * kRim));
    PolygonRows rows(outline);
    for (int y = 0; y < height; ++y) rows.read(top_px + y, left_px, {inside.data() + place(y), static_cast<std::size_t>(width)});
  }

  /// Where row y of the box begins; two before and two behind are the rim's.
  std::size_t place(int y) const { return static_cast<std::size_t>(y + 2) * (static_cast<std::size_t>(width) + 2 * kRim) + kRim; }
  const std::uint8_t* row(int y) const { return inside.data() + place(y); }

  int left_px, top_px, width, height;
  std::vector<std::uint8_t> inside;  ///< 0 or 1
};

/// Each direction counts by the angle that is nearer to it than to the others, and its lines by how far they lie apart.
double perimeter_of(const Region& region) {
  std::int64_t straight = 0, diagonal = 0, oblique = 0;
  for (int y = 0; y < region.height + 2; ++y) {
    const std::uint8_t *here = region.row(y), *above = region.row(y - 1), *higher = region.row(y - 2);
    for (int x = 0; x < region.width + 2; ++x) {
      straight += (here[x] ^ here[x - 1]) + (here[x] ^ above[x]);
      diagonal += (here[x] ^ above[x - 1]) + (here[x - 1] ^ above[x]);
      oblique += (here[x] ^ above[x - 2]) + (here[x - 2] ^ above[x]) + (here[x] ^ higher[x - 1]) + (here[x - 1] ^ higher[x]);
    }
  }
  return (kAngle * static_cast<double>(straight) + (kPi / 4 - kAngle) * kRootOfHalf * static_cast<double>(diagonal) + kPi / 8 * kRootOfFifth * static_cast<double>(oblique)) / 2;
}

struct Place {
  std::int64_t x, y;
};

/// Sums over the pixels, in px of the box, and the first and the last pixel of each row.
struct Pixels {
  std::int64_t count = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  std::vector<Place> ends{};
};

Pixels pixels_of(const Region& region) {
  Pixels all;
  for (int y = 0; y < region.height; ++y) {
    const std::uint8_t* row = region.row(y);
    std::int64_t count = 0, sum = 0, squares = 0, first = 0, last = 0;
    for (int x = 0; x < region.width; ++x) {
      if (row[x] == 0) continue;
      if (count++ == 0) first = x;
      last = x;
      sum += x;
      squares += std::int64_t{x} * x;
    }
    if (count == 0) continue;
    all.count += count;
    all.x += sum;
    all.y += y * count;
    all.xx += squares;
    all.yy += std::int64_t{y} * y * count;
    all.xy += y * sum;
    all.ends.push_back({first, y});
    if (last > first) all.ends.push_back({last, y});
  }
  return all;
}

double elongation_of(const Pixels& all) {
  const auto mean = [&](std::int64_t sum) { return static_cast<double>(sum) / static_cast<double>(all.count); };
  const double x = mean(all.x), y = mean(all.y);
  // A pixel is a square of its own.
  constexpr double kOfPixel = 1.0 / 12;
  const double xx = mean(all.xx) - x * x + kOfPixel, yy = mean(all.yy) - y * y + kOfPixel, xy = mean(all.xy) - x * y;
  const double root = std::sqrt((xx - yy) * (xx - yy) / 4 + xy * xy), middle = (xx + yy) / 2;
  return std::sqrt((middle + root) / std::max(middle - root, kOfPixel));
}

std::int64_t cross(const Place& a, const Place& b, const Place& c) { return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x); }

/// Adds the corners on one side of a convex hull, all but the last.
///
/// Source: Andrew 1979, "Another efficient algorithm for convex hulls in two dimensions".
void add_side(std::span<const Place> ends, std::vector<Place>& hull) {
  const std::size_t start = hull.size();
  for (const Place& place : ends) {
    while (hull.size() >= start + 2 && cross(hull[hull.size() - 2], hull.back(), place) <= 0) hull.pop_back();
    hull.push_back(place);
  }
  hull.pop_back();
}

/// Corners of the convex hull of the pixels' middles.
std::vector<Place> hull_of(std::vector<Place> ends) {
  if (ends.size() < 2) return ends;
  std::vector<Place> hull;
  add_side(ends, hull);
  std::reverse(ends.begin(), ends.end());
  add_side(ends, hull);
  return hull;
}

/// Pixels whose middles are in the hull or on it.
double pixels_in(const std::vector<Place>& hull) {
  std::int64_t doubled = 0, on_border = 0;
  for (std::size_t i = 0; i < hull.size(); ++i) {
    const Place &a = hull[i], &b = hull[(i + 1) % hull.size()];
    doubled += a.x * b.y - a.y * b.x;
    on_border += std::gcd(b.x - a.x, b.y - a.y);
  }
  return static_cast<double>((std::abs(doubled) + on_border) / 2 + 1);
}

/// Between middles of the pixels' sides, which lie half a pixel off their middles to four sides.
double feret_of(const std::vector<Place>& hull) {
  std::int64_t most = 0;
  for (std::size_t i = 0; i < hull.size(); ++i) {
    for (std::size_t j = i; j < hull.size(); ++j) {
      const std::int64_t across = std::abs(hull[i].x - hull[j].x), down = std::abs(hull[i].y - hull[j].y);
      most = std::max(most, across * across + down * down + 2 * std::max(across, down) + 1);
    }
  }
  return std::sqrt(static_cast<double>(most));
}

template <typename Sample>
void read_samples(const ImageView& frame, int y, int left, std::span<double> greys) {
  const Sample* sample = reinterpret_cast<const Sample*>(frame.row(y)) + static_cast<std::ptrdiff_t>(left) * frame.channels;
  const std::ptrdiff_t step = frame.channels;
  if (step < 3) {
    for (double& grey : greys) {
      grey = static_cast<double>(*sample);
      sample += step;
    }
    return;
  }
  for (double& grey : greys) {
    grey = 0.299 * static_cast<double>(sample[0]) + 0.587 * static_cast<double>(sample[1]) + 0.114 * static_cast<double>(sample[2]);
    sample += step;
  }
}

void read_greys(const ImageView& frame, int y, int left, std::span<double> greys) {
  if (frame.type == SampleType::kUint8) read_samples<std::uint8_t>(frame, y, left, greys);
  else if (frame.type == SampleType::kUint16) read_samples<std::uint16_t>(frame, y, left, greys);
  else read_samples<float>(frame, y, left, greys);
}

void add_grey(const ImageView& frame, const Region& region, Morphometry& found) {
  std::vector<double> above(static_cast<std::size_t>(region.width)), here = above, below = above;
  double sum = 0, count = 0, squares = 0, details = 0, deep = 0;
  for (int y = 0; y < region.height; ++y) {
    read_greys(frame, region.top_px + y, region.left_px, here);
    const std::uint8_t* is_inside = region.row(y);
    for (std::size_t x = 0; x < here.size(); ++x) {
      if (!is_inside[x] || !std::isfinite(here[x])) continue;
      sum += here[x];
      ++count;
    }
  }
  if (count == 0) return;
  found.grey_mean = sum / count;
  for (int y = 0; y < region.height; ++y) {
    std::swap(above, here);
    std::swap(here, below);
    read_greys(frame, region.top_px + y, region.left_px, below);
    const std::uint8_t* is_inside = region.row(y);
    for (std::size_t x = 0; x < below.size(); ++x) {
      if (!is_inside[x] || !std::isfinite(below[x])) continue;
      squares += (below[x] - found.grey_mean) * (below[x] - found.grey_mean);
    }
    if (y < 2) continue;
    const std::uint8_t *middle = region.row(y - 1), *top = region.row(y - 2);
    double before = 0, column = 0;  // sums of three, where they are the cell's
    int run = 0;
    for (std::size_t x = 0; x < here.size(); ++x) {
      const double next = above[x] + here[x] + below[x];
      run = top[x] & middle[x] & is_inside[x] ? run + 1 : 0;
      if (run >= 3) {
        const double off = here[x - 1] - (before + column + next) / 9;
        if (std::isfinite(off)) {
          details += off * off;
          ++deep;
        }
      }
      before = column;
      column = next;
    }
  }
  found.grey_spread = std::sqrt(squares / count);
  if (deep > 0 && found.grey_mean > 0) found.granularity = std::sqrt(details / deep) / found.grey_mean;
}

}  // namespace

Morphometry morphometry_of(const ImageView& frame, std::span<const Point> outline) {
  const Region region(frame, outline);
  const Pixels pixels = pixels_of(region);
  Morphometry found{static_cast<double>(pixels.count), kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
  if (pixels.count == 0) return found;
  found.equivalent_diameter_px = 2 * std::sqrt(found.area_px / kPi);
  found.perimeter_px = perimeter_of(region);
  found.circularity = 4 * kPi * found.area_px / (found.perimeter_px * found.perimeter_px);
  found.elongation = elongation_of(pixels);
  const std::vector<Place> hull = hull_of(pixels.ends);
  found.feret_diameter_px = feret_of(hull);
  found.solidity = found.area_px / pixels_in(hull);
  add_grey(frame, region, found);
  return found;
}

}  // namespace cytodrop
