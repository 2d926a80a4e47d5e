#pragma once

namespace cytodrop {

/// Teaches libtiff what the core's module goes without: Zstandard, WebP, LZMA, and JPEG 2000 with its numbers of Aperio's scanners. Does nothing the second time.
///
/// Raises: kOutOfMemory.
void register_tiff_codecs();

}  // namespace cytodrop
