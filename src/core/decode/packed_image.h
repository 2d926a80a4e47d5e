#pragma once
#include <cstdint>
#include <vector>

#include "core/decode/decode.h"

namespace cytodrop {

/// An image that was decoded elsewhere, with what was known of its file, as bytes that `decode` takes: by them a reader in a
/// WebAssembly module of its own hands its pixels to the core. Never a file that anybody stores.
///
/// Layout: "CYTODROP", ten int32 (format, stored width, height, channels, bits; pages, channels, images stated; damaged; orientation),
/// the pixel size as float64, width, height, channels and sample type of the pixels as int32, then the samples; little-endian.
std::vector<std::uint8_t> pack_image(const DecodedImage& decoded);

bool is_packed_image(std::span<const std::uint8_t> bytes);

/// Untrusted input is safe. Raises: kTruncated, kCorrupt, kTooLarge, kOutOfMemory.
DecodedImage unpack_image(std::span<const std::uint8_t> bytes);

}  // namespace cytodrop
