// What costs most of decoding a JPEG file, eight columns or sixteen pixels at a time: the inverse cosine transform and the way from YCbCr to RGB.
//
// libjpeg-turbo asks for such kernels under these names, and its own are assembly or Neon, which WebAssembly has not. Both are whole-number
// arithmetic of 32 bits, so that they give the bits of its plain C, also for files that no encoder wrote.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#define JPEG_INTERNALS
extern "C" {
#include <jpeglib.h>

#include <jdct.h>
#include <jsimd.h>
#include <jsimddct.h>
}

#include "core/simd.h"

namespace cytodrop {
namespace {

using Short4 = std::int16_t __attribute__((vector_size(8)));
using Byte4 = std::uint8_t __attribute__((vector_size(4)));

template <typename Vector>
Vector load(const void* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// Four samples.
inline Int4 widened(const JSAMPLE* samples) { return __builtin_convertvector(load<Byte4>(samples), Int4); }

/// The 8 × 8 values of a block: of each row its left and its right half.
struct Block {
  Int4 half[8][2];
};

/// Parts of 2^13, of the transform of Loeffler, Ligtenberg and Moschytz (ICASSP 1989), rounded as libjpeg rounds them.
constexpr int kFraction = 13;
constexpr std::int32_t k0_298 = 2446, k0_390 = 3196, k0_541 = 4433, k0_765 = 6270, k0_899 = 7373, k1_175 = 9633, k1_501 = 12299, k1_847 = 15137, k1_961 = 16069, k2_053 = 16819,
                       k2_562 = 20995, k3_072 = 25172;

/// Down the columns of one half of a block: four of them side by side. Args: shift: bits that the result is brought down by, rounded.
template <int shift>
inline void transform_columns(Block& block, int side) {
  const auto at = [&](int row) -> Int4& { return block.half[row][side]; };
  const Int4 even = (at(2) + at(6)) * k0_541;
  const Int4 even_2 = even - at(6) * k1_847, even_3 = even + at(2) * k0_765;
  const Int4 sum = (at(0) + at(4)) << kFraction, difference = (at(0) - at(4)) << kFraction;
  const Int4 e0 = sum + even_3, e3 = sum - even_3, e1 = difference + even_2, e2 = difference - even_2;

  const Int4 z5 = (at(7) + at(3) + at(5) + at(1)) * k1_175;
  const Int4 z1 = (at(7) + at(1)) * -k0_899, z2 = (at(5) + at(3)) * -k2_562, z3 = (at(7) + at(3)) * -k1_961 + z5, z4 = (at(5) + at(1)) * -k0_390 + z5;
  const Int4 o0 = at(7) * k0_298 + z1 + z3, o1 = at(5) * k2_053 + z2 + z4, o2 = at(3) * k3_072 + z2 + z3, o3 = at(1) * k1_501 + z1 + z4;

  constexpr std::int32_t kHalf = 1 << (shift - 1);
  at(0) = (e0 + o3 + kHalf) >> shift;
  at(7) = (e0 - o3 + kHalf) >> shift;
  at(1) = (e1 + o2 + kHalf) >> shift;
  at(6) = (e1 - o2 + kHalf) >> shift;
  at(2) = (e2 + o1 + kHalf) >> shift;
  at(5) = (e2 - o1 + kHalf) >> shift;
  at(3) = (e3 + o0 + kHalf) >> shift;
  at(4) = (e3 - o0 + kHalf) >> shift;
}

/// Four rows of four become four columns.
inline void transpose(Int4& a, Int4& b, Int4& c, Int4& d) {
  const Int4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Int4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

inline void transpose(Block& block) {
  auto& half = block.half;
  for (int top = 0; top < 8; top += 4) {
    for (int side = 0; side < 2; ++side) transpose(half[top][side], half[top + 1][side], half[top + 2][side], half[top + 3][side]);
  }
  for (int row = 0; row < 4; ++row) std::swap(half[row][1], half[row + 4][0]);
}

/// libjpeg looks a sample up by its last ten bits, which tells only of values that no picture has.
inline Int4 about_middle(Int4 value) { return ((value << 22) >> 22) + CENTERJSAMPLE; }

/// Two rows of eight samples.
inline void store_rows(JSAMPROW first, JSAMPROW second, const Int4 (&upper)[2], const Int4 (&lower)[2]) {
  const Byte16 bytes = to_bytes(about_middle(upper[0]), about_middle(upper[1]), about_middle(lower[0]), about_middle(lower[1]));
  std::memcpy(first, &bytes, 8);
  std::memcpy(second, reinterpret_cast<const unsigned char*>(&bytes) + 8, 8);
}

inline bool is_flat(const JCOEF* coefficients) {
  std::uint64_t any = 0;
  for (int i = 0; i < DCTSIZE2; i += 4) {
    std::uint64_t four;
    std::memcpy(&four, coefficients + i, sizeof four);
    any |= i == 0 ? four >> 16 : four;
  }
  return any == 0;
}

/// Sixteen pixels, three planes to 48 bytes.
inline void store_interleaved(JSAMPROW to, Byte16 red, Byte16 green, Byte16 blue) {
  const Byte16 rg0 = __builtin_shufflevector(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
  const Byte16 rg1 = __builtin_shufflevector(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
  const Byte16 rg2 = __builtin_shufflevector(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
  const Byte16 first = __builtin_shufflevector(rg0, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
  const Byte16 second = __builtin_shufflevector(rg1, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
  const Byte16 third = __builtin_shufflevector(rg2, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
  std::memcpy(to, &first, 16);
  std::memcpy(to + 16, &second, 16);
  std::memcpy(to + 32, &third, 16);
}

/// What libjpeg's tables hold, worked out: shares of 2^16, rounded. Args: to: 48 bytes.
inline void sixteen_pixels(JSAMPROW to, const JSAMPLE* y, const JSAMPLE* cb, const JSAMPLE* cr) {
  constexpr std::int32_t kHalf = 1 << 15, k1_402 = 91881, k1_772 = 116130, k0_344 = 22554, k0_714 = 46802;
  Int4 red[4], green[4], blue[4];
  for (int i = 0; i < 4; ++i) {
    const Int4 luma = widened(y + 4 * i), u = widened(cb + 4 * i) - CENTERJSAMPLE, v = widened(cr + 4 * i) - CENTERJSAMPLE;
    red[i] = luma + ((v * k1_402 + kHalf) >> 16);
    green[i] = luma + ((u * -k0_344 + v * -k0_714 + kHalf) >> 16);
    blue[i] = luma + ((u * k1_772 + kHalf) >> 16);
  }
  store_interleaved(to, to_bytes(red[0], red[1], red[2], red[3]), to_bytes(green[0], green[1], green[2], green[3]), to_bytes(blue[0], blue[1], blue[2], blue[3]));
}

}  // namespace
}  // namespace cytodrop

extern "C" {

GLOBAL(int) jsimd_can_idct_islow(void) { return 1; }
GLOBAL(int) jsimd_can_ycc_rgb(void) { return 1; }

GLOBAL(void)
jsimd_idct_islow(j_decompress_ptr, jpeg_component_info* component, JCOEFPTR coefficients, JSAMPARRAY rows, JDIMENSION column) {
  using namespace cytodrop;
  const auto* table = static_cast<const ISLOW_MULT_TYPE*>(component->dct_table);
  if (is_flat(coefficients)) {
    const Int4 level = Int4{} + ((coefficients[0] * table[0] + 4) >> 3), both[2] = {level, level};
    for (int row = 0; row < DCTSIZE; row += 2) store_rows(rows[row] + column, rows[row + 1] + column, both, both);
    return;
  }
  Block block;
  for (int row = 0; row < DCTSIZE; ++row) {
    for (int side = 0; side < 2; ++side) {
      const int at = DCTSIZE * row + 4 * side;
      block.half[row][side] = __builtin_convertvector(load<Short4>(coefficients + at), Int4) * load<Int4>(table + at);
    }
  }
  constexpr int kPassBits = 2;
  for (int side = 0; side < 2; ++side) transform_columns<kFraction - kPassBits>(block, side);
  transpose(block);
  for (int side = 0; side < 2; ++side) transform_columns<kFraction + kPassBits + 3>(block, side);
  transpose(block);
  for (int row = 0; row < DCTSIZE; row += 2) store_rows(rows[row] + column, rows[row + 1] + column, block.half[row], block.half[row + 1]);
}

GLOBAL(void)
jsimd_ycc_rgb_convert(j_decompress_ptr info, JSAMPIMAGE planes, JDIMENSION row, JSAMPARRAY out, int rows) {
  using namespace cytodrop;
  const JDIMENSION width = info->output_width;
  for (int i = 0; i < rows; ++i, ++row) {
    const JSAMPLE *y = planes[0][row], *cb = planes[1][row], *cr = planes[2][row];
    JDIMENSION x = 0;
    for (; x + 16 <= width; x += 16) sixteen_pixels(out[i] + 3 * x, y + x, cb + x, cr + x);
    if (x == width) continue;
    JSAMPLE rest[3][16] = {}, pixels[48];
    for (int c = 0; c < 3; ++c) std::memcpy(rest[c], planes[c][row] + x, width - x);
    sixteen_pixels(pixels, rest[0], rest[1], rest[2]);
    std::memcpy(out[i] + 3 * x, pixels, 3 * (width - x));
  }
}

}  // extern "C"
