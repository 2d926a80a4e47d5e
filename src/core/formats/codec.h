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

/// Args: i: of the sample among all.
inline void put_sample(CodecSamples& samples, std::size_t i, unsigned value) {
  if (samples.sample_bytes == 1) {
    samples.bytes[i] = static_cast<std::uint8_t>(value);
  } else {
    samples.bytes[2 * i] = static_cast<std::uint8_t>(value);
    samples.bytes[2 * i + 1] = static_cast<std::uint8_t>(value >> 8);
  }
}

/// Raises kCorrupt: "the image data is damaged (…)".
[[noreturn]] void codec_damaged(const char* why);

}  // namespace cytodrop
