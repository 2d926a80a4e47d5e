#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// Whether it is Leica's LIF, or one of the formats around it (LOF, XLEF and so on), which are refused by name. Raises: kUnreadable.
bool is_lif(Source& source);

/// Opens Leica's LIF of version 1 and 2: XML that tells of images, and blocks of memory that hold their pixels.
///
/// Each image is a series with the path of its folders as name; each tile of a mosaic is a series of its own. What else was repeated
/// (rotations, loops) is time, and spectral steps are channels.
///
/// Raises: kUnsupportedFeature, kTruncated, kCorrupt, kTooLarge, kUnreadable, kOutOfMemory.
/// Source: documentation and behaviour of the PyPI package liffile 2026.2 (BSD-3-Clause).
std::unique_ptr<ImageFile> open_lif(std::shared_ptr<Source> source);

}  // namespace cytodrop
