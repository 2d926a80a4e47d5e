#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode/source.h"
#include "core/inspect/inspect.h"

namespace cytodrop {

/// The tags and notes of one file, as they are found; keeps to the limits.
class TagList {
 public:
  /// Args:
  ///   value: cleaned with `clean_text`, or made here.
  void add(std::string_view group, std::string_view name, std::string value, Mark mark = Mark::kNone);
  void note(std::string sentence) { content_.notes.push_back(std::move(sentence)); }
  bool has(std::string_view name, std::string_view value) const;
  FileContent take();

 private:
  FileContent content_;
  bool full_ = false;
};

/// Text as it may be shown: UTF-8, or where it is none Latin-1, made UTF-8; without control characters, marks that turn the direction
/// of writing, and ends of blanks. More than kMaxValueBytes is cut, which is said at its end.
std::string clean_text(std::string_view text);

/// As `clean_text`, of UTF-16.
std::string clean_utf16(Bytes text, bool little_endian);

/// Text of XML without its five entities and numbers of characters; anything else stays as it is written. Nothing is looked up.
std::string unescape_xml(std::string_view text);

/// "12 bytes, not read".
std::string unread_bytes(std::uint64_t count);

/// The tags of a TIFF file, or of the TIFF structure that EXIF is. `is_file`: the first.
void list_directories(Source& tiff, bool is_file, TagList& tags);

/// The fields of OME-XML.
void list_ome(std::string_view xml, TagList& tags);

/// What is known of a tag by its number.
struct KnownTag {
  std::uint16_t number;
  std::string_view name;
  Mark mark = Mark::kNone;
};

/// Null for a number that is not known.
const KnownTag* find_tag(std::uint16_t number, bool gps);

/// Of layout and nothing else: where the pixels lie, how long they are.
bool is_layout_tag(std::uint16_t number);

}  // namespace cytodrop
