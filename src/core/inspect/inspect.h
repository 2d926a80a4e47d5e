#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode/header.h"

namespace cytodrop {

/// What a tag may give away.
enum class Mark {
  kNone,
  kPlace,
  kPerson,
  kTime,
  kDevice,  ///< one very instrument or computer: a serial number, a name on the network
  kText,    ///< free text or unread bytes, in which anything may stand
};

/// "", "place", "person", "time", "device" or "text".
std::string_view to_string(Mark mark);

/// One statement of a file about itself, as text to be read: valid UTF-8 without control characters, but for line breaks.
struct Tag {
  std::string group;  ///< "TIFF", "EXIF", "GPS", "OME-XML", "PNG", "JPEG"
  std::string name;
  std::string value;
  Mark mark = Mark::kNone;
};

/// What the pixels of a file are, without decoding them.
struct FileFacts {
  FileHeader header;
  int pages = 1;
  int channels = 1;       ///< to choose from
  int images_stated = 0;  ///< as DecodedImage
  double pixel_size_um = 0;            ///< 0: the file does not tell
  std::string_view pixel_size_source;  ///< as TiffFacts
};

struct FileContent {
  std::optional<FileFacts> facts;  ///< none: it is no image that is read
  std::string problem;             ///< why
  std::vector<Tag> tags;
  std::vector<std::string> notes;  ///< what was left out, in sentences
};

inline constexpr std::size_t kMaxTags = 600;
/// Bytes of one value; a longer one is cut and says so.
inline constexpr std::size_t kMaxValueBytes = 2000;

/// Lists what a PNG, JPEG or TIFF says beside its pixels. Untrusted input is safe, and the work is bounded: no text is taken for
/// anything but text, each directory, chunk and segment is looked at once, and what lies outside the file is said to.
///
/// Of a TIFF the tags of the first directory are listed, its EXIF and GPS directories, and the texts of further ones that say something
/// new. Of OME-XML the fields that a person would look for.
///
/// Raises: nothing but kOutOfMemory, and kNeedsReader for a file that is read elsewhere; a damaged file is read as far as it goes.
/// Source: TIFF 6.0; CIPA DC-008 (Exif 2.32); W3C PNG specification, third edition; ITU-T T.81; OME-TIFF specification 6.0.
FileContent inspect(std::span<const std::uint8_t> file);

}  // namespace cytodrop
