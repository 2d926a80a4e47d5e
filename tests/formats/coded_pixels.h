#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

inline constexpr int kCodedWidth = 13;
inline constexpr int kCodedHeight = 11;

/// One small picture, as an encoder of the field wrote it. Grey: of 8 bits 9x + 5y, of 16 977x + 3301y, of float x/4 + 3y/2. Colours: of 8 bits
/// (9x, 7y, x + y), of 16 (977x, 3301y, 100(x + y)), of float (x/4, 3y/2, x + y), each modulo the type's range.
struct Coded {
  std::string name;
  int pixel_type;   ///< as in CZI
  int compression;  ///< as in CZI: 1 JPEG, 4 JPEG XR
  FileBytes bytes;
};

std::vector<Coded> coded_pixels();
FileBytes jpeg_grey();

}  // namespace cytodrop::test
