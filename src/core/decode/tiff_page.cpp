#include "core/decode/tiff_page.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxTileBytes = 128'000'000;
constexpr std::uint64_t kMaxAllTileBytes = 1'600'000'000;
constexpr int kMaxSamplesPerPixel = 64;
/// JPEG XL, and the same in DNG.
constexpr int kJpegXl = 50002, kJpegXlOfDng = 52546;
/// Coarser resolution tags are of screens and printers, not of a microscope.
constexpr double kCoarsestPixelUm = 20;

std::string compression_name(int code) {
  switch (code) {
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4: return "as a fax (CCITT)";
    case COMPRESSION_OJPEG: return "with the old kind of JPEG";
    case COMPRESSION_LZMA: return "with LZMA";
    case COMPRESSION_ZSTD: return "with Zstandard";
    case COMPRESSION_WEBP: return "with WebP";
    case COMPRESSION_LERC: return "with LERC";
    case COMPRESSION_SGILOG:
    case COMPRESSION_SGILOG24: return "with LogLuv";
    case COMPRESSION_JP2000:
    case 33003:
    case 33005: return "with JPEG 2000";
    case COMPRESSION_JBIG: return "with JBIG";
    case kJpegXl:
    case kJpegXlOfDng: return "with JPEG XL";
    default: return "in a way that is not read (number " + std::to_string(code) + ")";
  }
}

/// Codecs that core/formats has: JPEG 2000 (also Aperio's), LERC, LZMA, Zstandard, WebP, JPEG XL (also of DNG).
bool is_read_elsewhere(int code) {
  constexpr int kCodes[] = {COMPRESSION_JP2000, 33003, 33005, COMPRESSION_LERC, COMPRESSION_LZMA, COMPRESSION_ZSTD, COMPRESSION_WEBP, kJpegXl, kJpegXlOfDng};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

void read_samples(TIFF* tiff, TiffPage& page) {
  page.bits = tiff_tag<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  page.samples = tiff_tag<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  page.planar = tiff_tag<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  if (page.samples < 1 || page.samples > kMaxSamplesPerPixel) {
    tiff_unsupported("the TIFF file has " + std::to_string(page.samples) + " samples a pixel; " + std::to_string(kMaxSamplesPerPixel) + " are the limit");
  }
  const int format = tiff_tag<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  page.kind = format == SAMPLEFORMAT_INT ? TiffKind::kSigned : format == SAMPLEFORMAT_IEEEFP ? TiffKind::kFloat : TiffKind::kUnsigned;
  const int bits = page.bits;
  const bool complex = format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP;
  const bool read = page.kind == TiffKind::kUnsigned ? (bits >= 1 && bits <= 16) || bits == 32
                    : page.kind == TiffKind::kSigned ? bits == 8 || bits == 16 || bits == 32
                                                 : bits == 16 || bits == 32 || bits == 64;
  if (complex || !read) {
    tiff_unsupported("the TIFF file has samples of " + std::to_string(bits) + " bits of a kind that is not read; save it with 8 or 16 bits");
  }
  page.type = page.kind == TiffKind::kFloat || bits == 32 ? SampleType::kFloat32 : bits <= 8 ? SampleType::kUint8 : SampleType::kUint16;
}

void read_colours(TIFF* tiff, TiffPage& page) {
  std::uint16_t photometric = 0;
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric)) photometric = page.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  const int compression = tiff_tag<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG && !page.planar && page.samples == 3) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    photometric = PHOTOMETRIC_RGB;
  }
  std::uint16_t extra_count = 0;
  const std::uint16_t* extra = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      page.white_is_zero = photometric == PHOTOMETRIC_MINISWHITE;
      break;
    case PHOTOMETRIC_RGB:
      if (page.samples < 3) tiff_corrupt("RGB of " + std::to_string(page.samples) + " samples");
      page.colours = 3;
      break;
    case PHOTOMETRIC_PALETTE:
      if (page.kind != TiffKind::kUnsigned || page.bits > 8) tiff_unsupported("the TIFF file has a palette of more than 256 colours");
      page.palette = true;
      break;
    case PHOTOMETRIC_SEPARATED: tiff_unsupported("the TIFF file is in CMYK, the colours of print; save it as RGB");
    case PHOTOMETRIC_YCBCR: tiff_unsupported("the TIFF file has its colours as YCbCr; save it as RGB");
    case PHOTOMETRIC_MASK: tiff_unsupported("the TIFF file holds a mask, not an image");
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: tiff_unsupported("the TIFF file has its colours as L*a*b*; save it as RGB");
    case PHOTOMETRIC_CFA: tiff_unsupported("the TIFF file holds the raw mosaic of a camera; save it as RGB");
    default:
      tiff_unsupported("the TIFF file has its colours in a way that is not read (number " + std::to_string(photometric) + "); save it as grey or RGB");
  }
  if (!page.palette && extra && extra_count > 0 && page.colours < page.samples &&
      (extra[0] == EXTRASAMPLE_UNASSALPHA || extra[0] == EXTRASAMPLE_ASSOCALPHA)) {
    page.alpha = page.colours;
    page.premultiplied = extra[0] == EXTRASAMPLE_ASSOCALPHA;
  }
  if (page.colours == 1 && page.alpha < 0 && !page.palette) page.grey_channels = page.samples;
}

void read_geometry(TIFF* tiff, TiffPage& page) {
  page.width_px = tiff_tag<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
  page.height_px = tiff_tag<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
  if (page.width_px < 1 || page.height_px < 1) tiff_corrupt("no valid size");
  const int orientation = tiff_tag<std::uint16_t>(tiff, TIFFTAG_ORIENTATION, 1);
  page.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  page.x_pixels_per_unit = static_cast<double>(tiff_tag<float>(tiff, TIFFTAG_XRESOLUTION, 0));
  const int unit = tiff_tag<std::uint16_t>(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  if (page.x_pixels_per_unit > 0 && std::isfinite(page.x_pixels_per_unit) && unit != RESUNIT_NONE) {
    const double um = (unit == RESUNIT_CENTIMETER ? 10'000 : 25'400) / page.x_pixels_per_unit;
    if (um <= kCoarsestPixelUm && um > 1e-6) page.pixel_size_um = um;
  }
}

}  // namespace

TiffPage read_page(TiffLibrary& library, bool in_parts) {
  TIFF* tiff = library.get();
  TiffPage page;
  read_geometry(tiff, page);
  const int compression = tiff_tag<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (!TIFFIsCODECConfigured(static_cast<std::uint16_t>(compression))) {
    const std::string what = "the TIFF file is compressed " + compression_name(compression);
    if (is_read_elsewhere(compression)) throw Error(ErrorCode::kNeedsReader, what);
    tiff_unsupported(what + "; save it uncompressed or with LZW");
  }
  read_samples(tiff, page);
  if (compression == COMPRESSION_JPEG && page.bits != 8) {
    tiff_unsupported("the TIFF file is compressed with JPEG of " + std::to_string(page.bits) + " bits; save it uncompressed or with LZW");
  }
  if ((compression == kJpegXl || compression == kJpegXlOfDng) && (page.kind != TiffKind::kUnsigned || page.bits > 16)) {
    tiff_unsupported("the TIFF file is compressed with JPEG XL of other samples than up to 16 bits without a sign; save it uncompressed or with LZW");
  }
  read_colours(tiff, page);
  const int channels = page.palette ? 3 : page.colours + (page.alpha >= 0 ? 1 : 0);
  if (!in_parts) check_decoded_size(page.width_px, page.height_px, static_cast<std::int64_t>(channels * static_cast<int>(sample_bytes(page.type))));
  if (TIFFIsTiled(tiff)) {
    const std::uint64_t tile = TIFFTileSize64(tiff), count = TIFFNumberOfTiles(tiff);
    if (tile == 0) library.fail();
    if (tile > kMaxTileBytes || (!in_parts && count > kMaxAllTileBytes / tile)) {
      throw Error(ErrorCode::kTooLarge, "the TIFF file has tiles far larger than its image");
    }
  } else {
    const std::uint64_t row = TIFFScanlineSize64(tiff);
    if (row == 0) library.fail();
    if (row > kMaxTileBytes) throw Error(ErrorCode::kTooLarge, "the TIFF file has rows of more than 128 MB");
  }
  return page;
}

}  // namespace cytodrop
