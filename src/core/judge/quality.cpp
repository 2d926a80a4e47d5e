#include "core/judge/quality.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/simd.h"

namespace cytodrop {

const std::array<std::string_view, kMeasureCount> kMeasureNames = {
    "size",     "brightness", "contrast", "white",    "black",  "colour", "detail_1",
    "detail_2", "detail_4",   "detail_8", "border",   "middle", "peak",   "rim",
    "red",      "blue"};

namespace {

/// Of the details, px.
constexpr std::array<int, 4> kSteps = {1, 2, 4, 8};

constexpr double kLeastSpread = 1e-3, kLeastDetail = 1e-9;

struct FlagNames {
  std::string_view low, high;
};

/// What a measure below and above its limits is called.
constexpr std::array<FlagNames, kMeasureCount> kFlagNames = {{
    {"wrong_size", "wrong_size"},
    {"under_exposed", "over_exposed"},
    {"blank", "strong_contrast"},
    {"over_exposed", "over_exposed"},
    {"under_exposed", "under_exposed"},
    {"grey_image", "colour_image"},
    {"out_of_focus", "grainy"},
    {"out_of_focus", "grainy"},
    {"too_large", "too_small"},
    {"too_large", "too_small"},
    {"cut_by_border", "cut_by_border"},
    {"nothing_in_middle", "nothing_in_middle"},
    {"unusual", "unusual"},
    {"unusual", "unusual"},
    {"unusual", "unusual"},
    {"unusual", "unusual"},
}};

struct Colours {
  double spread = 0, red = 0, blue = 0;
};

Colours from_sums(double spread, double red, double green, double blue, double count) {
  const auto over_green = [&](double sum) { return std::log((1 + sum / count) / (1 + green / count)); };
  return {.spread = spread / count, .red = over_green(red), .blue = over_green(blue)};
}

template <typename Sample>
Colours mean_colours(const ImageView& crop, double full_scale) {
  double spread = 0, means[3] = {};
  for (int y = 0; y < crop.height_px; ++y) {
    for (int x = 0; x < crop.width_px; ++x) {
      Sample pixel[3];
      std::memcpy(pixel, crop.row(y) + static_cast<std::size_t>(x) * sizeof pixel, sizeof pixel);
      const auto [least, most] = std::minmax({pixel[0], pixel[1], pixel[2]});
      spread += (static_cast<double>(most) - static_cast<double>(least)) * full_scale;
      for (int c = 0; c < 3; ++c) means[c] += static_cast<double>(pixel[c]) * full_scale;
    }
  }
  return from_sums(spread, means[0], means[1], means[2], static_cast<double>(crop.width_px) * crop.height_px);
}

/// Sums of 8-bit RGB pixels. They are whole numbers, so that in any order they come to the same.
class ColourSums {
 public:
  void add_row(const std::byte* row, int width_px) {
    int x = 0;
    // Five pixels a step, of three loads of 16 bytes, each a sample further.
    for (int steps = 0; x + 6 <= width_px; x += 5) {
      const Byte16 first = load16(row + 3 * x), second = load16(row + 3 * x + 1), third = load16(row + 3 * x + 2);
      const Byte16 most = larger(larger(first, second), third), least = smaller(smaller(first, second), third);
      constexpr Byte16 kPixels = {255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0};
      constexpr Byte16 kSamples = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0};
      add(spreads_, (most - least) & kPixels);
      add(samples_, first & kSamples);
      if (++steps == kMostSteps) steps = flush();
    }
    flush();
    for (; x < width_px; ++x) {
      std::uint8_t pixel[3];
      std::memcpy(pixel, row + 3 * x, sizeof pixel);
      const auto [least, most] = std::minmax({pixel[0], pixel[1], pixel[2]});
      spread_ += most - least;
      for (int c = 0; c < 3; ++c) channels_[c] += pixel[c];
    }
  }

  double spread() const { return static_cast<double>(spread_); }
  double channel(int c) const { return static_cast<double>(channels_[c]); }

 private:
  using Short8 = std::uint16_t __attribute__((vector_size(16)));
  struct Lanes16 {
    Short8 low = {}, high = {};
  };
  /// After so many samples of 255 a lane of 16 bits is full.
  static constexpr int kMostSteps = 257;

  static Byte16 larger(Byte16 a, Byte16 b) { return a < b ? b : a; }
  static Byte16 smaller(Byte16 a, Byte16 b) { return a < b ? a : b; }

  static void add(Lanes16& sums, Byte16 bytes) {
    using Byte8 = unsigned char __attribute__((vector_size(8)));
    const Byte8 low = __builtin_shufflevector(bytes, bytes, 0, 1, 2, 3, 4, 5, 6, 7), high = __builtin_shufflevector(bytes, bytes, 8, 9, 10, 11, 12, 13, 14, 15);
    sums.low += __builtin_convertvector(low, Short8);
    sums.high += __builtin_convertvector(high, Short8);
  }

  int flush() {
    for (int i = 0; i < 15; ++i) {
      spread_ += lane(spreads_, i);
      channels_[i % 3] += lane(samples_, i);
    }
    spreads_ = samples_ = {};
    return 0;
  }

  static std::uint16_t lane(const Lanes16& sums, int i) { return i < 8 ? sums.low[i] : sums.high[i - 8]; }

  Lanes16 spreads_, samples_;
  std::uint64_t spread_ = 0, channels_[3] = {};
};

Colours mean_colours_of_bytes(const ImageView& crop) {
  ColourSums sums;
  for (int y = 0; y < crop.height_px; ++y) sums.add_row(crop.row(y), crop.width_px);
  return from_sums(sums.spread(), sums.channel(0), sums.channel(1), sums.channel(2), static_cast<double>(crop.width_px) * crop.height_px);
}

Colours colours_of(const ImageView& crop) {
  if (crop.channels != 3) return {};
  switch (crop.type) {
    case SampleType::kUint8: return mean_colours_of_bytes(crop);
    case SampleType::kUint16: return mean_colours<std::uint16_t>(crop, 1 / 257.0);
    case SampleType::kFloat32: return mean_colours<float>(crop, 255);
  }
  return {};
}

/// What is summed over three sets of pixels at once, each set in row order: side by side no sum waits for another.
struct Sums {
  double all = 0, rim = 0, middle = 0;
};

/// Luma at the network's input size.
class Plane {
 public:
  Plane(std::span<const float> lanes, int channels, int width, int height)
      : width_(width), height_(height), rim_x_(std::max(1, width / 12)), rim_y_(std::max(1, height / 12)) {
    values_.reserve(lanes.size() / 4);
    for (std::size_t i = 0; i + 3 < lanes.size(); i += 4) {
      const double first = static_cast<double>(lanes[i]);
      values_.push_back(channels == 1 ? first : 0.299 * first + 0.587 * static_cast<double>(lanes[i + 1]) + 0.114 * static_cast<double>(lanes[i + 2]));
    }
  }

  const std::vector<double>& values() const { return values_; }

  /// Sums of `of(pixel, all)`, `of(pixel, rim)` and `of(pixel, middle)` over the pixels of each set, with what `about` holds for it.
  template <typename Of>
  Sums sum(const Sums& about, Of of) const {
    Sums sums;
    for (int y = 0; y < height_; ++y) {
      const bool rim_row = y < rim_y_ || y >= height_ - rim_y_, middle_row = y >= height_ / 4 && y < height_ - height_ / 4;
      for (int x = 0; x < width_; ++x) {
        const double v = at(x, y);
        sums.all += of(v, about.all);
        // Nothing is added by zero, and no branch is taken.
        sums.rim += rim_row || x < rim_x_ || x >= width_ - rim_x_ ? of(v, about.rim) : 0;
        sums.middle += middle_row && x >= width_ / 4 && x < width_ - width_ / 4 ? of(v, about.middle) : 0;
      }
    }
    return sums;
  }

  /// How many pixels each set has.
  Sums counts() const {
    const auto area = [](int across, int down) { return std::max(0.0, static_cast<double>(across)) * std::max(0, down); };
    const double all = area(width_, height_);
    return {.all = all, .rim = all - area(width_ - 2 * rim_x_, height_ - 2 * rim_y_), .middle = area(width_ - 2 * (width_ / 4), height_ - 2 * (height_ / 4))};
  }

  /// For each step the mean of the squared differences of pixels so far apart across, and the same down.
  std::array<Double2, kSteps.size()> structure() const {
    std::array<Double2, kSteps.size()> sums{};
    for (int y = 0; y < height_; ++y) {
      const int inner = y + kSteps.back() < height_ ? std::max(0, width_ - kSteps.back()) : 0;
      for (int x = 0; x < inner; ++x) {
        for (std::size_t s = 0; s < kSteps.size(); ++s) {
          const double v = at(x, y);
          const Double2 off = Double2{at(x + kSteps[s], y), at(x, y + kSteps[s])} - Double2{v, v};
          sums[s] += off * off;
        }
      }
      for (int x = inner; x < width_; ++x) {
        for (std::size_t s = 0; s < kSteps.size(); ++s) {
          const double across = x + kSteps[s] < width_ ? at(x + kSteps[s], y) - at(x, y) : 0, down = y + kSteps[s] < height_ ? at(x, y + kSteps[s]) - at(x, y) : 0;
          sums[s] += Double2{across * across, down * down};
        }
      }
    }
    for (std::size_t s = 0; s < kSteps.size(); ++s) {
      sums[s] /= Double2{std::max(1.0, static_cast<double>(width_ - kSteps[s]) * height_), std::max(1.0, static_cast<double>(width_) * (height_ - kSteps[s]))};
    }
    return sums;
  }

 private:
  double at(int x, int y) const { return values_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)]; }

  int width_, height_, rim_x_, rim_y_;
  std::vector<double> values_;
};

}  // namespace

Measures measure_quality(const ImageView& crop, std::span<const float> lanes, int channels, int width_px, int height_px, int trained_side_px) {
  const Plane plane(lanes, channels, width_px, height_px);
  const Sums pixels = plane.counts();
  const auto per_pixel = [&](const Sums& sums) {
    return Sums{.all = sums.all / std::max(pixels.all, 1.0), .rim = sums.rim / std::max(pixels.rim, 1.0), .middle = sums.middle / std::max(pixels.middle, 1.0)};
  };
  const Sums means = per_pixel(plane.sum({}, [](double v, double) { return v; }));
  const Sums squares = per_pixel(plane.sum(means, [](double v, double mean) { return (v - mean) * (v - mean); }));
  const double mean = means.all, contrast = std::sqrt(squares.all), rim_spread = std::sqrt(squares.rim), middle_spread = std::sqrt(squares.middle);
  const double spread = std::max(contrast, kLeastSpread), count = static_cast<double>(plane.values().size());
  double white = 0, black = 0, fourth = 0;
  for (const double v : plane.values()) {
    white += v >= 254;
    black += v <= 1;
    const double off = (v - mean) / spread;
    fourth += off * off * off * off;
  }
  const auto structure = plane.structure();
  const auto detail = [&](std::size_t step) { return std::log(std::max((structure[step][0] + structure[step][1]) / 4, kLeastDetail) / (spread * spread)); };
  const double size = trained_side_px > 0 ? static_cast<double>(std::min(crop.width_px, crop.height_px)) / trained_side_px : 1;
  const Colours colours = colours_of(crop);
  return {size,      mean,      contrast,  white / count,       black / count,          colours.spread,                        detail(0),
          detail(1), detail(2), detail(3), rim_spread / spread, middle_spread / spread, std::log(fourth / count + kLeastSpread), (means.rim - mean) / spread,
          colours.red, colours.blue};
}

std::vector<QualityFlag> quality_flags(const Measures& measures, const QualityRules& rules) {
  std::vector<QualityFlag> flags;
  for (std::size_t i = 0; i < kMeasureCount; ++i) {
    const double value = measures[i], low = rules[i].low, high = rules[i].high;
    const bool is_low = value < low, has_limit = std::isfinite(low) || std::isfinite(high);
    if (!has_limit || (value >= low && value <= high)) continue;
    const std::string_view name = is_low ? kFlagNames[i].low : kFlagNames[i].high;
    const bool known = std::any_of(flags.begin(), flags.end(), [&](const QualityFlag& flag) { return flag.name == name; });
    if (!known) flags.push_back({.name = name, .measure = i, .value = value, .limit = is_low ? low : high});
  }
  return flags;
}

}  // namespace cytodrop
