#pragma once
#include "core/formats/czi_scenes.h"

namespace cytodrop {

/// Writes the part of a block that lies within a region into the image of that region. Of what is not compressed only that part is read.
///
/// Args:
///   left_px, top_px: of the block in the image; may be negative.
///   damaged: set where a decoder warned.
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kTooLarge, kUnreadable, kOutOfMemory.
void paint_czi_block(Source& source, const CziBlock& block, std::int64_t left_px, std::int64_t top_px, Image& image, bool& damaged);

}  // namespace cytodrop
