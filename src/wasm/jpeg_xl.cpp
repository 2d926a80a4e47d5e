// The border of the module that decodes JPEG XL; cytodrop_codec.d.ts describes it.

#include <emscripten/bind.h>

#include "core/formats/jpeg_xl_codec.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {
namespace {

using emscripten::val;

constexpr int kMaxPixelsOfSide = 1 << 30;

val header_of(const val& file) {
  return guard([&] {
    const JpegXlHeader header = read_jpeg_xl_header(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
    val object = val::object();
    object.set("width_px", static_cast<double>(header.width_px));
    object.set("height_px", static_cast<double>(header.height_px));
    object.set("samples", header.samples);
    object.set("bits", header.bits);
    object.set("animated", header.animated);
    return object;
  });
}

val samples_of(const val& file, const val& width_px, const val& height_px, const val& samples, const val& most_bits) {
  return guard([&] {
    const CodecSize size{.width_px = whole_number(width_px, "width_px", 1, kMaxPixelsOfSide), .height_px = whole_number(height_px, "height_px", 1, kMaxPixelsOfSide),
                         .samples = whole_number(samples, "samples", 1, 4), .most_bits = whole_number(most_bits, "most_bits", 1, 64)};
    const CodecSamples decoded = decode_jpeg_xl(copy_in<std::uint8_t>(file, "Uint8Array", "file"), size);
    val object = val::object();
    object.set("bytes", copy_out(decoded.bytes));
    object.set("sample_bytes", decoded.sample_bytes);
    object.set("bits", decoded.bits);
    return object;
  });
}

}  // namespace
}  // namespace cytodrop

EMSCRIPTEN_BINDINGS(cytodrop_codec) {
  emscripten::function("read_header", &cytodrop::header_of);
  emscripten::function("decode", &cytodrop::samples_of);
}
