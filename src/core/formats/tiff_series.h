// What the directories of a TIFF file are: planes of one image or of several, its smaller levels, or pictures beside it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/decode/source.h"
#include "core/decode/tiff_library.h"
#include "core/decode/tiff_page.h"
#include "core/formats/image_file.h"

namespace cytodrop {

struct TiffPlane {
  std::uint64_t directory = 0;   ///< its offset, or that of the first plane of a stack behind one directory
  std::uint64_t stacked_at = 0;  ///< byte that the samples begin with where they have no directory; 0: they have
};

struct TiffSeries {
  Series facts;
  std::vector<TiffPlane> planes;       ///< [t][z][channel], without the last where channels are samples of a pixel
  bool channels_are_samples = false;
  std::vector<std::uint64_t> levels;   ///< directories of the further levels of the only plane
  bool levels_are_below = false;       ///< each plane has its further levels as SubIFDs
};

/// A thumbnail, a label, an overview: never a page.
struct TiffBeside {
  std::string name;
  std::int64_t width_px = 0;
  std::int64_t height_px = 0;
};

struct TiffContent {
  std::vector<TiffSeries> series;
  std::vector<TiffBeside> beside;
  std::vector<std::string> notes;
  int images_stated = 0;  ///< that the file says it has, where it has fewer; 0: no such
};

/// Lists it as what it is, with its size.
void list_beside(const TiffBeside& one, TagList& tags);

/// Whether a picture of that size can be a smaller level of a large one.
bool is_level_of(const Level& large, std::int64_t width_px, std::int64_t height_px);

/// Reads OME-XML, what ImageJ, Aperio's and Hamamatsu's scanners, LSM and MetaMorph write, and what the directories say themselves. What contradicts itself says
/// nothing.
///
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kUnreadable.
/// Source: TIFF 6.0; OME-TIFF specification 6.0; public descriptions of SVS, NDPI, LSM and STK.
TiffContent read_content(Source& source, TiffLibrary& library);

}  // namespace cytodrop
