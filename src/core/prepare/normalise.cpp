#include "core/prepare/normalise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/simd.h"

namespace cytodrop {
namespace {

/// Median of one channel of the four corner squares; there are always 4 · corner_px² values, an even number.
float corner_median(std::span<const float> lanes, std::size_t channel, int width_px, int height_px, int corner_px) {
  std::vector<float> values;
  for (int y = 0; y < height_px; ++y) {
    if (y == corner_px) y = height_px - corner_px;
    for (int x = 0; x < width_px; ++x) {
      if (x == corner_px) x = width_px - corner_px;
      const float value = lanes[4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_px) + static_cast<std::size_t>(x)) + channel];
      // Not a number has no place in an order, and nth_element may leave the array over it.
      if (std::isnan(value)) return std::numeric_limits<float>::quiet_NaN();
      values.push_back(value);
    }
  }
  const auto upper = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), upper, values.end());
  return static_cast<float>((static_cast<double>(*std::max_element(values.begin(), upper)) + static_cast<double>(*upper)) / 2);
}

}  // namespace

void normalise(std::span<const float> lanes, int channels, const std::array<float, 3>& mean,
               const std::array<float, 3>& std, std::span<float> planes) {
  const std::size_t pixels = lanes.size() / 4;
  const Float4 mean4 = {mean[0], mean[1], mean[2], 0};
  const Float4 std4 = {std[0], std[1], std[2], 1};
  std::size_t i = 0;
  for (; i + 4 <= pixels; i += 4) {
    const Float4 a = (load4(&lanes[4 * i]) - mean4) / std4;
    const Float4 b = (load4(&lanes[4 * i + 4]) - mean4) / std4;
    const Float4 c = (load4(&lanes[4 * i + 8]) - mean4) / std4;
    const Float4 d = (load4(&lanes[4 * i + 12]) - mean4) / std4;
    for (int channel = 0; channel < channels; ++channel) {
      store4(&planes[static_cast<std::size_t>(channel) * pixels + i],
             Float4{a[channel], b[channel], c[channel], d[channel]});
    }
  }
  for (; i < pixels; ++i) {
    const Float4 a = (load4(&lanes[4 * i]) - mean4) / std4;
    for (int channel = 0; channel < channels; ++channel) {
      planes[static_cast<std::size_t>(channel) * pixels + i] = a[channel];
    }
  }
}

void normalise_plain(std::span<const float> lanes, int channels, const std::array<float, 3>& mean,
                     const std::array<float, 3>& std, std::span<float> planes) {
  const std::size_t pixels = lanes.size() / 4;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels); ++channel) {
      planes[channel * pixels + i] = (lanes[4 * i + channel] - mean[channel]) / std[channel];
    }
  }
}

void normalise_inside(std::span<const float> lanes, int channels, float inside_above, float least_spread, std::span<float> planes) {
  const std::size_t pixels = lanes.size() / 4;
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    double count = 0, sum = 0, squares = 0;
    const auto each_inside = [&](auto use) {
      for (std::size_t i = 0; i < pixels; ++i) {
        if (lanes[4 * i + c] > inside_above) use(static_cast<double>(lanes[4 * i + c]));
      }
    };
    each_inside([&](double value) { sum += value; ++count; });
    const double mean = sum / std::max(count, 1.0);
    each_inside([&](double value) { squares += (value - mean) * (value - mean); });
    const float middle = static_cast<float>(mean), spread = std::max(static_cast<float>(std::sqrt(squares / std::max(count, 1.0))), least_spread);
    for (std::size_t i = 0; i < pixels; ++i) {
      const float value = lanes[4 * i + c];
      planes[c * pixels + i] = value > inside_above ? (value - middle) / spread : 0.0f;
    }
  }
}

PlaneScale corner_median_spread(std::span<const float> lanes, int channels, int width_px, int height_px, int corner_px) {
  PlaneScale scale;
  const std::size_t pixels = lanes.size() / 4;
  const double count = static_cast<double>(pixels);
  Double2 mean01{}, mean23{}, squares01{}, squares23{};
  for (std::size_t i = 0; i < pixels; ++i) {
    const Float4 pixel = load4(&lanes[4 * i]);
    mean01 += low2(pixel);
    mean23 += high2(pixel);
  }
  mean01 /= Double2{count, count};
  mean23 /= Double2{count, count};
  for (std::size_t i = 0; i < pixels; ++i) {
    const Float4 pixel = load4(&lanes[4 * i]);
    const Double2 off01 = low2(pixel) - mean01, off23 = high2(pixel) - mean23;
    squares01 += off01 * off01;
    squares23 += off23 * off23;
  }
  const double squares[] = {squares01[0], squares01[1], squares23[0]};
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    scale.middle[c] = corner_median(lanes, c, width_px, height_px, corner_px);
    scale.spread[c] = static_cast<float>(std::sqrt(squares[c] / count));
  }
  return scale;
}

PlaneScale corner_median_spread_plain(std::span<const float> lanes, int channels, int width_px, int height_px, int corner_px) {
  PlaneScale scale;
  const std::size_t pixels = lanes.size() / 4;
  const double count = static_cast<double>(pixels);
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    std::vector<float> corners;
    for (std::size_t i = 0; i < pixels; ++i) {
      const int x = static_cast<int>(i) % width_px, y = static_cast<int>(i) / width_px;
      const bool in_corner = std::min(x, width_px - 1 - x) < corner_px && std::min(y, height_px - 1 - y) < corner_px;
      if (in_corner) corners.push_back(lanes[4 * i + c]);
    }
    std::sort(corners.begin(), corners.end());
    const std::size_t upper = corners.size() / 2;
    scale.middle[c] = static_cast<float>((static_cast<double>(corners[upper - 1]) + static_cast<double>(corners[upper])) / 2);

    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < pixels; ++i) mean += static_cast<double>(lanes[4 * i + c]);
    mean /= count;
    for (std::size_t i = 0; i < pixels; ++i) {
      const double off = static_cast<double>(lanes[4 * i + c]) - mean;
      squares += off * off;
    }
    scale.spread[c] = static_cast<float>(std::sqrt(squares / count));
  }
  return scale;
}

}  // namespace cytodrop
