#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/formats/dicom_elements.h"
#include "core/image.h"
#include "core/inspect/inspect.h"

namespace cytodrop {

/// How the pixels of a file are packed.
enum class DicomCodec { kNone, kRle, kJpeg, kLosslessJpeg, kJpegLs, kJpeg2000, kJpegXl };

/// Where a frame lies in the whole slide.
struct DicomFramePlace {
  std::int64_t column = 1;  ///< of its left top pixel, from 1
  std::int64_t row = 1;
  double z_um = 0;
  int path = -1;  ///< into `paths`; -1: not stated
};

/// What a DICOM file says of its pixels.
struct DicomFacts {
  DicomSyntax syntax;
  DicomCodec codec = DicomCodec::kNone;
  bool deflated = false;
  std::string character_set;

  std::int64_t rows = 0, columns = 0, samples = 1, planar = 0, frames = 1;
  std::int64_t allocated = 8, stored = 8, high_bit = 7;  ///< bits
  bool is_signed = false;
  std::string colours = "MONOCHROME2";
  std::array<DicomElement, 3> palette_layout{}, palette{};
  bool segmented_palette = false;
  double slope = 1, intercept = 0;

  double x_mm = 0, y_mm = 0, z_mm = 0;  ///< 0: not stated
  bool is_stack = false;                ///< the frames lie above each other
  std::string image_type;               ///< the third word of Image Type

  std::int64_t total_columns = 0, total_rows = 0;  ///< of a whole slide in tiles; 0: the file is none
  std::int64_t focal_planes = 1, optical_paths = 1;
  std::int64_t first_frame = 0;        ///< of a slide in several files: the frames in those before
  std::int64_t part = 1, parts = 1;    ///< of a slide in several files
  bool sparse = false;                 ///< each tile says where it lies
  std::vector<std::string> paths;      ///< identifiers of the optical paths
  std::vector<std::string> path_names; ///< as far as they have any
  std::vector<DicomFramePlace> places;

  DicomElement pixels, offsets, lengths;  ///< tag 0: not there

  bool tiled() const { return total_columns > 0 && total_rows > 0; }
  bool has_palette() const { return colours == "PALETTE COLOR"; }
  bool is_grey() const { return samples == 1 && !has_palette(); }
};

/// Everything but the pixels. Checked: sizes, bits, counts and colours are ones that are read.
///
/// Args:
///   source: of the file; becomes the unpacked one where the file is deflated.
///   tags: gets what the file says beside its pixels.
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kTooLarge, kOutOfMemory.
/// Source: DICOM PS3.3 2024, C.7.6 (image modules), C.8.12 (whole slides); PS3.5, annex A.
DicomFacts read_dicom_facts(std::shared_ptr<Source>& source, std::vector<Tag>& tags);

/// What one element says, as text; nothing for those of layout. `little`: the byte order of its numbers.
void list_dicom_element(Source& source, const std::vector<DicomPlace>& places, const DicomElement& element, bool little, std::vector<Tag>& tags);

}  // namespace cytodrop
