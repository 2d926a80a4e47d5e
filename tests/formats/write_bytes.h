#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "support.h"

namespace cytodrop::test {

/// Appends little-endian numbers and texts to the bytes of a file.
template <typename Number>
void put(FileBytes& to, Number number) {
  std::uint8_t raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  for (const std::uint8_t byte : raw) to.push_back(byte);
}

inline void put_text(FileBytes& to, std::string_view text) { to.insert(to.end(), text.begin(), text.end()); }

/// Of ASCII.
inline void put_utf16(FileBytes& to, std::string_view text) {
  for (const char c : text) put(to, static_cast<std::uint16_t>(static_cast<unsigned char>(c)));
}

inline void put_all(FileBytes& to, const FileBytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// A zlib stream of stored blocks: nothing here compresses.
inline FileBytes zlib_stored(const FileBytes& data) {
  FileBytes out{0x78, 0x01};
  std::size_t at = 0;
  do {
    const std::size_t step = std::min<std::size_t>(data.size() - at, 65'535);
    out.push_back(at + step == data.size() ? 1 : 0);
    put(out, static_cast<std::uint16_t>(step));
    put(out, static_cast<std::uint16_t>(~step));
    out.insert(out.end(), data.begin() + static_cast<std::ptrdiff_t>(at), data.begin() + static_cast<std::ptrdiff_t>(at + step));
    at += step;
  } while (at < data.size());
  std::uint32_t a = 1, b = 0;
  for (const std::uint8_t byte : data) {
    a = (a + byte) % 65'521;
    b = (b + a) % 65'521;
  }
  for (const std::uint32_t half : {b, a}) {
    out.push_back(static_cast<std::uint8_t>(half >> 8));
    out.push_back(static_cast<std::uint8_t>(half));
  }
  return out;
}

/// Samples that tell where they lie, of 8, 16 or 32 bits; those of 32 are floats.
inline FileBytes counted_samples(std::size_t count, int bits, unsigned seed) {
  FileBytes bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::uint32_t>(i * 2'654'435'761u + seed * 40'503u);
    if (bits == 8) bytes.push_back(static_cast<std::uint8_t>(value >> 13));
    if (bits == 16) put(bytes, static_cast<std::uint16_t>(value >> 9));
    if (bits == 32) put(bytes, static_cast<float>(value >> 9) / 65'536.0f - 30.0f);
  }
  return bytes;
}

}  // namespace cytodrop::test
