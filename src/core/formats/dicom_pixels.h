#pragma once
#include <cstdint>
#include <vector>

#include "core/formats/codec.h"
#include "core/formats/dicom_facts.h"
#include "core/image.h"

namespace cytodrop {

/// The colours of PALETTE COLOR.
struct DicomPalette {
  std::int64_t first = 0;  ///< the value of the first entry
  int bits = 16;           ///< 8 or 16
  std::vector<std::uint16_t> red, green, blue;
};

/// Empty where the file has none. Raises: kTruncated, kCorrupt, kUnsupportedFeature. Source: DICOM PS3.3 2024, C.7.6.3.1.5.
DicomPalette read_dicom_palette(Source& source, const DicomFacts& facts);

/// What the pixels become.
SampleType dicom_sample_type(const DicomFacts& facts, const DicomPalette& palette);

/// One frame as pixels.
///
/// Grey samples become
///   8 or 16 bits, no slope  as stored; signed ones shifted by half of the range of the stored bits
///   with a slope, 32 bits   float32: slope × stored + intercept
///   1 bit                   0 or 255
/// MONOCHROME1 is turned over within the range of the stored bits. Colours become RGB.
///
/// Args:
///   packed: the frame's bytes.
///   damaged: set where a decoder filled in pixels by itself.
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kTooLarge, kOutOfMemory.
/// Source: DICOM PS3.3 2024, C.7.6.3.1 (colours), C.11.1 (rescaling); PS3.5, 8.1 (bits), 8.2 (codecs).
Image decode_dicom_frame(std::vector<std::uint8_t> packed, const DicomFacts& facts, const DicomPalette& palette, bool& damaged);

}  // namespace cytodrop
