#include "core/decode/tiff.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <tiffio.h>

#include "core/decode/bytes.h"
#include "core/decode/ome.h"
#include "core/decode/tiff_memory.h"
#include "core/error.h"
#include "core/float16.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxLibraryBytes = 256'000'000;
constexpr std::uint64_t kMaxTileBytes = 128'000'000;
constexpr std::uint64_t kMaxAllTileBytes = 1'600'000'000;
constexpr std::size_t kMaxDirectories = 65'536;
constexpr int kMaxSamplesPerPixel = 64;
/// Coarser resolution tags are of screens and printers, not of a microscope.
constexpr double kCoarsestPixelUm = 20;

[[noreturn]] void truncated() { throw Error(ErrorCode::kTruncated, "the TIFF file is cut off: its end is missing"); }
[[noreturn]] void corrupt(const std::string& what) { throw Error(ErrorCode::kCorrupt, "the TIFF file is damaged (" + what + ")"); }
[[noreturn]] void unsupported(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, what); }

// ---------------------------------------------------------------- directories

struct Directory {
  std::uint64_t offset = 0;
  bool auxiliary = false;  ///< a thumbnail or a mask
};

struct Directories {
  std::vector<Directory> all;
  bool circular = false;
};

/// Walks the chain of directories. libtiff would walk it again for every page.
Directories walk_directories(Bytes file) {
  const bool little = file[0] == 'I';
  const auto u16 = [&](std::size_t at) { return little ? le16(file, at) : be16(file, at); };
  const auto u32 = [&](std::size_t at) { return little ? le32(file, at) : be32(file, at); };
  const auto u64 = [&](std::size_t at) {
    const std::uint64_t a = u32(at), b = u32(at + 4);
    return little ? b << 32 | a : a << 32 | b;
  };
  const bool big = u16(2) == 43;
  const std::uint64_t header_bytes = big ? 16 : 8, count_bytes = big ? 8 : 2, entry_bytes = big ? 20 : 12, link_bytes = big ? 8 : 4;
  if (file.size() < header_bytes) truncated();

  Directories found;
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t offset = big ? u64(8) : u32(4); offset != 0;) {
    if (!seen.insert(offset).second) {
      found.circular = true;
      break;
    }
    if (offset > file.size() || file.size() - offset < count_bytes) truncated();
    const auto at = static_cast<std::size_t>(offset);
    const std::uint64_t entries = big ? u64(at) : u16(at);
    if (entries == 0 || entries > 65'535) corrupt("a directory of " + std::to_string(entries) + " entries");
    const std::uint64_t bytes = count_bytes + entries * entry_bytes;
    if (file.size() - offset < bytes + link_bytes) truncated();
    Directory directory{.offset = offset};
    for (std::uint64_t i = 0; i < entries; ++i) {
      const std::size_t entry = at + static_cast<std::size_t>(count_bytes + i * entry_bytes);
      if (u16(entry) == TIFFTAG_SUBFILETYPE) {
        const std::uint32_t type = u32(entry + (big ? 12 : 8));
        directory.auxiliary = (type & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
      }
    }
    found.all.push_back(directory);
    if (found.all.size() == kMaxDirectories) break;
    const std::size_t link = at + static_cast<std::size_t>(bytes);
    offset = big ? u64(link) : u32(link);
  }
  if (found.all.empty()) corrupt("no directory");
  return found;
}

// ---------------------------------------------------------------- libtiff in memory

/// An open file. libtiff reads the caller's bytes where they lie; its messages are kept, never printed.
class Library {
 public:
  explicit Library(Bytes file) : file_(file) {
    tiff_memory() = {.left_bytes = kMaxLibraryBytes};
    std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
    if (!options) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to read the TIFF file");
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxLibraryBytes);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, this);
    // h: no directory yet. c: strips as they are.
    tiff_ = TIFFClientOpenExt("TIFF", "rhc", this, read, write, seek, close, size, map, unmap, options.get());
    if (!tiff_) fail();
  }
  ~Library() {
    if (tiff_) TIFFClose(tiff_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  TIFF* get() { return tiff_; }

  void read_directory(std::uint64_t offset) {
    if (!TIFFSetSubDirectory(tiff_, offset)) {
      // Where size_t has 32 bits, libtiff stumbles over huge images by itself.
      std::uint32_t width = 0, height = 0;
      if (TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &width) && TIFFGetField(tiff_, TIFFTAG_IMAGELENGTH, &height)) check_decoded_size(width, height, 1);
      fail();
    }
    // What was odd about the tags says nothing of the pixels.
    complained_ = false;
    message_.clear();
  }

  /// The decoder warned or erred since the directory was read.
  bool complained() const { return complained_; }

  /// Names what went wrong in the last call.
  [[noreturn]] void fail() {
    if (tiff_memory().exhausted) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to read the TIFF file");
    if (tiff_memory().exceeded) throw Error(ErrorCode::kTooLarge, "the TIFF file asks for far more memory than its image needs");
    if (tiff_ && data_beyond_end()) truncated();
    corrupt(message_.empty() ? "libtiff cannot read it" : message_);
  }

 private:
  bool data_beyond_end() {
    std::uint32_t width = 0;
    if (!TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &width)) return false;
    const std::uint32_t count = std::min<std::uint32_t>(TIFFIsTiled(tiff_) ? TIFFNumberOfTiles(tiff_) : TIFFNumberOfStrips(tiff_), 1'000'000);
    for (std::uint32_t i = 0; i < count; ++i) {
      int error = 0;
      const std::uint64_t offset = TIFFGetStrileOffsetWithErr(tiff_, i, &error);
      if (error) return false;
      const std::uint64_t bytes = TIFFGetStrileByteCountWithErr(tiff_, i, &error);
      if (error) return false;
      if (offset > file_.size() || bytes > file_.size() - offset) return true;
    }
    return false;
  }

  static Library& self(thandle_t handle) { return *static_cast<Library*>(handle); }

  static tmsize_t read(thandle_t handle, void* to, tmsize_t count) {
    Library& library = self(handle);
    const std::uint64_t size = library.file_.size(), at = std::min(library.at_, size);
    const std::uint64_t step = std::min<std::uint64_t>(static_cast<std::uint64_t>(std::max<tmsize_t>(count, 0)), size - at);
    if (step > 0) std::memcpy(to, library.file_.data() + at, static_cast<std::size_t>(step));
    library.at_ = at + step;
    return static_cast<tmsize_t>(step);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return 0; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    Library& library = self(handle);
    const toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? library.at_ : library.file_.size();
    library.at_ = base + offset;
    return library.at_;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return self(handle).file_.size(); }
  static int map(thandle_t handle, void** base, toff_t* size) {
    Library& library = self(handle);
    // Opened for reading only: libtiff does not write there.
    *base = const_cast<std::uint8_t*>(library.file_.data());
    *size = library.file_.size();
    return 1;
  }
  static void unmap(thandle_t, void*, toff_t) {}

  static int on_error(TIFF*, void* handle, const char*, const char* format, std::va_list arguments) {
    self(handle).note(format, arguments);
    return 1;
  }
  static int on_warning(TIFF*, void* handle, const char*, const char* format, std::va_list) {
    // Of LZW as it was written before 1990: read without loss.
    if (!std::strstr(format, "Old-style LZW")) self(handle).complained_ = true;
    return 1;
  }

  /// Keeps the first message, which names the cause.
  void note(const char* format, std::va_list arguments) {
    complained_ = true;
    if (!message_.empty()) return;
    char text[200];
    std::vsnprintf(text, sizeof text, format, arguments);
    message_ = text;
    for (char& c : message_) {
      if (c < ' ' || c > '~') c = '?';
    }
  }

  Bytes file_;
  std::uint64_t at_ = 0;
  TIFF* tiff_ = nullptr;
  bool complained_ = false;
  std::string message_;
};

// ---------------------------------------------------------------- one page

enum class Kind { kUnsigned, kSigned, kFloat };

/// What the tags of a directory say, checked to be something that is read.
struct Page {
  std::int64_t width_px = 0;
  std::int64_t height_px = 0;
  int bits = 8;
  int samples = 1;  ///< a pixel, in the file
  Kind kind = Kind::kUnsigned;
  bool planar = false;
  bool white_is_zero = false;
  bool palette = false;
  int colours = 1;     ///< of the image: 1 or 3
  int alpha = -1;      ///< which sample it is; -1: none
  bool premultiplied = false;
  int grey_channels = 1;  ///< samples to choose from
  int orientation = 1;
  double pixel_size_um = 0;
  double x_pixels_per_unit = 0;
  SampleType type = SampleType::kUint8;

  FileHeader header() const {
    return {.format = FileFormat::kTiff, .width_px = static_cast<int>(width_px), .height_px = static_cast<int>(height_px),
            .channels = samples, .bits_per_channel = bits, .exif_orientation = orientation};
  }
};

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
    case 50002: return "with JPEG XL";
    default: return "in a way that is not read (number " + std::to_string(code) + ")";
  }
}

template <typename Value>
Value tag(TIFF* tiff, std::uint32_t name, Value otherwise) {
  Value value{};
  return TIFFGetFieldDefaulted(tiff, name, &value) ? value : otherwise;
}

void read_samples(TIFF* tiff, Page& page) {
  page.bits = tag<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  page.samples = tag<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  page.planar = tag<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  if (page.samples < 1 || page.samples > kMaxSamplesPerPixel) {
    unsupported("the TIFF file has " + std::to_string(page.samples) + " samples a pixel; " + std::to_string(kMaxSamplesPerPixel) + " are the limit");
  }
  const int format = tag<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  page.kind = format == SAMPLEFORMAT_INT ? Kind::kSigned : format == SAMPLEFORMAT_IEEEFP ? Kind::kFloat : Kind::kUnsigned;
  const int bits = page.bits;
  const bool complex = format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP;
  const bool read = page.kind == Kind::kUnsigned ? (bits >= 1 && bits <= 16) || bits == 32
                    : page.kind == Kind::kSigned ? bits == 8 || bits == 16 || bits == 32
                                                 : bits == 16 || bits == 32 || bits == 64;
  if (complex || !read) {
    unsupported("the TIFF file has samples of " + std::to_string(bits) + " bits of a kind that is not read; save it with 8 or 16 bits");
  }
  page.type = page.kind == Kind::kFloat || bits == 32 ? SampleType::kFloat32 : bits <= 8 ? SampleType::kUint8 : SampleType::kUint16;
}

void read_colours(TIFF* tiff, Page& page) {
  std::uint16_t photometric = 0;
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric)) photometric = page.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  const int compression = tag<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
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
      if (page.samples < 3) corrupt("RGB of " + std::to_string(page.samples) + " samples");
      page.colours = 3;
      break;
    case PHOTOMETRIC_PALETTE:
      if (page.kind != Kind::kUnsigned || page.bits > 8) unsupported("the TIFF file has a palette of more than 256 colours");
      page.palette = true;
      break;
    case PHOTOMETRIC_SEPARATED: unsupported("the TIFF file is in CMYK, the colours of print; save it as RGB");
    case PHOTOMETRIC_YCBCR: unsupported("the TIFF file has its colours as YCbCr; save it as RGB");
    case PHOTOMETRIC_MASK: unsupported("the TIFF file holds a mask, not an image");
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: unsupported("the TIFF file has its colours as L*a*b*; save it as RGB");
    case PHOTOMETRIC_CFA: unsupported("the TIFF file holds the raw mosaic of a camera; save it as RGB");
    default:
      unsupported("the TIFF file has its colours in a way that is not read (number " + std::to_string(photometric) + "); save it as grey or RGB");
  }
  if (!page.palette && extra && extra_count > 0 && page.colours < page.samples &&
      (extra[0] == EXTRASAMPLE_UNASSALPHA || extra[0] == EXTRASAMPLE_ASSOCALPHA)) {
    page.alpha = page.colours;
    page.premultiplied = extra[0] == EXTRASAMPLE_ASSOCALPHA;
  }
  if (page.colours == 1 && page.alpha < 0 && !page.palette) page.grey_channels = page.samples;
}

void read_geometry(TIFF* tiff, Page& page) {
  page.width_px = tag<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
  page.height_px = tag<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
  if (page.width_px < 1 || page.height_px < 1) corrupt("no valid size");
  const int orientation = tag<std::uint16_t>(tiff, TIFFTAG_ORIENTATION, 1);
  page.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  page.x_pixels_per_unit = static_cast<double>(tag<float>(tiff, TIFFTAG_XRESOLUTION, 0));
  const int unit = tag<std::uint16_t>(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  if (page.x_pixels_per_unit > 0 && std::isfinite(page.x_pixels_per_unit) && unit != RESUNIT_NONE) {
    const double um = (unit == RESUNIT_CENTIMETER ? 10'000 : 25'400) / page.x_pixels_per_unit;
    if (um <= kCoarsestPixelUm && um > 1e-6) page.pixel_size_um = um;
  }
}

/// Everything of the directory that libtiff holds now; refuses what is not read before any pixel is.
Page read_page(Library& library) {
  TIFF* tiff = library.get();
  Page page;
  read_geometry(tiff, page);
  const int compression = tag<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (!TIFFIsCODECConfigured(static_cast<std::uint16_t>(compression))) {
    unsupported("the TIFF file is compressed " + compression_name(compression) + "; save it uncompressed or with LZW");
  }
  read_samples(tiff, page);
  if (compression == COMPRESSION_JPEG && page.bits != 8) {
    unsupported("the TIFF file is compressed with JPEG of " + std::to_string(page.bits) + " bits; save it uncompressed or with LZW");
  }
  read_colours(tiff, page);
  const int channels = page.palette ? 3 : page.colours + (page.alpha >= 0 ? 1 : 0);
  check_decoded_size(page.width_px, page.height_px, static_cast<std::int64_t>(channels * static_cast<int>(sample_bytes(page.type))));
  if (TIFFIsTiled(tiff)) {
    const std::uint64_t tile = TIFFTileSize64(tiff), count = TIFFNumberOfTiles(tiff);
    if (tile == 0) library.fail();
    if (tile > kMaxTileBytes || count > kMaxAllTileBytes / tile) {
      throw Error(ErrorCode::kTooLarge, "the TIFF file has tiles far larger than its image");
    }
  } else {
    const std::uint64_t row = TIFFScanlineSize64(tiff);
    if (row == 0) library.fail();
    if (row > kMaxTileBytes) throw Error(ErrorCode::kTooLarge, "the TIFF file has rows of more than 128 MB");
  }
  return page;
}

// ---------------------------------------------------------------- samples

template <typename Value>
Value load(const std::uint8_t* row, std::size_t index) {
  Value value;
  std::memcpy(&value, row + index * sizeof(Value), sizeof(Value));
  return value;
}

/// Bits of a sample, the first in the highest bits of a byte.
std::uint32_t load_bits(const std::uint8_t* row, std::size_t index, int bits) {
  std::size_t at = index * static_cast<std::size_t>(bits);
  std::uint32_t value = 0;
  for (int left = bits; left > 0;) {
    const int in_byte = 8 - static_cast<int>(at % 8), take = std::min(left, in_byte);
    value = value << take | (static_cast<std::uint32_t>(row[at / 8]) >> (in_byte - take) & ((1u << take) - 1));
    at += static_cast<std::size_t>(take);
    left -= take;
  }
  return value;
}

float share_of_32_bits(std::uint32_t value) { return static_cast<float>(value / 4294967295.0); }

/// Puts runs of decoded samples where they belong in the image.
class Placer {
 public:
  Placer(const Page& page, Image& image, std::vector<std::pair<int, int>> picks, TIFF* tiff)
      : page_(page), image_(image), picks_(std::move(picks)) {
    if (!page.palette) return;
    std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
    if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) corrupt("no palette");
    const std::size_t count = std::size_t{1} << page.bits;
    // Some writers fill the 16-bit table with 8-bit values.
    const bool narrow = std::all_of(red, red + count, [](auto v) { return v < 256; }) &&
                        std::all_of(green, green + count, [](auto v) { return v < 256; }) &&
                        std::all_of(blue, blue + count, [](auto v) { return v < 256; });
    for (const std::uint16_t* from : {red, green, blue}) {
      for (std::size_t i = 0; i < count; ++i) colours_.push_back(static_cast<std::uint8_t>(narrow ? from[i] : from[i] >> 8));
    }
  }

  /// Args:
  ///   row: `count` pixels of `row_samples` samples each.
  ///   plane: of the file where it holds one sample after the other; -1: all samples of a pixel lie together.
  void place(const std::uint8_t* row, std::size_t count, int plane, std::int64_t x, std::int64_t y) {
    const std::size_t row_samples = plane >= 0 ? 1 : static_cast<std::size_t>(page_.samples);
    std::byte* to = image_.data() + static_cast<std::size_t>(y) * image_.row_stride_bytes() + static_cast<std::size_t>(x) * image_.view().pixel_bytes();
    if (page_.palette) {
      const std::size_t entries = std::size_t{1} << page_.bits;
      for (std::size_t i = 0; i < count; ++i, to += 3) {
        const std::uint32_t index = load_bits(row, i * row_samples, page_.bits);
        for (std::size_t c = 0; c < 3; ++c) to[c] = static_cast<std::byte>(colours_[c * entries + index]);
      }
      return;
    }
    const bool as_it_is = plane < 0 && page_.kind == Kind::kUnsigned && (page_.bits == 8 || page_.bits == 16);
    if (as_it_is && !page_.white_is_zero && page_.samples == image_.channels()) {
      std::memcpy(to, row, count * image_.view().pixel_bytes());
      return;
    }
    for (const auto& [sample, channel] : picks_) {
      if (plane >= 0 && sample != plane) continue;
      const std::size_t first = plane >= 0 ? 0 : static_cast<std::size_t>(sample);
      place_channel(row, first, row_samples, count, to, static_cast<std::size_t>(channel));
    }
  }

 private:
  void place_channel(const std::uint8_t* row, std::size_t first, std::size_t step, std::size_t count, std::byte* to, std::size_t channel) const {
    const int bits = page_.bits;
    const auto each = [&]<typename Out>(Out full, auto&& get) {
      const std::size_t channels = static_cast<std::size_t>(image_.channels());
      const bool invert = page_.white_is_zero && static_cast<int>(channel) < page_.colours;
      Out* out = reinterpret_cast<Out*>(to) + channel;
      for (std::size_t i = 0; i < count; ++i, out += channels) {
        const auto value = static_cast<Out>(get(first + i * step));
        *out = invert ? static_cast<Out>(full - value) : value;
      }
    };
    constexpr std::uint8_t kFull8 = 255;
    constexpr std::uint16_t kFull16 = 65535;
    if (page_.kind == Kind::kFloat) {
      if (bits == 16) return each(1.0f, [&](std::size_t i) { return from_float16(load<std::uint16_t>(row, i)); });
      if (bits == 32) return each(1.0f, [&](std::size_t i) { return load<float>(row, i); });
      return each(1.0f, [&](std::size_t i) { return load<double>(row, i); });
    }
    const std::uint32_t shift = page_.kind == Kind::kSigned ? 1u << (bits - 1) : 0;
    if (bits == 8) return each(kFull8, [&](std::size_t i) { return row[i] ^ shift; });
    if (bits == 16) return each(kFull16, [&](std::size_t i) { return load<std::uint16_t>(row, i) ^ shift; });
    if (bits == 32) return each(1.0f, [&](std::size_t i) { return share_of_32_bits(load<std::uint32_t>(row, i) ^ shift); });
    const std::uint32_t most = (1u << bits) - 1;
    if (bits < 8) return each(kFull8, [&](std::size_t i) { return (load_bits(row, i, bits) * 255 + most / 2) / most; });
    return each(kFull16, [&](std::size_t i) { return (load_bits(row, i, bits) * 65535u + most / 2) / most; });
  }

  const Page& page_;
  Image& image_;
  std::vector<std::pair<int, int>> picks_;  ///< sample of the file, channel of the image
  std::vector<std::uint8_t> colours_;       ///< [3][2^bits]
};

void read_strips(Library& library, const Page& page, Placer& placer, const std::vector<int>& planes) {
  TIFF* tiff = library.get();
  std::vector<std::uint8_t> row(static_cast<std::size_t>(TIFFScanlineSize64(tiff)));
  const std::uint64_t needed = (static_cast<std::uint64_t>(page.width_px) * static_cast<std::uint64_t>(page.bits) * (page.planar ? 1u : static_cast<unsigned>(page.samples)) + 7) / 8;
  if (row.size() < needed) corrupt("rows shorter than the image is wide");
  for (const int plane : planes) {
    for (std::int64_t y = 0; y < page.height_px; ++y) {
      if (TIFFReadScanline(tiff, row.data(), static_cast<std::uint32_t>(y), static_cast<std::uint16_t>(std::max(plane, 0))) < 0) library.fail();
      placer.place(row.data(), static_cast<std::size_t>(page.width_px), plane, 0, y);
    }
  }
}

void read_tiles(Library& library, const Page& page, Placer& placer, const std::vector<int>& planes) {
  TIFF* tiff = library.get();
  const std::int64_t tile_width = tag<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0), tile_height = tag<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
  const auto row_bytes = static_cast<std::size_t>(TIFFTileRowSize64(tiff));
  std::vector<std::uint8_t> tile(static_cast<std::size_t>(TIFFTileSize64(tiff)));
  const std::uint64_t needed = (static_cast<std::uint64_t>(tile_width) * static_cast<std::uint64_t>(page.bits) * (page.planar ? 1u : static_cast<unsigned>(page.samples)) + 7) / 8;
  if (tile_width < 1 || tile_height < 1 || row_bytes < needed || tile.size() < row_bytes * static_cast<std::size_t>(tile_height)) corrupt("tiles of no valid size");
  for (const int plane : planes) {
    for (std::int64_t top = 0; top < page.height_px; top += tile_height) {
      for (std::int64_t left = 0; left < page.width_px; left += tile_width) {
        if (TIFFReadTile(tiff, tile.data(), static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(top), 0,
                         static_cast<std::uint16_t>(std::max(plane, 0))) < 0) {
          library.fail();
        }
        const std::int64_t bottom = std::min(page.height_px, top + tile_height);
        const auto count = static_cast<std::size_t>(std::min(page.width_px - left, tile_width));
        for (std::int64_t y = top; y < bottom; ++y) placer.place(tile.data() + static_cast<std::size_t>(y - top) * row_bytes, count, plane, left, y);
      }
    }
  }
}

/// Composites colours that were multiplied by their alpha, or of float, on white.
template <typename Sample>
Image composite(const Image& image, Sample full, bool premultiplied) {
  Image opaque(image.width_px(), image.height_px(), image.channels() - 1, image.type());
  const auto* in = reinterpret_cast<const Sample*>(image.data());
  auto* out = reinterpret_cast<Sample*>(opaque.data());
  const std::size_t pixels = static_cast<std::size_t>(image.width_px()) * static_cast<std::size_t>(image.height_px());
  for (std::size_t i = 0; i < pixels; ++i, in += image.channels()) {
    const Sample alpha = in[opaque.channels()];
    for (int c = 0; c < opaque.channels(); ++c) {
      const auto colour = premultiplied ? in[c] : static_cast<Sample>(in[c] * alpha);
      const auto white = static_cast<Sample>(full - alpha);
      *out++ = colour > full - white ? full : static_cast<Sample>(colour + white);
    }
  }
  return opaque;
}

Image on_white(Image image, const Page& page) {
  if (page.alpha < 0) return image;
  if (page.type == SampleType::kFloat32) return composite<float>(image, 1.0f, page.premultiplied);
  if (!page.premultiplied) return composite_on_white(std::move(image));
  if (page.type == SampleType::kUint16) return composite<std::uint16_t>(image, 65535, true);
  return composite<std::uint8_t>(image, 255, true);
}

/// Sets what is no finite number, or could become none on the way through a network, to 0; says whether there was any.
bool remove_non_numbers(Image& image) {
  constexpr float kLargest = 1e30f;
  if (image.type() != SampleType::kFloat32) return false;
  auto* values = reinterpret_cast<float*>(image.data());
  const std::size_t count = image.row_stride_bytes() / sizeof(float) * static_cast<std::size_t>(image.height_px());
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::abs(values[i]) <= kLargest) continue;  // false for NaN too
    values[i] = 0;
    any = true;
  }
  return any;
}

Image read_pixels(Library& library, const Page& page, int channel) {
  std::vector<std::pair<int, int>> picks;
  if (page.colours == 1) {
    picks.emplace_back(page.grey_channels > 1 ? channel : 0, 0);
  } else {
    for (int c = 0; c < page.colours; ++c) picks.emplace_back(c, c);
  }
  if (page.alpha >= 0) picks.emplace_back(page.alpha, page.colours);
  std::vector<int> planes{-1};
  if (page.planar && page.samples > 1) {
    planes.clear();
    for (const auto& pick : picks) planes.push_back(pick.first);
  }
  const int channels = page.palette ? 3 : static_cast<int>(picks.size());
  Image image(static_cast<int>(page.width_px), static_cast<int>(page.height_px), channels, page.type);
  Page as_read = page;
  as_read.planar = planes.front() >= 0;
  Placer placer(as_read, image, std::move(picks), library.get());
  if (TIFFIsTiled(library.get())) {
    read_tiles(library, as_read, placer, planes);
  } else {
    read_strips(library, as_read, placer, planes);
  }
  return image;
}

/// Where the pages of the image lie; the first is never left out.
std::vector<std::uint64_t> page_offsets(const Directories& directories) {
  std::vector<std::uint64_t> offsets;
  for (std::size_t i = 0; i < directories.all.size(); ++i) {
    if (i == 0 || !directories.all[i].auxiliary) offsets.push_back(directories.all[i].offset);
  }
  return offsets;
}

const char* description(TIFF* tiff) {
  const char* text = nullptr;
  return TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) ? text : nullptr;
}

/// What the description of the first directory, which libtiff holds now, says of the pages of the file.
TiffLayout read_layout(TIFF* tiff, std::size_t directories) {
  const char* text = description(tiff);
  if (!text) return {};
  return read_description(text, static_cast<int>(directories), tag<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1),
                          static_cast<double>(tag<float>(tiff, TIFFTAG_XRESOLUTION, 0)));
}

}  // namespace

void check_decoded_size(std::int64_t width_px, std::int64_t height_px, std::int64_t pixel_bytes) {
  const bool too_many = width_px > kMaxPixels || height_px > kMaxPixels || width_px * height_px > kMaxPixels;
  if (!too_many && width_px * height_px * pixel_bytes <= kMaxDecodedBytes) return;
  throw Error(ErrorCode::kTooLarge,
              "the image is " + std::to_string(width_px) + " × " + std::to_string(height_px) + " px; " +
                  (too_many ? std::to_string(kMaxPixels / 1'000'000) + " megapixels" : std::to_string(kMaxDecodedBytes / 1'000'000) + " MB of pixels") +
                  " are the limit");
}

bool is_tiff(Bytes file) {
  if (file.size() < 4) return false;
  const bool little = file[0] == 'I' && file[1] == 'I', big = file[0] == 'M' && file[1] == 'M';
  const std::uint32_t version = little ? le16(file, 2) : be16(file, 2);
  return (little || big) && (version == 42 || version == 43);
}

FileHeader read_tiff_header(Bytes file) {
  const Directories directories = walk_directories(file);
  Library library(file);
  library.read_directory(directories.all.front().offset);
  return read_page(library).header();
}

TiffFacts read_tiff_facts(Bytes file) {
  const std::vector<std::uint64_t> offsets = page_offsets(walk_directories(file));
  Library library(file);
  library.read_directory(offsets.front());
  const Page page = read_page(library);
  const TiffLayout layout = read_layout(library.get(), offsets.size());
  const char* text = description(library.get());
  const bool imagej = text && std::string_view(text).starts_with("ImageJ=");
  return {.header = page.header(),
          .pages = layout.pages > 0 ? layout.pages : static_cast<int>(offsets.size()),
          .channels = layout.channels > 1 ? layout.channels : page.grey_channels,
          .pixel_size_um = layout.pixel_size_um > 0 ? layout.pixel_size_um : page.pixel_size_um,
          .pixel_size_source = layout.pixel_size_um > 0 ? (imagej ? "ImageJ" : "OME-XML") : page.pixel_size_um > 0 ? "resolution tags" : ""};
}

DecodedImage decode_tiff(Bytes file, const DecodeOptions& options) {
  const Directories directories = walk_directories(file);
  const std::vector<std::uint64_t> offsets = page_offsets(directories);
  Library library(file);
  library.read_directory(offsets.front());

  DecodedImage decoded;
  const TiffLayout layout = read_layout(library.get(), offsets.size());
  decoded.pages = layout.pages > 0 ? layout.pages : static_cast<int>(offsets.size());
  if (options.page < 0 || options.page >= decoded.pages) {
    throw Error(ErrorCode::kInvalidArgument, "the file has " + std::to_string(decoded.pages) + " pages, and page " + std::to_string(options.page + 1) + " was asked for");
  }
  const auto check_channel = [&](int channels) {
    if (options.channel < channels) return;
    throw Error(ErrorCode::kInvalidArgument, "the file has " + std::to_string(channels) + " channels, and channel " + std::to_string(options.channel + 1) + " was asked for");
  };
  const int channel = std::max(options.channel, 0);
  std::size_t directory = static_cast<std::size_t>(options.page);
  if (layout.pages > 0) {
    decoded.channels = layout.channels;
    check_channel(decoded.channels);
    directory = static_cast<std::size_t>(layout.directories[static_cast<std::size_t>(options.page * layout.channels + channel)]);
  }
  if (directory > 0) library.read_directory(offsets[directory]);
  const Page page = read_page(library);
  if (decoded.channels == 1) {
    decoded.channels = page.grey_channels;
    check_channel(decoded.channels);
  }
  decoded.header = page.header();
  decoded.pixel_size_um = layout.pixel_size_um > 0 ? layout.pixel_size_um : page.pixel_size_um;

  Image image = read_pixels(library, page, layout.channels > 1 ? 0 : channel);
  const bool no_numbers = remove_non_numbers(image);
  decoded.damaged = no_numbers || library.complained() || directories.circular;
  decoded.image = apply_orientation(on_white(std::move(image), page), page.orientation);
  return decoded;
}

}  // namespace cytodrop
