#pragma once
#include <cstdint>
#include <vector>

#include "core/decode/bytes.h"
#include "core/image.h"

namespace cytodrop {

/// What a JPEG XR has to be.
struct JpegXrShape {
  int width_px = 0;
  int height_px = 0;
  int samples = 0;  ///< 1 grey, 3 colours
  SampleType type = SampleType::kUint8;
};

/// Decodes a JPEG XR file of a known shape. Untrusted input is safe.
///
/// Args:
///   shape: its size was checked against the limits.
/// Returns: packed samples, colours as RGB.
/// Raises: kTruncated; kCorrupt, also where the file has another shape; kUnsupportedFeature (transparency, cropped and turned files); kTooLarge,
///   kOutOfMemory.
/// Source: ITU-T T.832; jxrlib.
std::vector<std::uint8_t> decode_jpeg_xr(Bytes file, const JpegXrShape& shape);

}  // namespace cytodrop
