#include "core/formats/jpeg_xr.h"
#include "fuzz.h"

/// Width, height, samples and type, then a JPEG XR.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> bytes) {
    using namespace cytodrop;
    ::Bytes rest(bytes);
    const int width = rest.take<std::uint8_t>() + 1, height = rest.take<std::uint8_t>() + 1, kind = rest.take<std::uint8_t>();
    const SampleType types[] = {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32};
    decode_jpeg_xr(rest.rest(), {.width_px = width, .height_px = height, .samples = kind & 1 ? 3 : 1, .type = types[(kind >> 1) % 3]});
  });
}
