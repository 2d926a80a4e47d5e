// A level of an NDPI: one JPEG of any size, which is read by parts through its restart markers.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/decode/source.h"
#include "core/image.h"

namespace cytodrop {

/// Where the JPEG of a level lies, and what its directory says of it.
struct NdpiStrip {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
  std::int64_t width_px = 0;  ///< as the tags say: the JPEG itself says 0 where it is larger than a JPEG may be
  std::int64_t height_px = 0;
  /// Two lists of as many numbers of four bytes: where, from the strip's first byte on, the parts between restart markers begin, and the
  /// upper four bytes of that. 0: not there.
  std::uint64_t starts_at = 0, starts_high_at = 0, starts = 0;
};

class NdpiJpeg {
 public:
  /// Reads no more than the header. Raises: kTruncated, kCorrupt, kUnsupportedFeature, kUnreadable.
  NdpiJpeg(Source& source, const NdpiStrip& strip);

  int samples() const { return samples_; }

  /// Fills an image with a region. Each part between two restart markers is decoded by itself, as OpenSlide does, so that a pixel does not
  /// depend on the region; a level without such markers is decoded whole.
  ///
  /// Raises: as above; kTooLarge, kOutOfMemory.
  void read(Source& source, const Box& region, Image& image, bool& damaged);

 private:
  void find_starts(Source& source);
  bool takes_listed_starts(Source& source);
  void search_starts(Source& source);
  std::vector<std::uint8_t> with_size(std::int64_t width_px, std::int64_t height_px) const;
  Image decode_part(Source& source, std::uint64_t from, std::uint64_t to, std::int64_t width_px, std::int64_t height_px, bool& damaged) const;

  NdpiStrip strip_;
  std::vector<std::uint8_t> header_;      ///< from the start of the JPEG to its first pixels
  std::size_t size_at_ = 0;               ///< of its height and width in the header
  int samples_ = 3;
  std::int64_t part_width_px_ = 0, part_height_px_ = 0;  ///< between two restart markers; 0: there are none that could be used
  std::vector<std::uint64_t> starts_;     ///< of the parts, in the strip; found when the first is read
  Image whole_;                           ///< where it is decoded whole
};

}  // namespace cytodrop
