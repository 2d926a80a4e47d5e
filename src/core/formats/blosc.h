#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// Decompresses a Blosc 1 container (BloscLZ, LZ4, zlib or Zstandard; bytes or bits shuffled) to exactly so many bytes. Untrusted input is safe.
///
/// Args:
///   bytes: checked by the caller against the limits.
/// Raises: kCorrupt, also where there are more or fewer bytes; kUnsupportedFeature for Snappy and Blosc 2; kOutOfMemory.
/// Source: the description of the chunk format that Blosc's authors publish (README_CHUNK_FORMAT, version 2).
std::vector<std::uint8_t> decode_blosc(Bytes compressed, std::size_t bytes);

}  // namespace cytodrop
