#pragma once
#include "core/formats/codec.h"

namespace cytodrop {

/// Decodes lossless JPEG of 2 to 16 bits with Huffman codes (process 14, any predictor). Untrusted input is safe.
///
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kOutOfMemory.
/// Source: ITU-T T.81, annex H.
CodecSamples decode_lossless_jpeg(Bytes file, const CodecSize& size);

}  // namespace cytodrop
