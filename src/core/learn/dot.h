#pragma once
#include <array>
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

/// Rows that are worked on side by side: what all of them meet is then loaded once.
constexpr std::size_t kSide = 4;
using SideRows = std::array<const double*, kSide>;
using SideValues = std::array<double, kSide>;

inline Double2 load2(const double* p) { return Double2{p[0], p[1]}; }

/// Σ row · b of each row, to the bit as `dot` gives it.
inline SideValues dots(const SideRows& rows, const double* b, std::size_t count) {
  Double2 one[kSide]{}, other[kSide]{};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const Double2 first = load2(b + i), second = load2(b + i + 2);
    for (std::size_t k = 0; k < kSide; ++k) {
      one[k] += load2(rows[k] + i) * first;
      other[k] += load2(rows[k] + i + 2) * second;
    }
  }
  SideValues sums;
  for (std::size_t k = 0; k < kSide; ++k) {
    sums[k] = (one[k][0] + one[k][1]) + (other[k][0] + other[k][1]);
    for (std::size_t j = i; j < count; ++j) sums[k] += rows[k][j] * b[j];
  }
  return sums;
}

/// to += factor · row of each row, one after the other.
inline void add_multiples(double* to, const SideRows& rows, const SideValues& factors, std::size_t count) {
  std::size_t j = 0;
  for (; j + 2 <= count; j += 2) {
    Double2 sum = load2(to + j);
    for (std::size_t k = 0; k < kSide; ++k) sum += load2(rows[k] + j) * factors[k];
    to[j] = sum[0];
    to[j + 1] = sum[1];
  }
  for (; j < count; ++j) {
    for (std::size_t k = 0; k < kSide; ++k) to[j] += rows[k][j] * factors[k];
  }
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) { return dot(a.data(), b.data(), a.size()); }

}  // namespace cytodrop
