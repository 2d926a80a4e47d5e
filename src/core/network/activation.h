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

/// What `exponential` needs, in memory on purpose: V8 builds a vector constant anew in every turn of a loop, which took a
/// quarter of the time of SiLU.
struct ExponentialConstants {
  float log2_of_e, ln_2_high, ln_2_low;
  float rounder;  ///< adding 1.5 · 2^23 rounds to a whole number and leaves it in the lowest bits
  float polynomial[6];
};
extern const ExponentialConstants kExponential;

/// e^x to 2 units in the last place, for x between -87 and 88; beyond, as at these ends.
///
/// Source: e^x = 2^n · e^r with |r| ≤ ln 2 / 2 and ln 2 in two parts (Cody and Waite 1980); the polynomial is that of
///   Cephes `expf` 2.2.
template <typename Vector>
Vector exponential(Vector x) {
  const ExponentialConstants& k = kExponential;
  x = clamp(x, spread<Vector>(-87.0f), spread<Vector>(88.0f));
  const Vector shifted = x * k.log2_of_e + k.rounder;
  const Vector n = shifted - k.rounder;
  const Vector r = x - n * k.ln_2_high + n * k.ln_2_low;
  Vector p = r * k.polynomial[0] + k.polynomial[1];
  for (int i = 2; i < 6; ++i) p = p * r + k.polynomial[i];
  p = p * r * r + r + 1.0f;
  return p * bits_as<Vector>((bits_of(shifted) - bits_as<std::uint32_t>(12582912.0f) + 127u) << 23);
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
