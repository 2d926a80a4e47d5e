#include "write_pictures.h"

#include "compressed_frames.h"
#include "compressed_pictures.h"
#include "jpeg_xl_pictures.h"
#include "lerc_pictures.h"

namespace cytodrop::test {
namespace {

void put(FileBytes& to, std::size_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

void put(FileBytes& to, const FileBytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// Three bits a code, with a clear code before each third one so that none grows.
FileBytes plain_codes(const FileBytes& indices) {
  FileBytes packed;
  unsigned bits = 0;
  int held = 0;
  const auto code = [&](unsigned value) {
    bits |= value << held;
    for (held += 3; held >= 8; held -= 8, bits >>= 8) packed.push_back(static_cast<std::uint8_t>(bits));
  };
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (i % 2 == 0) code(4);
    code(indices[i]);
  }
  code(5);
  if (held > 0) packed.push_back(static_cast<std::uint8_t>(bits));
  return packed;
}

}  // namespace

FileBytes from_digits(const char* digits) {
  FileBytes bytes;
  for (; digits[0] != 0; digits += 2) bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(digits, 2), nullptr, 16)));
  return bytes;
}

FileBytes make_gif(int width, int height, const std::vector<GifFrame>& frames, const std::string& comment) {
  FileBytes all{'G', 'I', 'F', '8', '9', 'a'};
  put(all, static_cast<std::size_t>(width), 2);
  put(all, static_cast<std::size_t>(height), 2);
  put(all, {0x81, 0, 0, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255});
  if (!comment.empty()) {
    put(all, {0x21, 0xfe, static_cast<std::uint8_t>(comment.size())});
    put(all, FileBytes(comment.begin(), comment.end()));
    all.push_back(0);
  }
  for (const GifFrame& frame : frames) {
    if (frame.transparent >= 0) put(all, {0x21, 0xf9, 4, 1, 0, 0, static_cast<std::uint8_t>(frame.transparent), 0});
    all.push_back(0x2c);
    for (const int number : {frame.left, frame.top, frame.width, frame.height}) put(all, static_cast<std::size_t>(number), 2);
    all.push_back(frame.own_colours ? 0x81 : 0);
    if (frame.own_colours) put(all, {255, 255, 255, 128, 128, 128, 0, 0, 0, 255, 255, 0});
    all.push_back(2);
    const FileBytes codes = plain_codes(frame.indices);
    for (std::size_t at = 0; at < codes.size(); at += 255) {
      const std::size_t count = std::min<std::size_t>(255, codes.size() - at);
      all.push_back(static_cast<std::uint8_t>(count));
      all.insert(all.end(), codes.begin() + static_cast<std::ptrdiff_t>(at), codes.begin() + static_cast<std::ptrdiff_t>(at + count));
    }
    all.push_back(0);
  }
  all.push_back(0x3b);
  return all;
}

FileBytes webp_chunk(const std::string& name, const FileBytes& data) {
  FileBytes all(name.begin(), name.end());
  put(all, data.size(), 4);
  put(all, data);
  if (all.size() % 2 != 0) all.push_back(0);
  return all;
}

FileBytes make_webp(const std::vector<FileBytes>& chunks) {
  FileBytes body{'W', 'E', 'B', 'P'};
  for (const FileBytes& chunk : chunks) put(body, chunk);
  return webp_chunk("RIFF", body);
}

FileBytes webp_header(int flags, int width, int height) {
  FileBytes data{static_cast<std::uint8_t>(flags), 0, 0, 0};
  put(data, static_cast<std::size_t>(width - 1), 3);
  put(data, static_cast<std::size_t>(height - 1), 3);
  return webp_chunk("VP8X", data);
}

FileBytes webp_frame(int left, int top, int width, int height, const FileBytes& chunks) {
  FileBytes data;
  for (const int number : {left / 2, top / 2, width - 1, height - 1, 100}) put(data, static_cast<std::size_t>(number), 3);
  data.push_back(0);
  put(data, chunks);
  return webp_chunk("ANMF", data);
}

std::map<std::string, FileBytes> picture_examples() {
  std::map<std::string, FileBytes> all;
  all["gif-codes"] = from_digits(kGif);
  all["gif-interlaced"] = from_digits(kGifInterlaced);
  const FileBytes indices{0, 1, 2, 3, 3, 2, 1, 0, 1, 1, 2, 2};
  all["gif-small"] = make_gif(6, 5, {{.left = 1, .top = 2, .indices = indices, .transparent = 2}}, "drawn by Jane");
  all["gif-animated"] = make_gif(4, 3, {{.indices = indices, .own_colours = true}, {.indices = FileBytes(12, 1), .own_colours = true}, {.indices = FileBytes(12, 2)}});
  all["gif-out-of-screen"] = make_gif(2, 2, {{.indices = indices}});
  const FileBytes lossless = from_digits(kWebpLossless), alpha = from_digits(kWebpAlpha), lossy = from_digits(kWebpLossy), lossy_alpha = from_digits(kWebpLossyAlpha);
  const FileBytes turned{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0};
  all["webp-lossless"] = make_webp({lossless});
  all["webp-alpha"] = make_webp({webp_header(16, 8, 6), alpha});
  all["webp-lossy"] = make_webp({lossy});
  all["webp-lossy-alpha"] = make_webp({webp_header(16, 8, 6), lossy_alpha});
  all["webp-turned"] = make_webp({webp_header(8, 8, 6), lossless, webp_chunk("EXIF", turned), webp_chunk("XMP ", {'<', 'x', '>'})});
  for (const auto& [name, frame] : {std::pair{"webp-animated", lossless}, {"webp-animated-alpha", alpha}, {"webp-animated-lossy", lossy_alpha}}) {
    all[name] = make_webp({webp_header(18, 12, 10), webp_chunk("ANIM", FileBytes(6)), webp_frame(2, 4, 8, 6, frame), webp_frame(0, 0, 8, 6, lossy)});
  }
  all["jp2-plain"] = from_digits(kJ2kDeep);
  FileBytes boxed{0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10, 0, 0, 0, 20, 'f', 't', 'y', 'p', 'j', 'p', '2', ' ', 0, 0, 0, 0, 'j', 'p', '2', ' '};
  put(boxed, {0, 0, 0, 45, 'j', 'p', '2', 'h', 0, 0, 0, 22, 'i', 'h', 'd', 'r', 0, 0, 0, 6, 0, 0, 0, 8, 0, 3, 7, 7, 0, 0});
  put(boxed, {0, 0, 0, 15, 'c', 'o', 'l', 'r', 1, 0, 0, 0, 0, 0, 16});
  put(boxed, {0, 0, 0, 0, 'j', 'p', '2', 'c'});
  put(boxed, from_digits(kJ2kColour));
  all["jp2-boxed"] = boxed;
  for (const auto& [name, digits] : {std::pair{"jxl-colour", kJxlColour}, {"jxl-alpha", kJxlAlpha}, {"jxl-grey-16", kJxlGrey16}, {"jxl-grey-12", kJxlGrey12}, {"jxl-lossy", kJxlLossy}, {"jxl-animated", kJxlAnimated},
                                     {"jxl-of-jpeg", kJxlOfJpeg}, {"jxl-float", kJxlFloat}}) {
    all[name] = from_digits(digits);
  }
  for (const auto& [name, digits] : {std::pair{"tif-lerc", kTiffLerc}, {"tif-lerc-deflate", kTiffLercDeflate}, {"tif-lerc-zstd", kTiffLercZstd}}) all[name] = from_digits(digits);
  FileBytes& told = all["jxl-turned"] = from_digits(kJxlTurned);
  put(told, {0, 0, 0, 38, 'E', 'x', 'i', 'f', 0, 0, 0, 0});
  put(told, turned);
  put(told, {0, 0, 0, 11, 'x', 'm', 'l', ' ', '<', 'x', '>', 0, 0, 0, 14, 'b', 'r', 'o', 'b', 'j', 'u', 'm', 'b', 1, 2});
  return all;
}

}  // namespace cytodrop::test
