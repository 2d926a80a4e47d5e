// One page of a TIFF file: what the tags of its directory say.

#pragma once

#include <cstdint>

#include <tiffio.h>

#include "core/decode/header.h"
#include "core/decode/tiff_library.h"
#include "core/image.h"

namespace cytodrop {

enum class TiffKind { kUnsigned, kSigned, kFloat };

/// What the tags of a directory say, checked to be something that is read.
struct TiffPage {
  std::int64_t width_px = 0;
  std::int64_t height_px = 0;
  int bits = 8;
  int samples = 1;  ///< a pixel, in the file
  TiffKind kind = TiffKind::kUnsigned;
  bool planar = false;
  bool white_is_zero = false;
  bool palette = false;
  int colours = 1;     ///< of the image: 1 or 3
  int alpha = -1;      ///< which sample it is; -1: none
  bool premultiplied = false;
  int grey_channels = 1;  ///< samples to choose from
  int orientation = 1;
  double pixel_size_um = 0;
  double x_pixels_per_unit = 0;
  SampleType type = SampleType::kUint8;

  FileHeader header() const {
    return {.format = FileFormat::kTiff, .width_px = static_cast<int>(width_px), .height_px = static_cast<int>(height_px),
            .channels = samples, .bits_per_channel = bits, .exif_orientation = orientation};
  }
};

template <typename Value>
Value tiff_tag(TIFF* tiff, std::uint32_t name, Value otherwise) {
  Value value{};
  return TIFFGetFieldDefaulted(tiff, name, &value) ? value : otherwise;
}

/// Everything of the directory that libtiff holds now; refuses what is not read before any pixel is.
///
/// Args:
///   in_parts: only a part of it will be read at once, so that all of it may be larger than memory.
/// Raises: kUnsupportedFeature, kNeedsReader, kCorrupt, kTooLarge.
TiffPage read_page(TiffLibrary& library, bool in_parts = false);

}  // namespace cytodrop
