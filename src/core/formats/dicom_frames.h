#pragma once
#include <cstdint>
#include <vector>

#include "core/formats/dicom_facts.h"

namespace cytodrop {

/// Where the frames of a DICOM file lie.
class DicomFrames {
 public:
  /// Raises: kTruncated, kCorrupt, kTooLarge, kOutOfMemory.
  DicomFrames(Source& source, const DicomFacts& facts);

  /// The bytes of one frame as the file has them; of samples that are not compressed in little-endian order.
  ///
  /// Raises: as above, kUnreadable. Source: DICOM PS3.5 2024, annex A.4 (fragments and tables of offsets), 8.1.1 (single bits).
  std::vector<std::uint8_t> read(Source& source, std::int64_t frame) const;

 private:
  struct Piece {
    std::uint64_t at = 0, length = 0;
  };

  void find_pieces(Source& source);
  std::vector<std::uint8_t> read_native(Source& source, std::int64_t frame) const;

  const DicomFacts& facts_;
  std::uint64_t frame_bits_ = 0;       ///< of samples that are not compressed
  std::uint64_t base_ = 0;             ///< of the fragments
  std::uint64_t end_ = 0;
  std::vector<std::uint64_t> starts_;  ///< of the frames' first fragments, from the base, where a table tells
  std::vector<Piece> pieces_;          ///< fragments where none does
  std::vector<std::size_t> first_piece_;  ///< of each frame, and one behind the last
};

/// Bytes of planes of single bytes, as PackBits packs them. Raises: kCorrupt, kTruncated, kOutOfMemory.
///
/// Args:
///   sample_bytes: of a sample, whose most significant byte is the first plane.
/// Returns: samples a pixel next to each other, little-endian.
/// Source: DICOM PS3.5 2024, annex G.
std::vector<std::uint8_t> unpack_dicom_rle(Bytes packed, std::size_t pixels, std::size_t samples, std::size_t sample_bytes);

}  // namespace cytodrop
