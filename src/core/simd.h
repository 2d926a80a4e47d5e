#pragma once
#include <cstdint>
#include <cstring>

namespace cytodrop {

/// Four float32 lanes: SSE, NEON or WASM SIMD from one source (GCC and clang vector extension).
///
/// Arithmetic is lane by lane, so a kernel that keeps each sum in one lane gives the same bits as its plain twin.
using Float4 = float __attribute__((vector_size(16)));
using Bits4 = std::uint32_t __attribute__((vector_size(16)));

inline Float4 load4(const float* p) {
  Float4 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

inline void store4(float* p, Float4 v) { std::memcpy(p, &v, sizeof v); }

/// Two float64 lanes, for sums that float32 would blur.
using Double2 = double __attribute__((vector_size(16)));

inline Double2 low2(Float4 v) { return Double2{static_cast<double>(v[0]), static_cast<double>(v[1])}; }
inline Double2 high2(Float4 v) { return Double2{static_cast<double>(v[2]), static_cast<double>(v[3])}; }

/// Sixteen bytes, to be shuffled into lanes.
using Byte16 = unsigned char __attribute__((vector_size(16)));
using Int4 = int __attribute__((vector_size(16)));

inline Byte16 load16(const void* p) {
  Byte16 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// Four little-endian 32-bit integers as float32.
inline Float4 to_float4(Byte16 bytes) {
  Int4 integers;
  std::memcpy(&integers, &bytes, sizeof integers);
  return __builtin_convertvector(integers, Float4);
}

/// Sixteen whole numbers as bytes, those below 0 as 0 and those above 255 as 255. Args: each within 16 bits.
inline Byte16 to_bytes(Int4 a, Int4 b, Int4 c, Int4 d) {
#ifdef __wasm_simd128__
  return (Byte16)__builtin_wasm_narrow_u_i8x16_i16x8(__builtin_wasm_narrow_s_i16x8_i32x4(a, b), __builtin_wasm_narrow_s_i16x8_i32x4(c, d));
#else
  const auto within = [](Int4 v) {
    const Int4 above = v > 0 ? v : Int4{};
    return (Byte16)(above < 255 ? above : Int4{} + 255);
  };
  const Byte16 ab = __builtin_shufflevector(within(a), within(b), 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
  const Byte16 cd = __builtin_shufflevector(within(c), within(d), 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
  return __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
#endif
}

inline Float4 splat4(float x) { return Float4{x, x, x, x}; }

/// b < a ? b : a, lane by lane; emscripten 3.1.6 does not find the one instruction for it by itself.
inline Float4 least(Float4 a, Float4 b) {
#ifdef __wasm_simd128__
  return __builtin_wasm_pmin_f32x4(a, b);
#else
  return b < a ? b : a;
#endif
}

/// a < b ? b : a, lane by lane.
inline Float4 most(Float4 a, Float4 b) {
#ifdef __wasm_simd128__
  return __builtin_wasm_pmax_f32x4(a, b);
#else
  return a < b ? b : a;
#endif
}

/// std::bit_cast, which the C++ library of emscripten 3.1.6 does not have.
template <typename To, typename From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof from);
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace cytodrop
