#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/decode/decode.h"

namespace cytodrop {

/// Whether the first bytes are those of a TIFF or BigTIFF of either byte order.
bool is_tiff(std::span<const std::uint8_t> file);

/// What a TIFF states of its first page. Raises: as decode_tiff, before any pixel is decoded.
FileHeader read_tiff_header(std::span<const std::uint8_t> file);

/// Decodes one page of a TIFF or OME-TIFF with libtiff, from memory: no file is ever opened. Untrusted input is safe.
///
/// Reads strips and tiles, no compression, LZW, Deflate, PackBits and JPEG, both byte orders and BigTIFF; grey, RGB, palette and
/// WhiteIsZero. Samples become:
///   unsigned, 8 or 16 bits   as stored
///   unsigned, other ≤ 16     widened to the full scale of uint8 (to 8 bits) or uint16, rounded
///   unsigned, 32 bits        float32, the share of the full scale
///   signed, 8, 16, 32 bits   shifted by half of the full scale, then as unsigned
///   float, 16, 32, 64 bits   float32; what is no number within ±1e30 becomes the least of the others and the image counts as damaged
/// WhiteIsZero is turned over; a palette gives RGB of uint8; alpha is composited on white as in `decode`, further samples are left out.
///
/// Pages: the file's directories without thumbnails and masks. A grey image of several samples a pixel has them as channels. Files whose directories mean
/// more than pages, as those of OME, ImageJ, slide scanners and pyramids do, are left to core/formats.
///
/// Pixel size: of the OME-XML (PhysicalSizeX), of ImageJ's unit, else of the resolution tags where these say 20 µm or less a pixel:
/// coarser ones are of screens and printers.
///
/// Raises: kInvalidArgument (no such page or channel), kNeedsReader, kUnsupportedFeature, kTruncated, kCorrupt, kTooLarge, kOutOfMemory.
/// Source: TIFF 6.0; OME-TIFF specification 6.0; libtiff 4.5 or newer for the samples.
DecodedImage decode_tiff(std::span<const std::uint8_t> file, const DecodeOptions& options);

/// What `decode_tiff` would say of the first page.
struct TiffFacts {
  FileHeader header;
  int pages = 1;
  int channels = 1;
  double pixel_size_um = 0;            ///< 0: the file does not tell
  std::string_view pixel_size_source;  ///< "OME-XML", "ImageJ" or "resolution tags"; empty where it does not tell
};

/// Raises: as decode_tiff, before any pixel is decoded.
TiffFacts read_tiff_facts(std::span<const std::uint8_t> file);

/// Raises kTooLarge over kMaxPixels or kMaxDecodedBytes.
void check_decoded_size(std::int64_t width_px, std::int64_t height_px, std::int64_t pixel_bytes);

}  // namespace cytodrop
