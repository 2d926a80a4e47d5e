#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace cytodrop {

enum class FileFormat { kPng, kJpeg, kBmp, kTiff, kCzi, kNd2, kLif, kDicom, kWebp, kGif, kJpeg2000, kZarr, kJpegXl, kLast = kJpegXl };

/// "PNG", "Zeiss CZI" and so on.
std::string_view to_string(FileFormat format);

/// What a file says of itself before any pixel is decoded.
struct FileHeader {
  FileFormat format = FileFormat::kPng;
  int width_px = 0;   ///< as stored, before orientation
  int height_px = 0;  ///< as stored, before orientation
  int channels = 0;   ///< 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; of a TIFF the samples a pixel
  int bits_per_channel = 8;
  int exif_orientation = 1;  ///< 1 to 8
  double pixel_size_um = 0;  ///< of a PNG, where it can be a microscope's; 0: it does not tell
};

/// Reads and checks the structure of an untrusted image file without decoding it.
///
/// Walks every chunk of a PNG (checking its CRC) and every marker of a JPEG up to its end, so that a cut-off or damaged
/// file is refused here, by name; of a BMP it checks that all rows are there, of a TIFF that the first page is one
/// that is read.
///
/// Raises: kEmptyFile, kUnsupportedFormat (naming the format where its first bytes tell), kNeedsReader for a format of core/formats, kUnsupportedFeature,
///   kTruncated, kCorrupt.
/// Source: W3C PNG specification, third edition; ITU-T T.81 annex B; Microsoft BITMAPINFOHEADER.
FileHeader read_header(std::span<const std::uint8_t> file);

/// EXIF orientation in a TIFF structure (the payload of a JPEG APP1 or PNG eXIf block); 1 where there is none.
///
/// Untrusted input is safe: anything out of range counts as no statement.
/// Source: CIPA DC-008 (Exif 2.32), tag 0x0112 in IFD0.
int read_exif_orientation(std::span<const std::uint8_t> tiff);

}  // namespace cytodrop
