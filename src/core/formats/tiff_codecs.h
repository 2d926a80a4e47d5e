#pragma once

typedef struct tiff TIFF;

namespace cytodrop {

/// Teaches libtiff what the core's module goes without: Zstandard, WebP, LZMA, LERC, and JPEG 2000 with its numbers of Aperio's scanners, JPEG XL with that of DNG. Does nothing the second time.
///
/// Raises: kOutOfMemory.
void register_tiff_codecs();

/// Whether the codec of the directory that is open can be called now. Raises: kNeedsCodec, which may not pass through libtiff.
void require_tiff_codec(TIFF* tiff);

}  // namespace cytodrop
