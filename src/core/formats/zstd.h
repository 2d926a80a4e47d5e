#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// Decompresses Zstandard to exactly so many bytes. Untrusted input is safe.
///
/// Args:
///   bytes: checked by the caller against the limits.
/// Raises: kCorrupt, also where there are more or fewer bytes; kOutOfMemory.
/// Source: RFC 8878; libzstd.
std::vector<std::uint8_t> decode_zstd(Bytes compressed, std::size_t bytes);

}  // namespace cytodrop
