#pragma once
#include "core/formats/codec.h"

namespace cytodrop {

/// Decodes JPEG of the extended sequential process, of 8 or 12 bits, with Huffman codes and colours of one size, which libjpeg-turbo reads
/// only with 8. The transform is exact but for the last rounding, so that other decoders differ by one level at most.
///
/// Returns: one or three samples a pixel, as stored: no change of colours.
/// Raises: kTruncated, kCorrupt (also where the image is not of `size`), kUnsupportedFeature.
/// Source: ITU-T T.81.
CodecSamples decode_extended_jpeg(Bytes file, const CodecSize& size);

}  // namespace cytodrop
