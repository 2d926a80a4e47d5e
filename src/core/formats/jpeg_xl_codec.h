#pragma once
#include "core/formats/codec.h"

namespace cytodrop {

/// What a JPEG XL image says before its pixels, upright.
struct JpegXlHeader {
  std::int64_t width_px = 0;
  std::int64_t height_px = 0;
  int samples = 1;  ///< 1: grey, 3: RGB, and one more where there is alpha
  int bits = 8;     ///< a colour, as stated: up to 16
  bool animated = false;
};

/// The next two stand in jpeg_xl_codec.cpp, which is linked natively. In the browser, where few need it, it is a module of its own: those
/// of the border then raise kNeedsCodec, with "jpeg_xl" as the message, until it is loaded.
///
/// Args:
///   file: a codestream, or a container with one.
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature (floats, CMYK), kOutOfMemory. Source: ISO/IEC 18181-1; libjxl 0.7 or newer.
JpegXlHeader read_jpeg_xl_header(Bytes file);

/// The first frame, upright; alpha is not multiplied into the colours, and has as many bits.
///
/// Raises: as above; kCorrupt where the image is not of `size`, kTooLarge over 50 megapixels, since the decoder works on floats.
CodecSamples decode_jpeg_xl(Bytes file, const CodecSize& size);

/// Raises: kNeedsCodec. For callers through whose own library no exception may pass.
void require_jpeg_xl();

}  // namespace cytodrop
