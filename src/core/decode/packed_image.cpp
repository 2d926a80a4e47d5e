#include "core/decode/packed_image.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/decode/bytes.h"
#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "CYTODROP";
constexpr int kFormats = static_cast<int>(FileFormat::kLast) + 1;

struct Fields {
  std::array<std::int32_t, 10> file{};
  double pixel_size_um = 0;
  std::array<std::int32_t, 4> pixels{};
};

constexpr std::size_t kHeaderBytes = kMagic.size() + sizeof(Fields::file) + sizeof(double) + sizeof(Fields::pixels);

}  // namespace

std::vector<std::uint8_t> pack_image(const DecodedImage& decoded) {
  const FileHeader& header = decoded.header;
  const Image& image = decoded.image;
  const Fields fields{.file = {static_cast<int>(header.format), header.width_px, header.height_px, header.channels, header.bits_per_channel, decoded.pages, decoded.channels,
                               decoded.images_stated, decoded.damaged ? 1 : 0, header.exif_orientation},
                      .pixel_size_um = decoded.pixel_size_um,
                      .pixels = {image.width_px(), image.height_px(), image.channels(), static_cast<int>(image.type())}};
  const std::size_t pixel_bytes = image.row_stride_bytes() * static_cast<std::size_t>(image.height_px());
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kHeaderBytes + pixel_bytes);
  const auto put = [&](const void* from, std::size_t count) {
    const auto* first = static_cast<const std::uint8_t*>(from);
    bytes.insert(bytes.end(), first, first + count);
  };
  put(kMagic.data(), kMagic.size());
  put(fields.file.data(), sizeof fields.file);
  put(&fields.pixel_size_um, sizeof fields.pixel_size_um);
  put(fields.pixels.data(), sizeof fields.pixels);
  put(image.data(), pixel_bytes);
  return bytes;
}

bool is_packed_image(Bytes bytes) { return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0; }

DecodedImage unpack_image(Bytes bytes) {
  if (bytes.size() < kHeaderBytes) throw Error(ErrorCode::kTruncated, "the image handed over is cut off");
  Fields fields;
  const std::uint8_t* from = bytes.data() + kMagic.size();
  const auto take = [&](void* to, std::size_t count) {
    std::memcpy(to, from, count);
    from += count;
  };
  take(fields.file.data(), sizeof fields.file);
  take(&fields.pixel_size_um, sizeof fields.pixel_size_um);
  take(fields.pixels.data(), sizeof fields.pixels);
  const auto [width, height, channels, type] = fields.pixels;
  const auto& file = fields.file;
  const bool sound = file[0] >= 0 && file[0] < kFormats && width >= 1 && height >= 1 && (channels == 1 || channels == 3) && type >= 0 && type <= static_cast<int>(SampleType::kFloat32) &&
                     std::all_of(file.begin() + 1, file.end(), [](std::int32_t value) { return value >= 0; });
  if (!sound) throw Error(ErrorCode::kCorrupt, "the image handed over contradicts itself");
  const auto sample_type = static_cast<SampleType>(type);
  check_decoded_size(width, height, channels * static_cast<std::int64_t>(sample_bytes(sample_type)));
  DecodedImage decoded;
  decoded.image = Image(width, height, channels, sample_type);
  const std::size_t pixel_bytes = decoded.image.row_stride_bytes() * static_cast<std::size_t>(height);
  if (bytes.size() - kHeaderBytes != pixel_bytes) throw Error(ErrorCode::kTruncated, "the image handed over is cut off");
  take(decoded.image.data(), pixel_bytes);
  decoded.header = {.format = static_cast<FileFormat>(file[0]), .width_px = file[1], .height_px = file[2], .channels = file[3], .bits_per_channel = file[4], .exif_orientation = file[9]};
  decoded.pages = file[5];
  decoded.channels = file[6];
  decoded.images_stated = file[7];
  decoded.damaged = file[8] != 0;
  decoded.pixel_size_um = fields.pixel_size_um > 0 && fields.pixel_size_um < 1e6 ? fields.pixel_size_um : 0;
  return decoded;
}

}  // namespace cytodrop
