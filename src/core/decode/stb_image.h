#pragma once
#include <cstdint>
#include <span>

#include "core/image.h"

namespace cytodrop {

/// Decodes a checked PNG or BMP file with stb_image, keeping its channels.
///
/// Args:
///   file: bytes whose structure read_header accepted.
///   bits_per_channel: 8 or 16.
///   budget_bytes: the most memory that the decoder may ask for in all; a file that inflates beyond it is refused.
/// Raises: kCorrupt, kTooLarge (over the budget), kOutOfMemory.
Image decode_with_stb(std::span<const std::uint8_t> file, int bits_per_channel, std::size_t budget_bytes);

}  // namespace cytodrop
