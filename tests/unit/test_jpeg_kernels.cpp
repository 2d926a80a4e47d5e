// The kernels of decode/jpeg_kernels.cpp beside libjpeg-turbo's plain code and its formulas.
#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <vector>

#define JPEG_INTERNALS
extern "C" {
#include <jpeglib.h>

#include <jdct.h>
#include <jsimd.h>
#include <jsimddct.h>
}

#include "catch.h"

namespace {

using Samples = std::array<JSAMPLE, DCTSIZE2>;
using Coefficients = std::array<JCOEF, DCTSIZE2>;

/// As the library lays it out: samples from 0 on, 128 further what the transform looks up by ten bits.
std::vector<JSAMPLE> range_table() {
  std::vector<JSAMPLE> table(128 + 1024);
  for (int i = 0; i < 1024; ++i) table[static_cast<std::size_t>(128 + i)] = static_cast<JSAMPLE>(std::clamp((i < 512 ? i : i - 1024) + 128, 0, 255));
  return table;
}

Samples transformed(inverse_DCT_method_ptr method, const Coefficients& coefficients, const std::array<ISLOW_MULT_TYPE, DCTSIZE2>& quantisers) {
  auto table = range_table();
  jpeg_decompress_struct info{};
  info.sample_range_limit = table.data();
  jpeg_component_info component{};
  auto factors = quantisers;
  component.dct_table = factors.data();
  Coefficients block = coefficients;
  // A row begins anywhere, and nothing beside the block is written.
  std::array<std::array<JSAMPLE, 16>, DCTSIZE> memory;
  JSAMPROW rows[DCTSIZE];
  for (int y = 0; y < DCTSIZE; ++y) {
    memory[static_cast<std::size_t>(y)].fill(77);
    rows[y] = memory[static_cast<std::size_t>(y)].data();
  }
  method(&info, &component, block.data(), rows, 3);
  Samples samples;
  for (std::size_t y = 0; y < DCTSIZE; ++y) {
    for (std::size_t x = 0; x < DCTSIZE; ++x) samples[y * DCTSIZE + x] = memory[y][3 + x];
    REQUIRE((memory[y][2] == 77 && memory[y][11] == 77));
  }
  return samples;
}

}  // namespace

TEST_CASE("the transform of a block gives the bits of the plain one") {
  REQUIRE(jsimd_can_idct_islow() == 1);
  std::mt19937 random(7);
  const auto below = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
  std::array<ISLOW_MULT_TYPE, DCTSIZE2> quantisers;
  int different = 0;
  for (int turn = 0; turn < 20'000; ++turn) {
    // As photographs have them, few and small; then many, as large as the sums of 32 bits that the plain code has under WebAssembly bear.
    const int filled = turn % 5 == 0 ? 0 : 1 + below(turn % 2 == 0 ? 10 : DCTSIZE2);
    const int size = turn % 3 == 0 ? 60'000 / (filled + 1) : 60;
    for (auto& one : quantisers) one = turn % 3 == 0 ? 1 : 1 + below(20);
    Coefficients coefficients{};
    const auto any = [&] { return static_cast<JCOEF>(std::clamp(below(2 * size + 1) - size, -32'768, 32'767)); };
    coefficients[0] = any();
    for (int i = 0; i < filled; ++i) coefficients[static_cast<std::size_t>(below(DCTSIZE2))] = any();
    different += transformed(jsimd_idct_islow, coefficients, quantisers) != transformed(jpeg_idct_islow, coefficients, quantisers);
  }
  CHECK(different == 0);
}

TEST_CASE("every colour of YCbCr becomes the RGB of libjpeg's tables, in rows of any length") {
  const auto within = [](int value) { return static_cast<JSAMPLE>(std::clamp(value, 0, 255)); };
  const auto expected = [&](int y, int cb, int cr) {
    const int u = cb - 128, v = cr - 128;
    return std::array<JSAMPLE, 3>{within(y + ((91'881 * v + 32'768) >> 16)), within(y + ((-22'554 * u - 46'802 * v + 32'768) >> 16)), within(y + ((116'130 * u + 32'768) >> 16))};
  };
  int different = 0, row = 0;
  for (int cb = 0; cb < 256; ++cb) {
    for (const int y : {0, 1, 77, 128, 200, 254, 255}) {
      const auto width = static_cast<std::size_t>(256 - row++ % 33);
      std::vector<JSAMPLE> luma(width, static_cast<JSAMPLE>(y)), blue(width, static_cast<JSAMPLE>(cb)), red(width), out(3 * width + 1, 9);
      for (std::size_t x = 0; x < width; ++x) red[x] = static_cast<JSAMPLE>(x);
      JSAMPROW rows[3] = {luma.data(), blue.data(), red.data()}, to = out.data();
      JSAMPARRAY planes[3] = {&rows[0], &rows[1], &rows[2]};
      jpeg_decompress_struct info{};
      info.output_width = static_cast<JDIMENSION>(width);
      jsimd_ycc_rgb_convert(&info, planes, 0, &to, 1);
      REQUIRE(out.back() == 9);
      for (std::size_t x = 0; x < width; ++x) {
        const auto wanted = expected(y, cb, static_cast<int>(x));
        different += !std::equal(wanted.begin(), wanted.end(), out.begin() + static_cast<std::ptrdiff_t>(3 * x));
      }
    }
  }
  CHECK(different == 0);
}
