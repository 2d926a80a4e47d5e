#pragma once
#include <cstdint>
#include <span>

#include "core/decode/header.h"
#include "core/image.h"

namespace cytodrop {

/// Decodes a JPEG with libjpeg-turbo, as Pillow does: accurate integer DCT, smooth upsampling of the colours.
///
/// Args:
///   file: bytes whose structure read_header accepted; untrusted all the same.
///   header: what read_header gave.
///   damaged: set where the decoder warned, for example of missing data, and filled in pixels by itself.
/// Returns: 1 or 3 channels of uint8, orientation as stored.
/// Raises: kTruncated, kCorrupt, kTooLarge (memory, or more scans than any encoder writes), kOutOfMemory.
/// Source: libjpeg-turbo 2.1 or newer, JDCT_ISLOW, do_fancy_upsampling.
Image decode_jpeg(std::span<const std::uint8_t> file, const FileHeader& header, bool& damaged);

}  // namespace cytodrop
