#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/decode/header.h"
#include "core/image.h"

namespace cytodrop {

/// Limits on one image, checked from its header before any memory is taken for pixels.
inline constexpr std::int64_t kMaxPixels = 100'000'000;
inline constexpr std::int64_t kMaxDecodedBytes = 400'000'000;

/// Which picture of a file with several.
struct DecodeOptions {
  int page = 0;      ///< z and time are pages too
  int channel = -1;  ///< of an OME-TIFF with one channel a page; -1: as the file has it
};

struct DecodedImage {
  Image image;        ///< upright, opaque; 1 or 3 channels
  FileHeader header;  ///< as the file states it
  int pages = 1;
  int channels = 1;          ///< to choose from
  int images_stated = 0;     ///< that the file says it has, where it has fewer pages and channels to read; 0: no such
  double pixel_size_um = 0;  ///< 0: the file does not tell
  bool damaged = false;      ///< the decoder warned: the pixels may not be what was stored
};

/// Decodes a PNG, JPEG, plain TIFF or BMP file to upright, opaque pixels, or takes those that core/formats decoded. Untrusted input is safe.
///
/// EXIF orientation is applied. Alpha is composited on white in the stored (not linear) values, rounded half up:
/// (c·a + M·(M − a) + M/2) / M with M the full scale of the sample type. Embedded colour profiles are ignored. What becomes of a
/// TIFF's samples, and what its pages and channels are, stands at decode_tiff.
///
/// Raises: as read_header; kInvalidArgument for a page or channel that the file has not; kTooLarge over kMaxPixels or kMaxDecodedBytes; kCorrupt; kOutOfMemory.
/// Source: stb_image 2.27 or newer for the pixels of PNG and BMP, libjpeg-turbo for those of JPEG,
///   libtiff for those of TIFF.
DecodedImage decode(std::span<const std::uint8_t> file, const DecodeOptions& options = {});

/// Turns an image upright.
///
/// Args:
///   image: pixels as stored.
///   exif_orientation: 1 to 8.
/// Raises: kInvalidArgument, kOutOfMemory.
Image apply_orientation(Image image, int exif_orientation);

/// Composites grey-alpha or RGBA of uint8 or uint16 on white, in place; other images come back as they are.
Image composite_on_white(Image image);

}  // namespace cytodrop
