#include "outer_codecs.h"

#include <map>
#include <string>

#include "core/formats/jpeg_xl_codec.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {
namespace {

using emscripten::val;

constexpr const char* kJpegXl = "jpeg_xl";

std::map<std::string, val>& codecs() {
  static std::map<std::string, val> all;
  return all;
}

const val& codec(const char* name) {
  const auto found = codecs().find(name);
  if (found == codecs().end()) throw Error(ErrorCode::kNeedsCodec, name);
  return found->second;
}

/// What the other module gave, or its error here.
val unwrap(const val& result) {
  if (result["ok"].isTrue()) return result["value"];
  const std::string code = result["code"].as<std::string>();
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto one = static_cast<ErrorCode>(i);
    if (to_string(one) == code) throw Error(one, result["message"].as<std::string>());
  }
  throw Error(ErrorCode::kInternal, "a codec failed");
}

val view_of(Bytes bytes) { return val(emscripten::typed_memory_view(bytes.size(), bytes.data())); }

}  // namespace

val set_codec(const val& name, const val& codec) {
  return guard([&] {
    codecs().insert_or_assign(text(name, "name"), fields_of(codec, "codec"));
    return val::null();
  });
}

JpegXlHeader read_jpeg_xl_header(Bytes file) {
  const val header = unwrap(codec(kJpegXl).call<val>("read_header", view_of(file)));
  return {.width_px = static_cast<std::int64_t>(header["width_px"].as<double>()), .height_px = static_cast<std::int64_t>(header["height_px"].as<double>()),
          .samples = header["samples"].as<int>(), .bits = header["bits"].as<int>(), .animated = header["animated"].isTrue()};
}

CodecSamples decode_jpeg_xl(Bytes file, const CodecSize& size) {
  const val decoded = unwrap(codec(kJpegXl).call<val>("decode", view_of(file), size.width_px, size.height_px, size.samples, size.most_bits));
  return {.bytes = copy_in<std::uint8_t>(decoded["bytes"], "Uint8Array", "bytes"), .sample_bytes = decoded["sample_bytes"].as<int>(), .bits = decoded["bits"].as<int>()};
}

void require_jpeg_xl() { codec(kJpegXl); }

}  // namespace cytodrop
