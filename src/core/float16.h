#pragma once
#include <cstdint>

#include "core/simd.h"

namespace cytodrop {

/// The float32 of the same value as IEEE 754 binary16 `bits`; infinities and not-a-numbers stay what they are.
inline float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31u, fraction = bits & 0x3ffu;
  if (exponent == 0) {
    const float small = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -small : small;
  }
  const std::uint32_t wide = exponent == 31 ? 255u : exponent + 112u;
  return bits_as<float>(sign | wide << 23 | fraction << 13);
}

}  // namespace cytodrop
