#include "core/inspect/inspect.h"

#include <algorithm>
#include <new>

#include <zlib.h>

#include "core/decode/tiff.h"
#include "core/error.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxChunks = 100'000;

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The part up to a NUL, which is taken off with it; nothing where there is no NUL.
std::optional<std::string_view> take_field(Bytes& data) {
  const auto end = std::find(data.begin(), data.end(), std::uint8_t{0});
  if (end == data.end()) return std::nullopt;
  const auto length = static_cast<std::size_t>(end - data.begin());
  const std::string_view field = text_of(data.first(length));
  data = data.subspan(length + 1);
  return field;
}

/// As much of a Deflate stream as is shown, however large it says to be.
std::string inflated(Bytes data) {
  std::string text(4 * kMaxValueBytes + 1, '\0');
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  // zlib reads from there only.
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(data.size(), 1u << 20));
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  inflate(&stream, Z_SYNC_FLUSH);
  text.resize(text.size() - stream.avail_out);
  inflateEnd(&stream);
  return text;
}

/// tEXt, zTXt or iTXt.
void list_png_text(std::string_view type, Bytes data, TagList& tags) {
  const auto keyword = take_field(data);
  if (!keyword) return;
  bool compressed = type == "zTXt";
  if (type == "zTXt") {
    if (data.empty()) return;
    data = data.subspan(1);
  } else if (type == "iTXt") {
    if (data.size() < 2) return;
    compressed = data[0] == 1;
    data = data.subspan(2);
    if (!take_field(data) || !take_field(data)) return;
  }
  const std::string value = clean_text(compressed ? inflated(data) : text_of(data));
  const std::string_view name = *keyword;
  const Mark mark = name == "Author" || name == "Copyright" ? Mark::kPerson : name == "Creation Time" || name.starts_with("date:") ? Mark::kTime : name == "Software" ? Mark::kNone : Mark::kText;
  tags.add("PNG", name == "XML:com.adobe.xmp" ? "XMP"sv : name, value, mark);
}

void list_png_chunk(std::string_view type, Bytes data, TagList& tags) {
  const auto two_digits = [&](std::size_t at) { return (data[at] < 10 ? "0" : "") + std::to_string(data[at]); };
  if (type == "tEXt" || type == "zTXt" || type == "iTXt") {
    list_png_text(type, data, tags);
  } else if (type == "eXIf") {
    MemorySource exif(data);
    list_directories(exif, false, tags);
  } else if (type == "tIME" && data.size() == 7) {
    tags.add("PNG", "Last change", std::to_string(be16(data, 0)) + "-" + two_digits(2) + "-" + two_digits(3) + " " + two_digits(4) + ":" + two_digits(5) + ":" + two_digits(6), Mark::kTime);
  } else if (type == "pHYs" && data.size() == 9) {
    tags.add("PNG", "Pixels per " + std::string(data[8] == 1 ? "metre" : "unit"), std::to_string(be32(data, 0)) + " × " + std::to_string(be32(data, 4)));
  } else if (type == "iCCP") {
    tags.add("PNG", "ICC profile", clean_text(take_field(data).value_or("")), Mark::kNone);
  }
}

void list_png(Bytes file, TagList& tags) {
  std::size_t at = 8;
  for (int count = 0; file.size() >= at + 12; ++count) {
    const std::uint32_t length = be32(file, at);
    if (length > file.size() - at - 12) return;
    if (count == kMaxChunks) return tags.note("PNG: only the first " + std::to_string(kMaxChunks) + " chunks were looked at.");
    const std::string_view type = text_of(file.subspan(at + 4, 4));
    if (type == "IEND") {
      const std::size_t rest = file.size() - at - 12 - length;
      if (rest > 0) tags.add("PNG", "Bytes behind the image", unread_bytes(rest), Mark::kText);
      return;
    }
    list_png_chunk(type, file.subspan(at + 8, length), tags);
    at += 12 + static_cast<std::size_t>(length);
  }
}

void list_jpeg_segment(std::uint8_t code, Bytes data, TagList& tags) {
  const std::string_view text = text_of(data);
  if (code == 0xfe) {
    tags.add("JPEG", "Comment", clean_text(text), Mark::kText);
  } else if (code == 0xe0 && text.starts_with("JFIF\0"sv) && data.size() >= 12) {
    const std::string_view unit = data[7] == 1 ? "inch" : data[7] == 2 ? "centimetre" : "unit";
    tags.add("JPEG", "Pixels per " + std::string(unit), std::to_string(be16(data, 8)) + " × " + std::to_string(be16(data, 10)));
  } else if (code == 0xe1 && text.starts_with("Exif\0\0"sv)) {
    MemorySource exif(data.subspan(6));
    list_directories(exif, false, tags);
  } else if (code == 0xe1 && text.starts_with("http://ns.adobe.com/xap/1.0/\0"sv)) {
    tags.add("JPEG", "XMP", clean_text(text.substr(29)), Mark::kText);
  } else if (code == 0xe2 && text.starts_with("ICC_PROFILE\0"sv)) {
    if (!tags.has("ICC profile", "there")) tags.add("JPEG", "ICC profile", "there");
  } else if (code == 0xed) {
    tags.add("JPEG", "Photoshop or IPTC", unread_bytes(data.size()) + "; names and places may stand in it", Mark::kPerson);
  } else if (code >= 0xe1 && code <= 0xef && code != 0xee) {
    tags.add("JPEG", "Segment APP" + std::to_string(code - 0xe0), unread_bytes(data.size()), Mark::kText);
  }
}

/// The segments before the first scan.
void list_jpeg(Bytes file, TagList& tags) {
  std::size_t at = 2;
  for (int count = 0; count < kMaxChunks && at + 4 <= file.size() && file[at] == 0xff; ++count) {
    const std::uint8_t code = file[at + 1];
    if (code == 0xff) {  // fill byte
      ++at;
      continue;
    }
    if (code == 0xda || code == 0xd9) return;
    const std::uint32_t length = be16(file, at + 2);
    if (length < 2 || length > file.size() - at - 2) return;
    list_jpeg_segment(code, file.subspan(at + 4, length - 2), tags);
    at += 2 + static_cast<std::size_t>(length);
  }
}

FileFacts read_facts(Bytes file) {
  if (!is_tiff(file)) {
    const FileHeader header = read_header(file);
    return {.header = header, .pixel_size_um = header.pixel_size_um, .pixel_size_source = header.pixel_size_um > 0 ? "pHYs" : ""};
  }
  const TiffFacts tiff = read_tiff_facts(file);
  return {.header = tiff.header,
          .pages = tiff.pages,
          .channels = tiff.channels,
          .pixel_size_um = tiff.pixel_size_um,
          .pixel_size_source = tiff.pixel_size_source};
}

}  // namespace

FileContent inspect(Bytes file) {
  TagList tags;
  MemorySource source(file);
  if (is_tiff(file)) list_directories(source, true, tags);
  if (text_of(file).starts_with("\x89PNG\r\n\x1a\n")) list_png(file, tags);
  if (text_of(file).starts_with("\xff\xd8")) list_jpeg(file, tags);
  FileContent content = tags.take();
  try {
    content.facts = read_facts(file);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory || error.code() == ErrorCode::kNeedsReader) throw;
    content.problem = error.what();
  }
  return content;
}

}  // namespace cytodrop
