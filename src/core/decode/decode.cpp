#include "core/decode/decode.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "core/decode/jpeg.h"
#include "core/decode/packed_image.h"
#include "core/decode/stb_image.h"
#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {
namespace {

/// What stb_image may ask for while it decodes a sound file: the packed data collected while its buffer doubles, the
/// unpacked rows, and the output with its conversions.
std::size_t decoder_budget(const FileHeader& header, std::size_t file_bytes) {
  const auto padded = [](int px) { return (static_cast<std::size_t>(px) + 31) / 32 * 32; };
  const std::size_t pixel_bytes = static_cast<std::size_t>(header.bits_per_channel / 8) * 4;
  const auto limited = [](std::uint64_t bytes) { return static_cast<std::size_t>(std::min<std::uint64_t>(bytes, SIZE_MAX)); };
  return limited(std::uint64_t{4} * file_bytes +
                 std::uint64_t{6} * padded(header.width_px) * padded(header.height_px) * pixel_bytes + 1'000'000);
}

template <typename Sample>
void composite_rows(const Image& from, Image& onto) {
  constexpr std::uint64_t kFull = static_cast<Sample>(-1);
  const int colours = onto.channels();
  const auto* in = reinterpret_cast<const Sample*>(from.data());
  auto* out = reinterpret_cast<Sample*>(onto.data());
  const std::size_t pixels = static_cast<std::size_t>(from.width_px()) * static_cast<std::size_t>(from.height_px());
  for (std::size_t i = 0; i < pixels; ++i, in += from.channels()) {
    const std::uint64_t alpha = in[colours];
    for (int c = 0; c < colours; ++c) {
      *out++ = static_cast<Sample>((in[c] * alpha + kFull * (kFull - alpha) + kFull / 2) / kFull);
    }
  }
}

}  // namespace

Image composite_on_white(Image image) {
  if (image.channels() == 1 || image.channels() == 3) return image;
  Image opaque(image.width_px(), image.height_px(), image.channels() - 1, image.type());
  if (image.type() == SampleType::kUint16) {
    composite_rows<std::uint16_t>(image, opaque);
  } else {
    composite_rows<std::uint8_t>(image, opaque);
  }
  return opaque;
}

Image apply_orientation(Image image, int exif_orientation) {
  if (exif_orientation < 1 || exif_orientation > 8) {
    throw Error(ErrorCode::kInvalidArgument, "an EXIF orientation is 1 to 8, not " + std::to_string(exif_orientation));
  }
  if (exif_orientation == 1) return image;
  // 2 mirrored, 3 half turn, 4 upside down, 5 transposed, 6 needs a quarter turn right, 7 transverse, 8 quarter turn left
  const bool transposed = exif_orientation >= 5;
  const bool flip_x = exif_orientation == 2 || exif_orientation == 3 || exif_orientation == 7 || exif_orientation == 8;
  const bool flip_y = exif_orientation == 3 || exif_orientation == 4 || exif_orientation == 6 || exif_orientation == 7;
  const ImageView in = image.view();
  Image upright(transposed ? in.height_px : in.width_px, transposed ? in.width_px : in.height_px, in.channels, in.type);
  const std::size_t pixel_bytes = in.pixel_bytes();
  std::byte* out = upright.data();
  for (int y = 0; y < upright.height_px(); ++y) {
    for (int x = 0; x < upright.width_px(); ++x, out += pixel_bytes) {
      int from_x = transposed ? y : x;
      int from_y = transposed ? x : y;
      if (flip_x) from_x = in.width_px - 1 - from_x;
      if (flip_y) from_y = in.height_px - 1 - from_y;
      std::memcpy(out, in.row(from_y) + static_cast<std::size_t>(from_x) * pixel_bytes, pixel_bytes);
    }
  }
  return upright;
}

DecodedImage decode(std::span<const std::uint8_t> file, const DecodeOptions& options) {
  if (is_packed_image(file)) return unpack_image(file);
  if (is_tiff(file)) return decode_tiff(file, options);
  if (options.page != 0 || options.channel > 0) throw Error(ErrorCode::kInvalidArgument, "the file has one page");
  DecodedImage decoded;
  FileHeader& header = decoded.header;
  header = read_header(file);
  check_decoded_size(header.width_px, header.height_px, header.channels * header.bits_per_channel / 8);
  Image image = header.format == FileFormat::kJpeg
                    ? decode_jpeg(file, header, decoded.damaged)
                    : decode_with_stb(file, header.bits_per_channel, decoder_budget(header, file.size()));
  if (image.width_px() != header.width_px || image.height_px() != header.height_px) {
    throw Error(ErrorCode::kCorrupt, "the image data has another size than the header states");
  }
  decoded.pixel_size_um = header.pixel_size_um;
  header.channels = image.channels();  // a BMP's header does not tell whether its alpha is used
  decoded.image = apply_orientation(composite_on_white(std::move(image)), header.exif_orientation);
  return decoded;
}

}  // namespace cytodrop
