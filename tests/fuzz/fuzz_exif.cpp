#include "core/decode/header.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> tiff) {
    const int orientation = cytodrop::read_exif_orientation(tiff);
    if (orientation < 1 || orientation > 8) __builtin_trap();
  });
}
