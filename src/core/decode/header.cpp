#include "core/decode/header.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "core/decode/bytes.h"
#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {
namespace {

using namespace std::string_view_literals;

bool has_at(Bytes file, std::size_t at, std::string_view magic) {
  return file.size() >= at + magic.size() &&
         std::equal(magic.begin(), magic.end(), file.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

[[noreturn]] void truncated(std::string_view format) {
  throw Error(ErrorCode::kTruncated, "the " + std::string(format) + " file is cut off: its end is missing");
}
[[noreturn]] void corrupt(std::string message) { throw Error(ErrorCode::kCorrupt, std::move(message)); }
[[noreturn]] void unsupported(std::string message) {
  throw Error(ErrorCode::kUnsupportedFeature, std::move(message));
}

// ---------------------------------------------------------------- PNG

constexpr auto kPngSignature = "\x89PNG\r\n\x1a\n"sv;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}

// Four bytes a step: a plain byte-wise CRC would cost as much as the whole network on a large file.
constexpr auto kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, 4> t{make_crc_table()};
  for (std::size_t k = 1; k < 4; ++k)
    for (std::size_t i = 0; i < 256; ++i) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xff];
  return t;
}();

std::uint32_t crc32(Bytes data) {
  std::uint32_t c = 0xffffffffu;
  std::size_t i = 0;
  for (; i + 4 <= data.size(); i += 4) {
    c ^= le32(data, i);
    c = kCrcTables[3][c & 0xff] ^ kCrcTables[2][c >> 8 & 0xff] ^ kCrcTables[1][c >> 16 & 0xff] ^ kCrcTables[0][c >> 24];
  }
  for (; i < data.size(); ++i) c = kCrcTables[0][(c ^ data[i]) & 0xff] ^ (c >> 8);
  return ~c;
}

/// The size of a pixel that a pHYs chunk states; 0 where it is that of a screen or a printer, or in no unit.
double microscope_um(std::uint32_t x_per_metre, std::uint32_t y_per_metre, std::uint8_t unit) {
  constexpr std::uint32_t kPerMetre = 1;
  constexpr double kCoarsestUm = 50;
  // 600, 720, 1200 and 1440 dots an inch.
  constexpr std::uint32_t kPrinters[] = {23'622, 28'346, 47'244, 56'693};
  const auto is_near = [&](std::uint32_t printer) { return x_per_metre + 1 >= printer && x_per_metre <= printer + 1; };
  if (unit != kPerMetre || x_per_metre == 0 || x_per_metre != y_per_metre || std::any_of(std::begin(kPrinters), std::end(kPrinters), is_near)) return 0;
  const double um = 1e6 / x_per_metre;
  return um < kCoarsestUm ? um : 0;
}

FileHeader read_png(Bytes file) {
  FileHeader header{.format = FileFormat::kPng};
  bool palette = false, transparency = false, pixels = false;
  std::uint32_t colour = 0;
  std::size_t at = kPngSignature.size();
  for (bool first = true;; first = false) {
    // length, type, data, CRC
    if (file.size() < at + 12) truncated("PNG");
    const std::uint32_t length = be32(file, at);
    if (length > 0x7fffffffu) corrupt("the PNG file has a chunk with an impossible length");
    if (file.size() - at - 12 < length) truncated("PNG");
    const auto type = std::string_view(reinterpret_cast<const char*>(&file[at + 4]), 4);
    const Bytes data = file.subspan(at + 8, length);
    const bool critical = (file[at + 4] & 0x20) == 0;
    if (critical && crc32(file.subspan(at + 4, length + 4)) != be32(file, at + 8 + length)) {
      corrupt("the PNG file is damaged: a checksum does not match");
    }
    if (first) {
      if (type != "IHDR" || length != 13) corrupt("the PNG file does not begin with its header");
      const std::uint32_t width = be32(data, 0), height = be32(data, 4), bits = data[8];
      colour = data[9];
      constexpr std::uint32_t kLargest = 0x7fffffffu;
      if (width == 0 || height == 0 || width > kLargest || height > kLargest) corrupt("the PNG file states no valid size");
      const bool depth_ok = colour == 0   ? bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16
                            : colour == 3 ? bits == 1 || bits == 2 || bits == 4 || bits == 8
                            : colour == 2 || colour == 4 || colour == 6 ? bits == 8 || bits == 16
                                                                        : false;
      if (!depth_ok || data[10] != 0 || data[11] != 0 || data[12] > 1) {
        corrupt("the PNG file states a pixel layout that does not exist");
      }
      header.width_px = static_cast<int>(width);
      header.height_px = static_cast<int>(height);
      header.bits_per_channel = bits == 16 ? 16 : 8;
    } else if (type == "IHDR") {
      corrupt("the PNG file has two headers");
    } else if (type == "PLTE") {
      palette = true;
    } else if (type == "tRNS") {
      transparency = true;
    } else if (type == "pHYs" && length == 9) {
      header.pixel_size_um = microscope_um(be32(data, 0), be32(data, 4), data[8]);
    } else if (type == "eXIf") {
      header.exif_orientation = read_exif_orientation(data);
    } else if (type == "IDAT") {
      pixels = true;
    } else if (type == "IEND") {
      break;
    } else if (critical) {
      unsupported("the PNG file needs an extension that is not known");
    }
    at += 12 + static_cast<std::size_t>(length);
  }
  if (!pixels) corrupt("the PNG file has no pixels");
  if (colour == 3 && !palette) corrupt("the PNG file has no palette");
  const bool alpha = transparency || colour == 4 || colour == 6;
  header.channels = (colour == 0 || colour == 4 ? 1 : 3) + (alpha ? 1 : 0);
  return header;
}

// ---------------------------------------------------------------- JPEG

/// Where the entropy-coded data that begins at `at` ends: the next marker that is neither stuffing nor a restart.
std::size_t skip_scan(Bytes file, std::size_t at) {
  while (true) {
    const auto from = file.begin() + static_cast<std::ptrdiff_t>(at);
    const auto found = std::find(from, file.end(), std::uint8_t{0xff});
    at = static_cast<std::size_t>(found - file.begin());
    if (at + 1 >= file.size()) truncated("JPEG");
    const std::uint8_t code = file[at + 1];
    if (code != 0x00 && code != 0xff && !(code >= 0xd0 && code <= 0xd7)) return at;
    at += code == 0xff ? 1 : 2;
  }
}

/// Checks that no Huffman table lists more codes than there are bytes: stb_image before 2.28 writes past its table then.
void check_huffman_tables(Bytes data) {
  while (!data.empty()) {
    if (data.size() < 17) corrupt("the JPEG file has a broken code table");
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += data[i];
    if (codes > 256 || data.size() < 17 + codes) corrupt("the JPEG file has a broken code table");
    data = data.subspan(17 + codes);
  }
}

FileHeader read_jpeg(Bytes file) {
  FileHeader header{.format = FileFormat::kJpeg};
  bool scan = false;
  std::size_t at = 2;
  while (true) {
    if (at + 1 >= file.size()) truncated("JPEG");
    if (file[at] != 0xff) corrupt("the JPEG file is damaged: bytes between its segments");
    const std::uint8_t code = file[at + 1];
    if (code == 0xff) {  // fill byte
      ++at;
      continue;
    }
    at += 2;
    if (code == 0xd9) break;  // end of image
    if (code == 0x01 || (code >= 0xd0 && code <= 0xd8)) continue;
    if (at + 2 > file.size()) truncated("JPEG");
    const std::uint32_t length = be16(file, at);
    if (length < 2) corrupt("the JPEG file has a segment with an impossible length");
    if (file.size() - at < length) truncated("JPEG");
    const Bytes data = file.subspan(at + 2, length - 2);
    at += length;

    if (code == 0xe1 && has_at(data, 0, "Exif\0\0"sv)) {
      header.exif_orientation = read_exif_orientation(data.subspan(6));
    } else if (code == 0xc4) {
      check_huffman_tables(data);
    } else if (code == 0xc0 || code == 0xc1 || code == 0xc2) {
      if (data.size() < 6 || data.size() < 6 + 3u * data[5]) corrupt("the JPEG file has a broken frame header");
      if (header.width_px != 0) corrupt("the JPEG file has two frame headers");
      if (data[0] != 8) unsupported("the JPEG file has " + std::to_string(data[0]) + " bits per channel; 8 are read");
      header.height_px = static_cast<int>(be16(data, 1));
      header.width_px = static_cast<int>(be16(data, 3));
      if (header.height_px == 0 || header.width_px == 0) unsupported("the JPEG file does not state its height");
      const int components = data[5];
      if (components == 4) unsupported("the JPEG file is in CMYK, the colours of print; save it as RGB");
      if (components != 1 && components != 3) {
        unsupported("the JPEG file has " + std::to_string(components) + " colour channels; 1 or 3 are read");
      }
      header.channels = components;
    } else if (code >= 0xc3 && code <= 0xcf && code != 0xc8 && code != 0xcc) {
      unsupported(code >= 0xc9 ? "the JPEG file is arithmetic-coded" : "the JPEG file is lossless or hierarchical JPEG");
    } else if (code == 0xda) {
      if (header.width_px == 0) corrupt("the JPEG file has pixels before its frame header");
      scan = true;
      at = skip_scan(file, at);
    }
  }
  if (!scan) corrupt("the JPEG file has no pixels");
  return header;
}

// ---------------------------------------------------------------- BMP

FileHeader read_bmp(Bytes file) {
  FileHeader header{.format = FileFormat::kBmp};
  if (file.size() < 30) truncated("BMP");
  const std::uint32_t pixels_at = le32(file, 10), info = le32(file, 14);
  std::int64_t width, height;
  std::uint32_t bits, compression = 0;
  if (info == 12) {
    width = le16(file, 18);
    height = le16(file, 20);
    bits = le16(file, 24);
  } else if (info == 40 || info == 56 || info == 108 || info == 124) {
    if (file.size() < 14 + static_cast<std::size_t>(info)) truncated("BMP");
    width = static_cast<std::int32_t>(le32(file, 18));
    height = std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(le32(file, 22))));
    bits = le16(file, 28);
    compression = le32(file, 30);
  } else {
    unsupported("the BMP file has a header of an unknown kind");
  }
  if (width <= 0 || height <= 0) corrupt("the BMP file states no valid size");
  if (width > 0x7fffffff || height > 0x7fffffff) corrupt("the BMP file states an impossible size");
  constexpr std::uint32_t kRgb = 0, kBitFields = 3;
  if (compression != kRgb && compression != kBitFields) unsupported("the BMP file is compressed");
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) {
    unsupported("the BMP file has " + std::to_string(bits) + " bits per pixel");
  }
  const std::uint64_t row_bytes = (static_cast<std::uint64_t>(width) * bits + 31) / 32 * 4;
  if (pixels_at > file.size() || row_bytes * static_cast<std::uint64_t>(height) > file.size() - pixels_at) truncated("BMP");
  header.width_px = static_cast<int>(width);
  header.height_px = static_cast<int>(height);
  header.channels = bits == 32 && (info >= 108 || info == 56) ? 4 : 3;
  return header;
}

// ---------------------------------------------------------------- everything else

struct KnownFormat {
  std::size_t at;
  std::string_view magic;
  std::string_view name;
  std::string_view hint = "save it as PNG or TIFF";
  bool read_elsewhere = false;  ///< by core/formats
};

constexpr std::string_view kFiji = "open it in Fiji (Bio-Formats) and save it as TIFF";

/// Formats that people drop and that are not read, by their first bytes; the first match counts.
constexpr KnownFormat kKnownFormats[] = {
    {0, "GIF8", "GIF", "", true},
    {8, "WEBP", "WebP", "", true},
    {4, "ftypavi", "AVIF"},
    {4, "ftyphei", "HEIC", "save it as JPEG; the camera of an iPhone does with the format Most Compatible"},
    {4, "ftyphevc", "HEIC", "save it as JPEG"},
    {4, "ftypmif1", "HEIC", "save it as JPEG"},
    {4, "ftypmsf1", "HEIC", "save it as JPEG"},
    {4, "ftypjxl", "JPEG XL", "", true},
    {4, "ftyp", "MP4 video", "save a frame of it as PNG"},
    {0, "8BPS", "Photoshop"},
    {0, "%PDF", "PDF", "save its image as PNG or TIFF"},
    {128, "DICM", "DICOM", "", true},
    {0, "ZISRAWFILE", "Zeiss CZI", "", true},
    {0, "\xda\xce\xbe\x0a", "Nikon ND2", "", true},
    {0, "\0\0\0\x0cjP  \r\n"sv, "JPEG 2000", "", true},
    {0, "\xff\x4f\xff\x51", "JPEG 2000", "", true},
    {4, "JXL ", "JPEG XL", "", true},
    {0, "\xff\x0a", "JPEG XL", "", true},
    {0, "#?RADIANCE", "Radiance HDR"},
    {0, "\0\0\1\0"sv, "Windows icon"},
    // Which may be an OME-Zarr.
    {0, "PK\3\4", "ZIP archive", "", true},
    {0, "\x1f\x8b", "gzip archive", "unpack it and drop the images"},
    {0, "\x89HDF\r\n", "HDF5", kFiji},
};

/// A Leica LIF begins with a block of 0x70, whose text follows a star.
bool is_lif(Bytes file) { return has_at(file, 0, "\x70\0\0\0"sv) && file.size() > 8 && file[8] == 0x2a; }

constexpr KnownFormat kLif{0, {}, "Leica LIF", "", true};
constexpr KnownFormat kMarkup{0, {}, "SVG or XML"}, kWebPage{0, {}, "HTML page", "drop the image itself, not the page it was on"};

std::optional<KnownFormat> known_format(Bytes file) {
  for (const KnownFormat& known : kKnownFormats) {
    if (has_at(file, known.at, known.magic)) return known;
  }
  if (is_lif(file)) return kLif;
  std::size_t at = 0;
  if (has_at(file, 0, "\xef\xbb\xbf")) at = 3;
  while (at < file.size() && (file[at] == ' ' || file[at] == '\n' || file[at] == '\r' || file[at] == '\t')) ++at;
  for (std::string_view tag : {"<svg", "<?xml"}) {
    if (has_at(file, at, tag)) return kMarkup;
  }
  for (std::string_view tag : {"<!DOCTYPE", "<!doctype", "<html", "<HTML"}) {
    if (has_at(file, at, tag)) return kWebPage;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FileFormat format) {
  switch (format) {
    case FileFormat::kPng: return "PNG";
    case FileFormat::kJpeg: return "JPEG";
    case FileFormat::kBmp: return "BMP";
    case FileFormat::kTiff: return "TIFF";
    case FileFormat::kCzi: return "Zeiss CZI";
    case FileFormat::kNd2: return "Nikon ND2";
    case FileFormat::kLif: return "Leica LIF";
    case FileFormat::kDicom: return "DICOM";
    case FileFormat::kWebp: return "WebP";
    case FileFormat::kGif: return "GIF";
    case FileFormat::kJpeg2000: return "JPEG 2000";
    case FileFormat::kJpegXl: return "JPEG XL";
    case FileFormat::kZarr: return "OME-Zarr";
  }
  return "";
}

FileHeader read_header(Bytes file) {
  if (file.empty()) throw Error(ErrorCode::kEmptyFile, "the file is empty");
  if (has_at(file, 0, kPngSignature)) return read_png(file);
  if (has_at(file, 0, "\xff\xd8\xff")) return read_jpeg(file);
  if (is_tiff(file)) return read_tiff_header(file);
  if (has_at(file, 0, "BM")) return read_bmp(file);
  if (const auto known = known_format(file)) {
    if (known->read_elsewhere) throw Error(ErrorCode::kNeedsReader, "this is a file of the kind " + std::string(known->name));
    throw Error(ErrorCode::kUnsupportedFormat, "this is a file of the kind " + std::string(known->name) + ", which is not read; " + std::string(known->hint));
  }
  throw Error(ErrorCode::kUnsupportedFormat, "this is not an image that is read");
}

}  // namespace cytodrop
