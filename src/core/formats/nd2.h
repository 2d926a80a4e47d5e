#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// Whether it is Nikon's ND2, of whichever version. Raises: kUnreadable.
bool is_nd2(Source& source);

/// Opens Nikon's ND2 of version 2 and later, in which pieces of data have names and a list of them stands at the end.
///
/// A frame holds all channels of one place and moment, side by side in each pixel, plain or deflated. Each position of the stage is a
/// series; what else was repeated, in whatever loops, is time.
///
/// Raises: kUnsupportedFeature (among others for version 1, which is JPEG 2000), kTruncated, kCorrupt, kTooLarge, kUnreadable, kOutOfMemory.
/// Source: documentation and behaviour of the PyPI package nd2 0.12 (BSD-3-Clause).
std::unique_ptr<ImageFile> open_nd2(std::shared_ptr<Source> source);

}  // namespace cytodrop
