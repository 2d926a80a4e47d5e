// The small picture in colour that several formats hold, and how near a decoder comes to what it should give.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "core/image.h"

namespace cytodrop::test {

/// (30·x, 40·y, 7·x·y mod 256).
inline int stored(int x, int y, int c) { return c == 0 ? x * 30 : c == 1 ? y * 40 : x * y * 7 % 256; }

/// How far any sample is from what it should be, of RGB of 8 bits.
template <typename Expected>
int farthest(const Image& image, Expected expected) {
  int far = 0;
  for (int y = 0; y < image.height_px(); ++y) {
    for (int x = 0; x < image.width_px(); ++x) {
      for (int c = 0; c < 3; ++c) far = std::max(far, std::abs(static_cast<int>(image.view().row(y)[3 * x + c]) - expected(x, y, c)));
    }
  }
  return far;
}

}  // namespace cytodrop::test
