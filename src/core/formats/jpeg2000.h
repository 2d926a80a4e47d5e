#pragma once
#include <memory>

#include "core/formats/codec.h"
#include "core/formats/image_file.h"

namespace cytodrop {

/// What a JPEG 2000 image, in its boxes or without, says of itself.
struct Jpeg2000Header {
  std::int64_t width_px = 0;
  std::int64_t height_px = 0;
  int samples = 0;
  int bits = 0;  ///< a sample, the same for all
  bool is_signed = false;
};

/// Raises: kTruncated, kCorrupt, kUnsupportedFeature. Source: ISO/IEC 15444-1, annexes A.5.1 and I.
Jpeg2000Header read_jpeg2000_header(Bytes file);

/// Decodes JPEG 2000 (part 1, and HTJ2K), in RGB where the file turned its colours. Untrusted input is safe.
///
/// Args:
///   size: of the image; `samples` up to 4.
/// Raises: as above, kTooLarge, kOutOfMemory.
/// Source: OpenJPEG 2.5.0 or newer.
CodecSamples decode_jpeg2000(Bytes file, const CodecSize& size);

bool is_jpeg2000(Source& source);

/// A picture by itself (.jp2, .j2k); alpha is composited on white. Raises: as open_image_file.
std::unique_ptr<ImageFile> open_jpeg2000(std::shared_ptr<Source> source);

}  // namespace cytodrop
