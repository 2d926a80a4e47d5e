#include "core/formats/jpeg_xr.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <windowsmediaphoto.h>
// Macros of jxrlib with everybody's names.
#undef Call
#undef Test
#undef Report
#undef FailIf

#include "core/error.h"
#include "core/formats/jpeg_xr_memory.h"

namespace cytodrop {
namespace {

[[noreturn]] void corrupt(const std::string& how) { throw Error(ErrorCode::kCorrupt, "the image data is damaged (JPEG XR: " + how + ")"); }
[[noreturn]] void unsupported(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, "the JPEG XR image " + what + ", which is not read"); }

/// The library's stream over bytes in memory. Behind their end lie zeros, since it fetches ahead; far behind it somebody decodes nothing.
class Stream {
 public:
  explicit Stream(Bytes bytes) : bytes_(bytes) {
    stream_.state.pvObj = this;
    stream_.EOS = [](WMPStream* stream) -> Bool { return self(stream).at_ >= self(stream).bytes_.size(); };
    stream_.Read = [](WMPStream* stream, void* to, std::size_t count) -> ERR {
      self(stream).read(static_cast<std::uint8_t*>(to), count);
      return WMP_errSuccess;
    };
    stream_.SetPos = [](WMPStream* stream, std::size_t at) -> ERR {
      self(stream).at_ = at;
      return WMP_errSuccess;
    };
    stream_.GetPos = [](WMPStream* stream, std::size_t* at) -> ERR {
      *at = self(stream).at_;
      return WMP_errSuccess;
    };
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  WMPStream* get() { return &stream_; }

 private:
  /// Two packets of 4 kB are fetched ahead for each of the streams that the bands of a tile may be.
  static constexpr std::size_t kAhead = 3 * 4096;

  static Stream& self(WMPStream* stream) { return *static_cast<Stream*>(stream->state.pvObj); }

  void read(std::uint8_t* to, std::size_t count) {
    if (at_ > bytes_.size() + kAhead) throw Error(ErrorCode::kTruncated, "the image data is cut off: its end is missing");
    const std::size_t there = at_ < bytes_.size() ? std::min(count, bytes_.size() - at_) : 0;
    if (there > 0) std::memcpy(to, bytes_.data() + at_, there);
    std::memset(to + there, 0, count - there);
    at_ += count;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  WMPStream stream_{};
};

/// Where the image lies in its container, which is built as a TIFF is.
///
/// Source: ITU-T T.832, annex A.
Bytes find_image(Bytes file) {
  constexpr std::uint32_t kTurned = 0xbc02, kImageOffset = 0xbcc0, kImageBytes = 0xbcc1, kAlphaOffset = 0xbcc2;
  if (file.size() < 10 || file[0] != 'I' || file[1] != 'I' || file[2] != 0xbc || file[3] > 1) corrupt("it does not begin as one");
  const std::size_t at = le32(file, 4);
  if (at > file.size() - 2) corrupt("its directory is missing");
  const std::size_t count = le16(file, at);
  if ((file.size() - at - 2) / 12 < count) corrupt("its directory is cut off");
  std::size_t offset = 0, bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes entry = file.subspan(at + 2 + 12 * i, 12);
    const std::uint32_t tag = le16(entry, 0), value = le16(entry, 2) == 3 ? le16(entry, 8) : le32(entry, 8);
    if (tag == kTurned && value != 0) unsupported("is stored turned");
    if (tag == kAlphaOffset && value != 0) unsupported("has transparency");
    if (tag == kImageOffset) offset = value;
    if (tag == kImageBytes) bytes = value;
  }
  if (offset == 0 || offset > file.size()) corrupt("its image is missing");
  // Some writers state no length.
  const Bytes image = file.subspan(offset);
  if (bytes > image.size()) throw Error(ErrorCode::kTruncated, "the image data is cut off: its end is missing");
  return bytes == 0 ? image : image.first(bytes);
}

/// What of the image's header the library does not tell, or searches beyond the end of.
///
/// Source: ITU-T T.832, 8.3: the signature, then version, then a bit each for tiles, order, and so on.
void check_flags(Bytes image) {
  constexpr std::size_t kFlagsAt = 10;
  constexpr int kCropped = 0x20, kStretched = 0x08, kAlpha = 0x01;
  constexpr std::string_view kSignature("WMPHOTO\0", 8);
  if (image.size() < kFlagsAt + 8) corrupt("its header is cut off");
  if (!std::equal(kSignature.begin(), kSignature.end(), image.begin(), [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) corrupt("its header");
  if ((image[kFlagsAt] & kCropped) != 0) unsupported("is a part of another");
  if ((image[kFlagsAt] & kStretched) != 0) unsupported("has stretched tiles");
  if ((image[kFlagsAt] & kAlpha) != 0) unsupported("has transparency");
}

/// The library trusts where the tiles begin.
void check_tiles(const U32* begins, U32 more, std::size_t side_px) {
  const std::size_t blocks = (side_px + 15) / 16;
  for (U32 i = 1; i <= more; ++i) {
    if (begins[i] <= begins[i - 1] || begins[i] >= blocks) corrupt("its tiles lie outside");
  }
}

/// What stands where an enumeration does: the library puts there whatever the file says.
template <typename Enumeration>
int number_of(const Enumeration& stands) {
  int number = 0;
  static_assert(sizeof number == sizeof stands);
  std::memcpy(&number, &stands, sizeof number);
  return number;
}

struct Decoder {
  CWMImageInfo info{};
  CWMIStrCodecParam parameters{};
};

void check(const Decoder& decoder, const JpegXrShape& shape) {
  const auto& [info, parameters] = decoder;
  if (info.cWidth != static_cast<std::size_t>(shape.width_px) || info.cHeight != static_cast<std::size_t>(shape.height_px)) {
    throw Error(ErrorCode::kCorrupt, "the image data has another size than the header states");
  }
  const int depth = shape.type == SampleType::kUint8 ? BD_8 : shape.type == SampleType::kUint16 ? BD_16 : BD_32F;
  const int outside = number_of(info.cfColorFormat), inside = number_of(parameters.cfColorFormat);
  const bool grey = outside == Y_ONLY && inside == Y_ONLY;
  const bool colour = outside == CF_RGB && (inside == YUV_420 || inside == YUV_422 || inside == YUV_444);
  if (number_of(info.bdBitDepth) != depth || !(shape.samples == 1 ? grey : colour)) corrupt("its pixels are of another type");
  if (number_of(parameters.sbSubband) >= SB_ISOLATED) corrupt("it has no bands");
  // No encoder writes that, and the second overlap would reach beside the one column of blocks.
  if ((inside == YUV_420 || inside == YUV_422) && number_of(parameters.olOverlap) == OL_TWO && info.cWidth <= 16) corrupt("it is too narrow for its overlap");
  // Bits that samples are shifted by, or of a mantissa.
  if (parameters.nLenMantissaOrShift > (shape.type == SampleType::kFloat32 ? 23 : 15)) corrupt("its samples have an impossible shift");
  if (parameters.cNumOfSliceMinus1V >= MAX_TILES || parameters.cNumOfSliceMinus1H >= MAX_TILES) corrupt("it has too many tiles");
  check_tiles(parameters.uiTileX, parameters.cNumOfSliceMinus1V, info.cWidth);
  check_tiles(parameters.uiTileY, parameters.cNumOfSliceMinus1H, info.cHeight);
}

}  // namespace

std::vector<std::uint8_t> decode_jpeg_xr(Bytes file, const JpegXrShape& shape) {
  if (shape.samples != 1 && shape.samples != 3) unsupported("has transparency");
  const Bytes image = find_image(file);
  check_flags(image);
  Stream stream(image);
  const auto decoder = std::make_unique<Decoder>();  // too large for a small stack
  decoder->parameters.pWStream = stream.get();
  JpegXrMemory memory;
  // Were there alpha, it would stay.
  decoder->parameters.uAlphaMode = 1;
  if (ImageStrDecGetInfo(&decoder->info, &decoder->parameters) != ICERR_OK) corrupt("its header");
  check(*decoder, shape);
  const std::size_t pixel_bytes = static_cast<std::size_t>(shape.samples) * sample_bytes(shape.type);
  decoder->info.oOrientation = O_NONE;
  decoder->info.bRGB = TRUE;
  decoder->info.cBitsPerUnit = 8 * pixel_bytes;
  decoder->parameters.uAlphaMode = 0;
  CTXSTRCODEC context = nullptr;
  if (ImageStrDecInit(&decoder->info, &decoder->parameters, &context) != ICERR_OK) corrupt("its header");
  const std::size_t row_bytes = static_cast<std::size_t>(shape.width_px) * pixel_bytes;
  std::vector<std::uint8_t> pixels(row_bytes * static_cast<std::size_t>(shape.height_px));
  CWMImageBufferInfo buffer{};
  buffer.pv = pixels.data();
  buffer.cLine = static_cast<std::size_t>(shape.height_px);
  buffer.cbStride = row_bytes;
  // A row of blocks is written once the next is decoded.
  const auto rows = static_cast<unsigned>((shape.height_px + 15) / 16);
  for (unsigned row = 0; row <= rows; ++row) {
    std::size_t lines = 0;
    buffer.uiFirstMBRow = buffer.uiLastMBRow = row;
    if (ImageStrDecDecode(context, &buffer, &lines) != ICERR_OK) corrupt("its pixels");
  }
  return pixels;
}

}  // namespace cytodrop
