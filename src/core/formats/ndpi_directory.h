// Directories of Hamamatsu's NDPI: those of a TIFF, whose offsets and single numbers have 64 bits in a way of their own.

#pragma once

#include <cstdint>
#include <vector>

#include "core/decode/source.h"

namespace cytodrop {

struct NdpiEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t at = 0;      ///< of the first value
  std::uint64_t bytes = 0;   ///< of all values; 0 for a type that does not exist
  std::uint64_t number = 0;  ///< of a single SHORT or LONG
};

struct NdpiDirectory {
  std::vector<NdpiEntry> entries;

  /// Null where there is none of that tag.
  const NdpiEntry* find(std::uint16_t tag) const;
  /// 0 where there is none.
  std::uint64_t number(std::uint16_t tag) const;
};

/// A file's directories; none where it is not an NDPI with offsets of 64 bits.
///
/// Layout, all little-endian: "II", 42, eight bytes for the first directory's offset. A directory is the count of its entries (two bytes),
/// the entries of TIFF, eight bytes for the next one's offset, and for each entry the upper four bytes of its value or offset.
///
/// Raises: kTruncated, kCorrupt, kUnreadable. Source: TIFF 6.0; the public descriptions by OpenSlide and tifffile.
std::vector<NdpiDirectory> read_ndpi_directories(Source& source);

/// The first directory as a TIFF of its own, without what is longer than a text, for those who list tags.
std::vector<std::uint8_t> ndpi_tags_as_tiff(Source& source, const NdpiDirectory& directory);

}  // namespace cytodrop
