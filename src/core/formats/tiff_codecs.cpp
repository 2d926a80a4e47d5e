#include "core/formats/tiff_codecs.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <new>
#include <string>
#include <vector>

extern "C" {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wconversion"
#include <tiffiop.h>
#pragma GCC diagnostic pop
int TIFFInitLERC(TIFF* tiff, int scheme);
int TIFFInitLZMA(TIFF* tiff, int scheme);
int TIFFInitZSTD(TIFF* tiff, int scheme);
int TIFFInitWebP(TIFF* tiff, int scheme);
}

#include "core/decode/tiff_memory.h"
#include "core/error.h"
#include "core/formats/jpeg2000.h"
#include "core/formats/jpeg_xl_codec.h"

namespace cytodrop {
namespace {

constexpr int kAperioYcc = 33003, kAperioRgb = 33005;
constexpr int kJpegXl = 50002, kJpegXlOfDng = 52546;

bool is_jpeg_xl(int compression) { return compression == kJpegXl || compression == kJpegXlOfDng; }

/// The strip or tile that is read now, decoded.
struct Decoded {
  std::vector<std::uint8_t> bytes;
  std::size_t at = 0;
};

Decoded& state_of(TIFF* tiff) { return *reinterpret_cast<Decoded*>(tiff->tif_data); }

int fail(TIFF* tiff, const char* why) {
  TIFFErrorExtR(tiff, is_jpeg_xl(tiff->tif_dir.td_compression) ? "JPEG XL" : "JPEG 2000", "%s", why);
  return 0;
}

/// ITU-R BT.601, full range, as JPEG has it.
void to_rgb(std::vector<std::uint8_t>& samples) {
  const auto bounded = [](double value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)); };
  for (std::size_t i = 0; i + 2 < samples.size(); i += 3) {
    const double y = samples[i], cb = samples[i + 1] - 128.0, cr = samples[i + 2] - 128.0;
    samples[i] = bounded(y + 1.402 * cr);
    samples[i + 1] = bounded(y - 0.344136 * cb - 0.714136 * cr);
    samples[i + 2] = bounded(y + 1.772 * cb);
  }
}

/// Decodes the whole strip or tile before its rows are asked for. No exception passes through libtiff.
int before_decoding(TIFF* tiff, std::uint16_t) {
  Decoded& decoded = state_of(tiff);
  decoded = {};
  const TIFFDirectory& directory = tiff->tif_dir;
  const bool tiled = isTiled(tiff);
  const int samples = directory.td_planarconfig == PLANARCONFIG_CONTIG ? directory.td_samplesperpixel : 1;
  const std::uint32_t width = tiled ? directory.td_tilewidth : directory.td_imagewidth;
  const std::uint32_t left = directory.td_imagelength - std::min(tiff->tif_row, directory.td_imagelength);
  const std::uint32_t height = tiled ? directory.td_tilelength : std::min(directory.td_rowsperstrip, left);
  try {
    if (samples > 4 || width > 65'535 || height > 65'535) return fail(tiff, "tiles of no size that is read");
    const Bytes data(tiff->tif_rawdata, static_cast<std::size_t>(std::max<tmsize_t>(tiff->tif_rawcc, 0)));
    const CodecSize size{.width_px = static_cast<int>(width), .height_px = static_cast<int>(height), .samples = samples, .most_bits = directory.td_bitspersample};
    const CodecSamples read = is_jpeg_xl(directory.td_compression) ? decode_jpeg_xl(data, size) : decode_jpeg2000(data, size);
    if (read.sample_bytes * 8 != directory.td_bitspersample) return fail(tiff, "samples of another size than the file states");
    decoded.bytes = read.bytes;
    if (directory.td_compression == kAperioYcc && samples == 3 && read.sample_bytes == 1) to_rgb(decoded.bytes);
    return 1;
  } catch (const std::exception& error) {
    return fail(tiff, error.what());
  }
}

int decode(TIFF* tiff, std::uint8_t* to, tmsize_t count, std::uint16_t) {
  Decoded& decoded = state_of(tiff);
  const auto wanted = static_cast<std::size_t>(std::max<tmsize_t>(count, 0));
  if (decoded.bytes.size() - decoded.at < wanted) return fail(tiff, "fewer samples than the file states");
  if (wanted > 0) std::memcpy(to, decoded.bytes.data() + decoded.at, wanted);
  decoded.at += wanted;
  return 1;
}

void clean_up(TIFF* tiff) {
  delete reinterpret_cast<Decoded*>(tiff->tif_data);
  tiff->tif_data = nullptr;
  _TIFFSetDefaultCompressionState(tiff);
}

int yes(TIFF*) { return 1; }

int init_own(TIFF* tiff, int) {
  tiff->tif_data = reinterpret_cast<std::uint8_t*>(new (std::nothrow) Decoded());
  if (!tiff->tif_data) return 0;
  tiff->tif_fixuptags = yes;
  tiff->tif_setupdecode = yes;
  tiff->tif_predecode = before_decoding;
  tiff->tif_decoderow = decode;
  tiff->tif_decodestrip = decode;
  tiff->tif_decodetile = decode;
  tiff->tif_cleanup = clean_up;
  return 1;
}

}  // namespace

void require_tiff_codec(TIFF* tiff) {
  if (is_jpeg_xl(tiff->tif_dir.td_compression)) require_jpeg_xl();
}

void register_tiff_codecs() {
  static const bool done = [] {
    // The list of codecs is of libtiff's memory, before any file is open.
    tiff_memory() = {.left_bytes = 1 << 16};
    const TIFFCodec* const codecs[] = {TIFFRegisterCODEC(COMPRESSION_ZSTD, "Zstandard", TIFFInitZSTD), TIFFRegisterCODEC(COMPRESSION_WEBP, "WebP", TIFFInitWebP),
                                       TIFFRegisterCODEC(COMPRESSION_LERC, "LERC", TIFFInitLERC), TIFFRegisterCODEC(COMPRESSION_LZMA, "LZMA", TIFFInitLZMA),
                                       TIFFRegisterCODEC(COMPRESSION_JP2000, "JPEG 2000", init_own), TIFFRegisterCODEC(kAperioYcc, "JPEG 2000", init_own),
                                       TIFFRegisterCODEC(kAperioRgb, "JPEG 2000", init_own),
                                       TIFFRegisterCODEC(kJpegXl, "JPEG XL", init_own), TIFFRegisterCODEC(kJpegXlOfDng, "JPEG XL", init_own)};
    return std::all_of(std::begin(codecs), std::end(codecs), [](const TIFFCodec* codec) { return codec != nullptr; });
  }();
  if (!done) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to read the TIFF file");
}

}  // namespace cytodrop
