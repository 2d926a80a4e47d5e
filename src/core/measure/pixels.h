#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/measure/measurements.h"

namespace cytodrop {

/// Of the picture that is measured.
constexpr int kSide = kMeasuredSidePx;
constexpr std::size_t kPixels = std::size_t{kSide} * kSide;
constexpr double kLeastSpread = 1e-3;

using Values = std::vector<double>;
using Mask = std::vector<std::uint8_t>;  ///< 0 or 1 of each pixel

constexpr std::size_t at(int y, int x) { return static_cast<std::size_t>(y) * kSide + static_cast<std::size_t>(x); }

/// The picture as luma and two axes of colour.
struct Axes {
  Values luma, blue, red;
};

inline double mean_of(const Values& values) { return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

inline double spread_of(const Values& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return values.empty() ? 0 : std::sqrt(squares / static_cast<double>(values.size()));
}

/// The values where a mask is set.
inline Values where(const Values& values, const Mask& mask) {
  Values found;
  for (std::size_t i = 0; i < kPixels; ++i) {
    if (mask[i]) found.push_back(values[i]);
  }
  return found;
}

/// Takes measurements one after the other.
class Writer {
 public:
  void add(double value) { values_.at(count_++) = value; }
  const Measurements& values() const { return values_; }

 private:
  Measurements values_{};
  std::size_t count_ = 0;
};

}  // namespace cytodrop
