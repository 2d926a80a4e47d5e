#include "core/judge/quality.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

namespace cytodrop {

const std::array<std::string_view, kMeasureCount> kMeasureNames = {
    "size",     "brightness", "contrast", "white",    "black",  "colour", "detail_1",
    "detail_2", "detail_4",   "detail_8", "border",   "middle", "peak",   "rim",
    "red",      "blue"};

namespace {

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
  const double count = static_cast<double>(crop.width_px) * crop.height_px;
  const auto over_green = [&](double sum) { return std::log((1 + sum / count) / (1 + means[1] / count)); };
  return {.spread = spread / count, .red = over_green(means[0]), .blue = over_green(means[2])};
}

Colours colours_of(const ImageView& crop) {
  if (crop.channels != 3) return {};
  switch (crop.type) {
    case SampleType::kUint8: return mean_colours<std::uint8_t>(crop, 1);
    case SampleType::kUint16: return mean_colours<std::uint16_t>(crop, 1 / 257.0);
    case SampleType::kFloat32: return mean_colours<float>(crop, 255);
  }
  return {};
}

/// Luma at the network's input size.
class Plane {
 public:
  Plane(std::span<const float> lanes, int channels, int width, int height) : width_(width), height_(height) {
    for (std::size_t i = 0; i + 3 < lanes.size(); i += 4) {
      const double first = static_cast<double>(lanes[i]);
      values_.push_back(channels == 1 ? first : 0.299 * first + 0.587 * static_cast<double>(lanes[i + 1]) + 0.114 * static_cast<double>(lanes[i + 2]));
    }
  }

  double at(int x, int y) const { return values_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)]; }
  const std::vector<double>& values() const { return values_; }

  /// Mean and standard deviation of the pixels that `counts` says true of.
  template <typename Counts>
  std::pair<double, double> mean_and_spread(Counts counts) const {
    double count = 0, mean = 0, squares = 0;
    visit(counts, [&](double v) { mean += v; ++count; });
    mean /= std::max(count, 1.0);
    visit(counts, [&](double v) { squares += (v - mean) * (v - mean); });
    return {mean, std::sqrt(squares / std::max(count, 1.0))};
  }

  /// Mean of the squared differences of pixels `across` and `down` apart.
  double structure(int across, int down) const {
    double sum = 0;
    for (int y = 0; y + down < height_; ++y) {
      for (int x = 0; x + across < width_; ++x) {
        const double off = at(x + across, y + down) - at(x, y);
        sum += off * off;
      }
    }
    return sum / std::max(1.0, static_cast<double>(width_ - across) * (height_ - down));
  }

 private:
  template <typename Counts, typename Use>
  void visit(Counts counts, Use use) const {
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        if (counts(x, y)) use(at(x, y));
      }
    }
  }

  int width_, height_;
  std::vector<double> values_;
};

}  // namespace

Measures measure_quality(const ImageView& crop, std::span<const float> lanes, int channels, int width_px, int height_px, int trained_side_px) {
  const Plane plane(lanes, channels, width_px, height_px);
  const int rim_x = std::max(1, width_px / 12), rim_y = std::max(1, height_px / 12);
  const auto in_rim = [&](int x, int y) { return x < rim_x || x >= width_px - rim_x || y < rim_y || y >= height_px - rim_y; };
  const auto in_middle = [&](int x, int y) {
    return x >= width_px / 4 && x < width_px - width_px / 4 && y >= height_px / 4 && y < height_px - height_px / 4;
  };
  const auto [mean, contrast] = plane.mean_and_spread([](int, int) { return true; });
  const auto [rim_mean, rim_spread] = plane.mean_and_spread(in_rim);
  const double middle_spread = plane.mean_and_spread(in_middle).second;
  const double spread = std::max(contrast, kLeastSpread), count = static_cast<double>(plane.values().size());
  double white = 0, black = 0, fourth = 0;
  for (const double v : plane.values()) {
    white += v >= 254;
    black += v <= 1;
    const double off = (v - mean) / spread;
    fourth += off * off * off * off;
  }
  const auto detail = [&](int step) {
    return std::log(std::max((plane.structure(step, 0) + plane.structure(0, step)) / 4, kLeastDetail) / (spread * spread));
  };
  const double size = trained_side_px > 0 ? static_cast<double>(std::min(crop.width_px, crop.height_px)) / trained_side_px : 1;
  const Colours colours = colours_of(crop);
  return {size,      mean,      contrast,  white / count,       black / count,          colours.spread,                        detail(1),
          detail(2), detail(4), detail(8), rim_spread / spread, middle_spread / spread, std::log(fourth / count + kLeastSpread), (rim_mean - mean) / spread,
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
