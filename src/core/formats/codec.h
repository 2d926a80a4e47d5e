#pragma once
#include <cstdint>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// What a compressed image has to be. A decoder that finds something else in its own header refuses it before it takes memory.
struct CodecSize {
  int width_px = 0;
  int height_px = 0;
  int samples = 1;     ///< a pixel
  int most_bits = 16;  ///< a sample
};

/// Samples of a compressed image, those of a pixel next to each other.
struct CodecSamples {
  std::vector<std::uint8_t> bytes;  ///< little-endian
  int sample_bytes = 1;             ///< 1 up to 8 bits, else 2
  int bits = 8;
  bool is_signed = false;           ///< two's complement of that many bits, extended
};

/// Raises kCorrupt: "the image data is damaged (…)".
[[noreturn]] void codec_damaged(const char* why);

}  // namespace cytodrop
