#pragma once
#include <cstdint>
#include <span>

#include "core/decode/bytes.h"

namespace cytodrop {

/// Decompresses a block of LZ4 to exactly as many bytes as there is room for. Untrusted input is safe.
///
/// Raises: kCorrupt, also where there are more or fewer bytes.
/// Source: LZ4 Block Format Description.
void decode_lz4(Bytes block, std::span<std::uint8_t> to);

/// The same of BloscLZ, which is FastLZ with distances of up to 73,726 bytes. Raises: as above. Source: FastLZ's description of its level 2.
void decode_blosclz(Bytes block, std::span<std::uint8_t> to);

}  // namespace cytodrop
