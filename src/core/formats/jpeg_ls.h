#pragma once
#include "core/formats/codec.h"

namespace cytodrop {

/// Decodes JPEG-LS of 2 to 16 bits, lossless and nearly so, of one or three samples in any order. Untrusted input is safe.
///
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kOutOfMemory.
/// Source: ITU-T T.87.
CodecSamples decode_jpeg_ls(Bytes file, const CodecSize& size);

}  // namespace cytodrop
