#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxEntries = 1000;
/// Directories after the first whose texts are looked at.
constexpr int kMaxFurther = 16;
constexpr std::uint64_t kMaxNumbers = 12;
/// Of one value; only OME-XML is that long.
constexpr std::uint64_t kMostRead = 8'000'000;

constexpr std::uint32_t kAscii = 2, kUndefined = 7;
enum : std::uint16_t { kExifDirectory = 34665, kGpsDirectory = 34853, kThumbnailBytes = 514 };

/// Bytes of a value by type; 0: no such type. BYTE ASCII SHORT LONG RATIONAL SBYTE UNDEFINED SSHORT SLONG SRATIONAL FLOAT DOUBLE IFD,
/// and from 16 those of BigTIFF.
constexpr std::array<std::uint64_t, 19> kTypeBytes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

/// Numbers at checked places of a TIFF structure.
struct Reader : SourceNumbers {
  Reader(Source& file, bool is_little) : SourceNumbers(file, is_little), source(file), little(is_little) {}

  bool has(std::uint64_t at, std::uint64_t count) const { return source.has(at, count); }
  std::uint64_t word(std::uint64_t at) const { return big ? u64(at) : u32(at); }

  Source& source;
  bool little = false;
  bool big = false;
};

struct Entry {
  std::uint16_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t at = 0;  ///< of its values; checked to lie in the file where `there`
  std::uint64_t bytes = 0;
  bool there = false;
};

struct Directory {
  std::vector<Entry> entries;
  std::uint64_t next = 0;
  bool cut = false;  ///< its end lies outside the file, or it has more entries than are looked at
};

std::optional<Directory> read_directory(const Reader& file, std::uint64_t offset) {
  const std::uint64_t count_bytes = file.big ? 8 : 2, entry_bytes = file.big ? 20 : 12, word_bytes = file.big ? 8 : 4;
  if (offset == 0 || !file.has(offset, count_bytes)) return std::nullopt;
  const std::uint64_t stated = file.big ? file.u64(offset) : file.u16(offset), first = offset + count_bytes;
  const std::uint64_t fit = (file.source.size() - first) / entry_bytes, count = std::min({stated, fit, kMaxEntries});
  Directory directory{.entries = {}, .next = 0, .cut = count < stated};
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = first + i * entry_bytes, value = at + 4 + word_bytes;
    Entry entry{.number = static_cast<std::uint16_t>(file.u16(at)), .type = file.u16(at + 2), .count = file.word(at + 4)};
    const std::uint64_t size = entry.type < kTypeBytes.size() ? kTypeBytes[entry.type] : 0;
    // A count that would overflow lies beyond any file.
    if (size > 0 && entry.count <= file.source.size()) {
      entry.bytes = size * entry.count;
      entry.at = entry.bytes <= word_bytes ? value : file.word(value);
      entry.there = file.has(entry.at, entry.bytes);
    }
    directory.entries.push_back(entry);
  }
  const std::uint64_t end = first + stated * entry_bytes;
  if (!directory.cut && file.has(end, word_bytes)) directory.next = file.word(end);
  return directory;
}

std::string plain(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

template <typename Number, typename Bits>
Number from_bits(Bits bits) {
  static_assert(sizeof(Number) == sizeof(Bits));
  Number number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

/// The value of that position; NaN for x / 0.
double number_at(const Reader& file, const Entry& entry, std::uint64_t i) {
  const std::uint64_t at = entry.at + i * kTypeBytes[entry.type];
  const auto signed32 = [&](std::uint64_t place) { return static_cast<double>(static_cast<std::int32_t>(file.u32(place))); };
  switch (entry.type) {
    case 1: case 7: return file.u8(at);
    case 3: return file.u16(at);
    case 4: case 13: return file.u32(at);
    case 5: return file.u32(at + 4) == 0 ? std::nan("") : static_cast<double>(file.u32(at)) / file.u32(at + 4);
    case 6: return static_cast<std::int8_t>(file.u8(at));
    case 8: return static_cast<std::int16_t>(file.u16(at));
    case 9: return signed32(at);
    case 10: return file.u32(at + 4) == 0 ? std::nan("") : signed32(at) / signed32(at + 4);
    case 11: return static_cast<double>(from_bits<float>(file.u32(at)));
    case 12: return from_bits<double>(file.u64(at));
    case 17: return static_cast<double>(static_cast<std::int64_t>(file.u64(at)));
    default: return static_cast<double>(file.u64(at));
  }
}

std::string numbers(const Reader& file, const Entry& entry, bool angle) {
  if (angle && entry.type == 5 && entry.count == 3) {
    return plain(number_at(file, entry, 0)) + "° " + plain(number_at(file, entry, 1)) + "' " + plain(number_at(file, entry, 2)) + "\"";
  }
  std::string text;
  for (std::uint64_t i = 0; i < std::min(entry.count, kMaxNumbers); ++i) text += (i > 0 ? ", " : "") + plain(number_at(file, entry, i));
  if (entry.count > kMaxNumbers) text += " … (" + std::to_string(entry.count) + " numbers)";
  return text;
}

/// Words for the number of a tag; empty where it speaks for itself.
std::string_view words_for(std::uint16_t number, int value) {
  switch (number) {
    case 259:
      switch (value) {
        case 1: return "none";
        case 5: return "LZW";
        case 7: return "JPEG";
        case 8: case 32946: return "Deflate";
        case 32773: return "PackBits";
        default: return "";
      }
    case 262: return value == 0 ? "white is zero" : value == 1 ? "black is zero" : value == 2 ? "RGB" : value == 3 ? "palette" : value == 6 ? "YCbCr" : "";
    case 296: case 41488: return value == 1 ? "none" : value == 2 ? "inch" : value == 3 ? "centimetre" : "";
    default: return "";
  }
}

bool is_utf16_tag(std::uint16_t number) { return number >= 40091 && number <= 40095; }

/// Of a tag whose bytes are text by definition, whatever their type says.
bool is_text_tag(std::uint16_t number) {
  return number == 700 || number == 36864 || number == 40960 || number == 51123 || number == 34118 || number == 34680 || number == 34682;
}

/// EXIF: eight bytes that name the encoding, then the text.
std::string encoded_text(Bytes value, bool little_endian) {
  if (value.size() < 8) return {};
  const std::string_view code(reinterpret_cast<const char*>(value.data()), 8), text(reinterpret_cast<const char*>(value.data()) + 8, value.size() - 8);
  return code.starts_with("UNICODE") ? clean_utf16(value.subspan(8), little_endian) : clean_text(text);
}

std::string value_of(const Reader& file, const Entry& entry, bool gps) {
  if (!entry.there) return "not readable: it lies outside the file";
  const std::vector<std::uint8_t> all_bytes = file.source.read(entry.at, std::min<std::uint64_t>(entry.bytes, kMostRead));
  const Bytes value(all_bytes);
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  if (is_utf16_tag(entry.number) && !gps) return clean_utf16(value, true);
  if (entry.number == 37510 || (gps && (entry.number == 27 || entry.number == 28))) return encoded_text(value, file.little);
  if (entry.type == kAscii) {
    const bool ome = entry.number == 270 && (text.find("<OME") != text.npos || text.find(":OME") != text.npos);
    return ome ? "OME-XML of " + std::to_string(entry.bytes) + " bytes; its main fields are listed below" : clean_text(text);
  }
  if (is_text_tag(entry.number)) return clean_text(text);
  if (entry.type == kUndefined || (entry.type == 1 && entry.count > 4)) return unread_bytes(entry.bytes);
  const std::string all = numbers(file, entry, gps);
  const double first = entry.count == 1 ? number_at(file, entry, 0) : std::nan("");
  const std::string_view words = first >= 0 && first < 65'536 ? words_for(entry.number, static_cast<int>(first)) : "";
  return words.empty() ? all : std::string(words);
}

Mark mark_of(const KnownTag* known, const Entry& entry) {
  if (known) return known->mark;
  return entry.type == kAscii || entry.bytes > 64 ? Mark::kText : Mark::kNone;
}

void list_entries(const Reader& file, const Directory& directory, std::string_view group, bool gps, TagList& tags) {
  for (const Entry& entry : directory.entries) {
    if (!gps && is_layout_tag(entry.number)) continue;
    const KnownTag* known = find_tag(entry.number, gps);
    const std::string name = known ? std::string(known->name) : "tag " + std::to_string(entry.number);
    tags.add(group, name, value_of(file, entry, gps), mark_of(known, entry));
  }
  if (directory.cut) tags.note(std::string(group) + ": the list of tags is cut off or too long; only its first part was read.");
}

const Entry* find_entry(const Directory& directory, std::uint16_t number) {
  const auto found = std::find_if(directory.entries.begin(), directory.entries.end(), [&](const Entry& entry) { return entry.number == number; });
  return found != directory.entries.end() && found->there && found->bytes >= 4 ? &*found : nullptr;
}

/// EXIF's and GPS's own directories; they are followed from the first directory only, so that no circle is gone round.
void list_linked(const Reader& file, const Directory& directory, TagList& tags) {
  for (const auto& [number, group] : {std::pair<std::uint16_t, std::string_view>{kExifDirectory, "EXIF"}, {kGpsDirectory, "GPS"}}) {
    const Entry* link = find_entry(directory, number);
    const auto linked = link ? read_directory(file, link->bytes >= 8 ? file.u64(link->at) : file.u32(link->at)) : std::nullopt;
    if (linked) list_entries(file, *linked, group, number == kGpsDirectory, tags);
  }
}

/// Texts of the further pages that the first does not have.
void list_further(const Reader& file, std::uint64_t offset, TagList& tags) {
  std::unordered_set<std::uint64_t> seen;
  for (int page = 2; offset != 0 && seen.insert(offset).second; ++page) {
    if (page > 1 + kMaxFurther) {
      tags.note("Of the further pages the texts of the first " + std::to_string(kMaxFurther) + " are listed.");
      return;
    }
    const auto directory = read_directory(file, offset);
    if (!directory) return;
    for (const Entry& entry : directory->entries) {
      const KnownTag* known = find_tag(entry.number, false);
      const Mark mark = mark_of(known, entry);
      if (mark == Mark::kNone || is_layout_tag(entry.number)) continue;
      const std::string name = known ? std::string(known->name) : "tag " + std::to_string(entry.number), value = value_of(file, entry, false);
      if (!tags.has(name, value)) tags.add("TIFF, page " + std::to_string(page), name, value, mark);
    }
    offset = directory->next;
  }
}

void list_thumbnail(const Reader& file, std::uint64_t offset, TagList& tags) {
  const auto directory = read_directory(file, offset);
  const Entry* bytes = directory ? find_entry(*directory, kThumbnailBytes) : nullptr;
  if (bytes) tags.add("EXIF", "Thumbnail", "a small picture of " + std::to_string(file.u32(bytes->at)) + " bytes, not read; it may show more than the image", Mark::kText);
}

}  // namespace

void list_directories(Source& tiff, bool is_file, TagList& tags) {
  if (tiff.size() < 8) return;
  std::array<std::uint8_t, 2> order{};
  tiff.read(0, order);
  Reader file(tiff, order[0] == 'I');
  const std::uint32_t version = file.u16(2);
  file.big = version == 43;
  if (!(order[0] == order[1] && (order[0] == 'I' || order[0] == 'M')) || (version != 42 && version != 43) || (file.big && tiff.size() < 16)) return;
  const auto first = read_directory(file, file.big ? file.u64(8) : file.u32(4));
  if (!first) return;
  list_entries(file, *first, is_file ? "TIFF" : "EXIF", false, tags);
  list_linked(file, *first, tags);
  if (const Entry* text = find_entry(*first, 270); is_file && text && text->type == kAscii) {
    const std::vector<std::uint8_t> said = tiff.read(text->at, std::min(text->bytes, kMostRead));
    list_ome({reinterpret_cast<const char*>(said.data()), said.size()}, tags);
  }
  if (is_file) list_further(file, first->next, tags);
  else list_thumbnail(file, first->next, tags);
}

}  // namespace cytodrop
