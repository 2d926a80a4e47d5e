#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// Inflates zlib or gzip, the members of the latter one after the other, to exactly so many bytes. Untrusted input is safe.
///
/// Raises: kCorrupt, also where there are more or fewer bytes; kOutOfMemory.
/// Source: RFC 1950, 1951 and 1952; zlib.
void inflate_into(Bytes compressed, std::span<std::uint8_t> to);

/// The same of what has no header, as in a ZIP archive.
///
/// Args:
///   bytes: checked by the caller against the limits.
std::vector<std::uint8_t> inflate_raw(Bytes compressed, std::size_t bytes);

}  // namespace cytodrop
