#pragma once
#include "core/network/layers.h"
#include "core/simd.h"

namespace cytodrop {

// One formula for a float and for four of them (Vector = float or Float4): only operations that IEEE 754 rounds exactly
// and the same for both, so no <cmath>, whose results differ from system to system.

template <typename Vector>
Vector spread(float x) {
  return Vector{} + x;
}

inline std::uint32_t bits_of(float x) { return bits_as<std::uint32_t>(x); }
inline Bits4 bits_of(Float4 x) { return bits_as<Bits4>(x); }

inline float least(float a, float b) { return b < a ? b : a; }
inline float most(float a, float b) { return a < b ? b : a; }

template <typename Vector>
Vector clamp(Vector x, Vector low, Vector high) {
  return least(most(x, low), high);
}

/// e^x to 2 units in the last place, for x between -87 and 88; beyond, as at these ends.
///
/// Source: e^x = 2^n · e^r with |r| ≤ ln 2 / 2 and ln 2 in two parts (Cody and Waite 1980); the polynomial is that of
///   Cephes `expf` 2.2.
template <typename Vector>
Vector exponential(Vector x) {
  x = clamp(x, spread<Vector>(-87.0f), spread<Vector>(88.0f));
  // Adding 1.5 · 2^23 rounds to a whole number and leaves it in the lowest bits.
  const Vector shifted = x * 1.44269504f + 12582912.0f;
  const Vector n = shifted - 12582912.0f;
  const Vector r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * bits_as<Vector>((bits_of(shifted) - 0x4b400000u + 127u) << 23);
}

template <typename Vector>
Vector sigmoid(Vector x) {
  return spread<Vector>(1.0f) / (exponential(-x) + 1.0f);
}

template <typename Vector>
Vector hard_sigmoid(Vector x, float slope, float offset) {
  return clamp(x * slope + offset, spread<Vector>(0.0f), spread<Vector>(1.0f));
}

template <typename Vector>
Vector silu(Vector x) {
  return x * sigmoid(x);
}

template <typename Vector>
Vector hard_swish(Vector x) {
  return x * hard_sigmoid(x, 1.0f / 6.0f, 0.5f);
}

}  // namespace cytodrop
