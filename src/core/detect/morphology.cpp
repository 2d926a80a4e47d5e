#include "core/detect/morphology.h"

#include <algorithm>
#include <cstdlib>

namespace cytodrop {
namespace {

/// Keeps pixels by their squared distance to the pixels whose value is `to`.
template <typename Keep>
Mask where_distance(Mask mask, std::uint8_t to, Keep keep) {
  if (to == 1) {
    for (std::uint8_t& value : mask.values) value ^= 1;
  }
  const Plane<std::int32_t> distance = squared_distance(mask);
  for (std::size_t i = 0; i < mask.values.size(); ++i) mask.values[i] = keep(distance.values[i]);
  return mask;
}

Mask dilated(Mask mask, int radius_px) {
  // Half a pixel more than the radius: rounder discs.
  const int reach = radius_px * radius_px + radius_px / 2;
  return where_distance(std::move(mask), 1, [=](int distance) { return distance <= reach; });
}

Mask eroded(Mask mask, int radius_px) {
  const int reach = radius_px * radius_px + radius_px / 2;
  return where_distance(std::move(mask), 0, [=](int distance) { return distance > reach; });
}

constexpr std::uint8_t kSeen = 2;

/// Marks a pixel and all of its value that it is 4-connected with as seen.
///
/// Args:
///   part: becomes these pixels.
/// Returns: whether they touch the frame's edge.
bool flood(Mask& mask, std::size_t seed, std::vector<std::size_t>& part) {
  const std::uint8_t value = mask.values[seed];
  const auto width = static_cast<std::size_t>(mask.width_px), height = static_cast<std::size_t>(mask.height_px);
  part.assign(1, seed);
  mask.values[seed] = kSeen;
  bool at_edge = false;
  // The list is the queue and, at its end, the whole part.
  for (std::size_t next = 0; next < part.size(); ++next) {
    const std::size_t at = part[next], x = at % width, y = at / width;
    const auto visit = [&](bool there, std::size_t neighbour) {
      if (!there) {
        at_edge = true;
      } else if (mask.values[neighbour] == value) {
        mask.values[neighbour] = kSeen;
        part.push_back(neighbour);
      }
    };
    visit(x > 0, at - 1);
    visit(x + 1 < width, at + 1);
    visit(y > 0, at - width);
    visit(y + 1 < height, at + width);
  }
  return at_edge;
}

}  // namespace

Plane<std::int32_t> squared_distance(const Mask& mask) {
  const int width = mask.width_px, height = mask.height_px;
  const int far = width + height;
  Plane<std::int32_t> down(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      down.row(y)[x] = mask.row(y)[x] == 0 ? 0 : y == 0 ? far : std::min(far, down.row(y - 1)[x] + 1);
    }
  }
  for (int y = height - 2; y >= 0; --y) {
    for (int x = 0; x < width; ++x) down.row(y)[x] = std::min(down.row(y)[x], down.row(y + 1)[x] + 1);
  }
  // Along a row, the lower envelope of the parabolas (x − i)² + down(i)².
  std::vector<int> peak(static_cast<std::size_t>(width)), from(static_cast<std::size_t>(width));
  std::vector<std::int64_t> squares(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    std::int32_t* row = down.row(y);
    for (int x = 0; x < width; ++x) squares[static_cast<std::size_t>(x)] = std::int64_t{row[x]} * row[x];
    const auto square = [&](int i) { return squares[static_cast<std::size_t>(i)]; };
    const auto value = [&](int x, int i) { return std::int64_t{x - i} * (x - i) + square(i); };
    std::size_t top = 0;
    peak[0] = from[0] = 0;
    bool empty = false;
    for (int x = 1; x < width; ++x) {
      while (!empty && value(from[top], peak[top]) > value(from[top], x)) {
        if (top == 0) empty = true;
        else --top;
      }
      if (empty) {
        peak[0] = x;
        from[0] = 0;
        empty = false;
        continue;
      }
      const int i = peak[top];
      const std::int64_t numerator = std::int64_t{x} * x - std::int64_t{i} * i + square(x) - square(i);
      const std::int64_t denominator = 2 * (x - i);
      // Rounded down also where it is negative.
      std::int64_t start = numerator / denominator;
      if (numerator % denominator < 0) --start;
      if (start + 1 < width) {
        ++top;
        peak[top] = x;
        from[top] = static_cast<int>(start + 1);
      }
    }
    for (int x = width - 1; x >= 0; --x) {
      row[x] = static_cast<std::int32_t>(std::min<std::int64_t>(value(x, peak[top]), INT32_MAX));
      if (x == from[top] && top > 0) --top;
    }
  }
  return down;
}

void close(Mask& mask, int radius_px) {
  if (radius_px > 0) mask = eroded(dilated(std::move(mask), radius_px), radius_px);
}

void open(Mask& mask, int radius_px) {
  if (radius_px > 0) mask = dilated(eroded(std::move(mask), radius_px), radius_px);
}

void fill_holes(Mask& mask, std::int64_t most_px) {
  std::vector<std::size_t> hole;
  for (std::size_t seed = 0; seed < mask.values.size(); ++seed) {
    if (mask.values[seed] != 0) continue;
    const bool at_edge = flood(mask, seed, hole);
    if (at_edge || static_cast<std::int64_t>(hole.size()) > most_px) continue;
    for (const std::size_t at : hole) mask.values[at] = 1;
  }
  for (std::uint8_t& value : mask.values) value = value == 1;
}

void smooth_edge(Mask& mask) {
  const Mask before = mask;
  for (int y = 0; y < mask.height_px; ++y) {
    for (int x = 0; x < mask.width_px; ++x) {
      int inside = 0;
      for (int dy = -1; dy <= 1; ++dy) {
        const std::uint8_t* row = before.row(std::clamp(y + dy, 0, mask.height_px - 1));
        for (int dx = -1; dx <= 1; ++dx) inside += row[std::clamp(x + dx, 0, mask.width_px - 1)] << (2 - std::abs(dx) - std::abs(dy));
      }
      mask.row(y)[x] = inside > 8;
    }
  }
}

void keep_largest_part(Mask& mask) {
  std::vector<std::size_t> part, largest;
  for (std::size_t seed = 0; seed < mask.values.size(); ++seed) {
    if (mask.values[seed] != 1) continue;
    flood(mask, seed, part);
    if (part.size() > largest.size()) largest.swap(part);
  }
  std::fill(mask.values.begin(), mask.values.end(), std::uint8_t{0});
  for (const std::size_t at : largest) mask.values[at] = 1;
}

void remove_lines(Mask& mask, int length_px) {
  const Mask whole = mask;
  const auto sweep = [&](int lines, int length, std::size_t line_step, std::size_t step) {
    for (int line = 0; line < lines; ++line) {
      const std::size_t first = static_cast<std::size_t>(line) * line_step;
      int run = 0;
      for (int i = 0; i <= length; ++i) {
        if (i < length && whole.values[first + static_cast<std::size_t>(i) * step] != 0) {
          ++run;
          continue;
        }
        if (run >= length_px) {
          for (int k = i - run; k < i; ++k) mask.values[first + static_cast<std::size_t>(k) * step] = 0;
        }
        run = 0;
      }
    }
  };
  const auto width = static_cast<std::size_t>(mask.width_px);
  sweep(mask.height_px, mask.width_px, width, 1);
  sweep(mask.width_px, mask.height_px, 1, width);
}

}  // namespace cytodrop
