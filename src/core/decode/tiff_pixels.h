// The pixels of one page of a TIFF file.

#pragma once

#include "core/decode/tiff_page.h"
#include "core/image.h"

namespace cytodrop {

/// Args:
///   channel: which of `page.grey_channels`.
/// Raises: kTruncated, kCorrupt.
Image read_pixels(TiffLibrary& library, const TiffPage& page, int channel);

/// Lays an image with transparency on white; as it is without.
Image on_white(Image image, const TiffPage& page);

/// Turns samples that are no numbers, or far too large, into zeros. Returns whether there were any.
bool remove_non_numbers(Image& image);

}  // namespace cytodrop
