#pragma once
#include <cstddef>
#include <vector>

#include "core/simd.h"

namespace cytodrop {

/// Σ a · b: four sums side by side, in one order.
inline double dot(const double* a, const double* b, std::size_t count) {
  Double2 one{}, other{};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    one += Double2{a[i], a[i + 1]} * Double2{b[i], b[i + 1]};
    other += Double2{a[i + 2], a[i + 3]} * Double2{b[i + 2], b[i + 3]};
  }
  double sum = (one[0] + one[1]) + (other[0] + other[1]);
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) { return dot(a.data(), b.data(), a.size()); }

}  // namespace cytodrop
