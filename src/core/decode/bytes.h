#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cytodrop {

using Bytes = std::span<const std::uint8_t>;

/// Unsigned integers at an offset that the caller has checked.
inline std::uint32_t be16(Bytes b, std::size_t at) { return static_cast<std::uint32_t>(b[at] << 8 | b[at + 1]); }
inline std::uint32_t le16(Bytes b, std::size_t at) { return static_cast<std::uint32_t>(b[at + 1] << 8 | b[at]); }
inline std::uint32_t be32(Bytes b, std::size_t at) { return be16(b, at) << 16 | be16(b, at + 2); }
inline std::uint32_t le32(Bytes b, std::size_t at) { return le16(b, at + 2) << 16 | le16(b, at); }

}  // namespace cytodrop
