#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/decode/source.h"
#include "core/error.h"

namespace cytodrop {

/// Raises: kCorrupt, "the CZI file is damaged (…)".
[[noreturn]] void czi_damaged(const std::string& how);

/// A segment, as far as its 32 bytes of head tell.
struct CziSegment {
  std::uint64_t data_at = 0;  ///< in the file
  std::uint64_t bytes = 0;    ///< of its data; they are there
};

/// Raises: kTruncated, kCorrupt where another kind of segment stands there.
CziSegment find_czi_segment(Source& source, std::uint64_t at, std::string_view kind);

/// Dimensions of a plane besides X, Y, C, Z, T and S, of which one index each is read.
inline constexpr std::string_view kCziOtherDimensions = "HIRVB";
inline constexpr int kMaxCziOtherIndex = 4095;

/// One block of pixels, as the directory lists it: a tile of a plane.
struct CziBlock {
  std::uint64_t at = 0;  ///< of its segment in the file
  std::int32_t pixel_type = 0;
  std::int32_t compression = 0;
  std::int32_t x = 0;  ///< in px of the full size, may be negative
  std::int32_t y = 0;
  std::int32_t width_px = 0;  ///< of the full size
  std::int32_t height_px = 0;
  std::int32_t stored_width_px = 0;
  std::int32_t stored_height_px = 0;
  std::int32_t scene = -1;  ///< -1: the block is of none
  std::int32_t c = 0;
  std::int32_t z = 0;
  std::int32_t t = 0;
  std::int32_t m = 0;        ///< of overlapping tiles that with the greater number lies above
  std::uint64_t others = 0;  ///< of kCziOtherDimensions the indices, 12 bits each
  std::int32_t level = 0;    ///< filled in by whoever sorts the blocks

  int other(std::size_t dimension) const { return static_cast<int>(others >> 12 * dimension & kMaxCziOtherIndex); }
};

struct CziAttachment {
  std::string name;  ///< cleaned
  std::string type;  ///< "JPG", "CZTIMS"; cleaned
  std::uint64_t bytes = 0;
};

/// What the segments of a file say.
struct CziDirectory {
  std::vector<CziBlock> blocks;  ///< at least one, in the order of the file
  std::string xml;               ///< of the metadata, as far as it is looked through; empty where there is none
  std::uint64_t xml_bytes = 0;   ///< of all of it
  std::vector<CziAttachment> attachments;
  bool attachments_damaged = false;
};

bool is_czi(Source& source);

/// Reads the file's header and its lists of blocks and attachments; of the blocks themselves nothing.
///
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature (a file that consists of several), kTooLarge, kUnreadable, kOutOfMemory.
/// Source: the description of the ZISRAW (CZI) file format that Carl Zeiss Microscopy publishes: segments, "DV" entries, "A1" entries.
CziDirectory read_czi_directory(Source& source);

}  // namespace cytodrop
