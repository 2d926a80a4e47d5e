#include "core/detect/flatten.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

namespace cytodrop {
namespace {

struct Range {
  double low = 0, high = 0;
};

/// Calls use(x, value) for each pixel of a row; value is the sum over the channels.
template <typename Sample, typename Use>
void for_each_sum(const ImageView& frame, int y, Use use) {
  const Sample* sample = reinterpret_cast<const Sample*>(frame.row(y));
  const int colours = frame.channels >= 3 ? 3 : 1;
  for (int x = 0; x < frame.width_px; ++x, sample += frame.channels) {
    // Three equal values must give the same as one: one counts three times.
    use(x, colours == 3 ? double(sample[0]) + double(sample[1]) + double(sample[2]) : 3.0 * double(sample[0]));
  }
}

template <typename Sample>
Range range_of(const ImageView& frame) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (int y = 0; y < frame.height_px; ++y) {
    for_each_sum<Sample>(frame, y, [&](int, double value) {
      if (!std::isfinite(value)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    });
  }
  return high > low ? Range{low, high} : Range{};
}

/// The range without its extreme thousandths, where those take up nearly all of it: a few wild values in a float frame
/// would leave no levels for the others. Judged by a sample of the pixels.
Range without_extremes(const ImageView& frame, Range range) {
  constexpr std::int64_t kSample = 500'000;
  constexpr double kNearlyAll = 64;
  const std::int64_t pixels = std::int64_t{frame.width_px} * frame.height_px;
  const std::int64_t stride = pixels / kSample + 1;
  std::vector<double> sample;
  std::int64_t wait = 0;
  for (int y = 0; y < frame.height_px; ++y) {
    for_each_sum<float>(frame, y, [&](int, double value) {
      if (wait-- > 0) return;
      wait = stride - 1;
      if (std::isfinite(value)) sample.push_back(value);
    });
  }
  if (sample.empty()) return range;
  const auto skip = static_cast<std::ptrdiff_t>(sample.size() / 1'000);
  std::nth_element(sample.begin(), sample.begin() + skip, sample.end());
  const double low = sample[static_cast<std::size_t>(skip)];
  std::nth_element(sample.begin(), sample.end() - 1 - skip, sample.end());
  const double high = *(sample.end() - 1 - skip);
  return high > low && high - low < (range.high - range.low) / kNearlyAll ? Range{low, high} : range;
}

template <typename Sample>
Plane<std::uint16_t> levels_of(const ImageView& frame, Range range, int factor) {
  const int width = (frame.width_px + factor - 1) / factor, height = (frame.height_px + factor - 1) / factor;
  Plane<std::uint16_t> grey(width, height);
  if (!(range.high > range.low)) return grey;
  const double spread = range.high - range.low;
  const auto level_of = [&](double value) {
    // Numerator and denominator are exact for 8 and 16 bits: equal fractions give equal levels.
    const double part = std::isfinite(value) ? (std::clamp(value, range.low, range.high) - range.low) * kLevels / spread : 0;
    return static_cast<std::uint64_t>(part + 0.5);
  };
  if constexpr (std::is_same_v<Sample, std::uint8_t>) {
    if (factor == 1) {
      std::array<std::uint16_t, 3 * 255 + 1> levels;
      for (std::size_t value = 0; value < levels.size(); ++value) levels[value] = static_cast<std::uint16_t>(level_of(static_cast<double>(value)));
      for (int y = 0; y < height; ++y) {
        for_each_sum<Sample>(frame, y, [&](int x, double value) { grey.row(y)[x] = levels[static_cast<std::size_t>(value)]; });
      }
      return grey;
    }
  }
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    const int top = y * factor, bottom = std::min(frame.height_px, top + factor);
    for (int source_y = top; source_y < bottom; ++source_y) {
      for_each_sum<Sample>(frame, source_y, [&](int x, double value) {
        sums[static_cast<std::size_t>(x / factor)] += level_of(value);
      });
    }
    for (int x = 0; x < width; ++x) {
      const auto pixels = static_cast<std::uint64_t>((std::min(frame.width_px, (x + 1) * factor) - x * factor) * (bottom - top));
      grey.row(y)[x] = static_cast<std::uint16_t>((sums[static_cast<std::size_t>(x)] + pixels / 2) / pixels);
    }
  }
  return grey;
}

template <typename Value>
Value median(std::vector<Value>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Plane<float> smoothed(const Plane<float>& medians) {
  Plane<float> out = medians;
  std::vector<float> around;
  for (int y = 0; y < medians.height_px; ++y) {
    for (int x = 0; x < medians.width_px; ++x) {
      around.clear();
      for (int j = -1; j <= 1; ++j) {
        for (int i = -1; i <= 1; ++i) {
          around.push_back(medians.row(std::clamp(y + j, 0, medians.height_px - 1))[std::clamp(x + i, 0, medians.width_px - 1)]);
        }
      }
      out.row(y)[x] = median(around);
    }
  }
  return out;
}

/// Place of a pixel among the centres of `count` tiles: the tile before it and the share of the one after.
struct Place {
  int before, after;
  float share;
};

Place place_of(int position, int size, int count) {
  const double place = std::clamp((position + 0.5) * count / size - 0.5, 0.0, count - 1.0);
  const int before = static_cast<int>(place);
  return {before, std::min(before + 1, count - 1), static_cast<float>(place - before)};
}

}  // namespace

Plane<std::uint16_t> grey_levels(const ImageView& frame, int factor) {
  switch (frame.type) {
    case SampleType::kUint8: return levels_of<std::uint8_t>(frame, range_of<std::uint8_t>(frame), factor);
    case SampleType::kUint16: return levels_of<std::uint16_t>(frame, range_of<std::uint16_t>(frame), factor);
    case SampleType::kFloat32: return levels_of<float>(frame, without_extremes(frame, range_of<float>(frame)), factor);
  }
  return {};
}

Background::Background(const Plane<std::uint16_t>& grey, int tile_px) : width_px_(grey.width_px), height_px_(grey.height_px) {
  const auto tiles = [&](int size) { return std::max(1, (size + tile_px / 2) / tile_px); };
  const int columns = tiles(width_px_), rows = tiles(height_px_);
  medians_ = Plane<float>(columns, rows);
  std::vector<std::uint16_t> tile;
  const auto edge = [](int index, int count, int size) { return static_cast<int>(std::int64_t{index} * size / count); };
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      tile.clear();
      const int left = edge(column, columns, width_px_), right = edge(column + 1, columns, width_px_);
      for (int y = edge(row, rows, height_px_); y < edge(row + 1, rows, height_px_); ++y) {
        tile.insert(tile.end(), grey.row(y) + left, grey.row(y) + right);
      }
      medians_.row(row)[column] = median(tile);
    }
  }
  if (columns > 2 && rows > 2) medians_ = smoothed(medians_);
}

void Background::row(int y, std::span<float> out) const {
  const Place vertical = place_of(y, height_px_, medians_.height_px);
  const float* above = medians_.row(vertical.before);
  const float* below = medians_.row(vertical.after);
  for (int x = 0; x < width_px_; ++x) {
    const Place place = place_of(x, width_px_, medians_.width_px);
    const auto at = [&](const float* row) { return row[place.before] + (row[place.after] - row[place.before]) * place.share; };
    out[static_cast<std::size_t>(x)] = at(above) + (at(below) - at(above)) * vertical.share;
  }
}

}  // namespace cytodrop
