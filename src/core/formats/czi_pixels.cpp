#include "core/formats/czi_pixels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/decode/decode.h"
#include "core/decode/jpeg.h"
#include "core/decode/tiff.h"
#include "core/formats/jpeg_xr.h"
#include "core/formats/zstd.h"

namespace cytodrop {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are copied as they lie in the file");

enum Compression : std::int32_t { kNone = 0, kJpeg = 1, kLzw = 2, kJpegXr = 4, kZstd0 = 5, kZstd1 = 6 };

/// Where the stored pixels of a block lie.
struct Stored {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
};

Stored find_stored(Source& source, const CziBlock& block) {
  const CziSegment segment = find_czi_segment(source, block.at, "ZISRAWSUBBLOCK");
  const SourceNumbers numbers(source, true);
  if (segment.bytes < 48) czi_damaged("a block has no header");
  const std::uint64_t metadata = numbers.u32(segment.data_at), pixels = numbers.u64(segment.data_at + 8), dimensions = numbers.u32(segment.data_at + 44);
  // The directory's entry stands here once more.
  const std::uint64_t header = std::max<std::uint64_t>(256, 48 + 20 * dimensions);
  // Some writers count the pixels but not what stands before them, so that the file's end is what counts.
  const std::uint64_t at = segment.data_at + header + metadata;
  if (!source.has(at, pixels)) throw Error(ErrorCode::kTruncated, "the CZI file is cut off: its end is missing");
  return {at, pixels};
}

/// Puts back together what was stored as all low bytes, then all high bytes.
std::vector<std::uint8_t> join_halves(const std::vector<std::uint8_t>& halves) {
  std::vector<std::uint8_t> joined(halves.size());
  const std::size_t half = halves.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    joined[2 * i] = halves[i];
    joined[2 * i + 1] = halves[half + i];
  }
  return joined;
}

std::vector<std::uint8_t> decode_zstd1(Bytes stored, const CziPixelType& pixel, std::size_t bytes) {
  // One byte of header: nothing is said; three: the second is 1, the lowest bit of the third tells of halves.
  if (stored.empty() || (stored[0] != 1 && stored[0] != 3) || stored.size() < stored[0] || (stored[0] == 3 && stored[1] != 1)) czi_damaged("a block has an unknown header");
  const bool halves = stored[0] == 3 && (stored[2] & 1) != 0;
  std::vector<std::uint8_t> plain = decode_zstd(stored.subspan(stored[0]), bytes);
  if (!halves) return plain;
  if (pixel.type != SampleType::kUint16) czi_damaged("a block is divided into halves that it has not");
  return join_halves(plain);
}

[[noreturn]] void wrong_pixels() { throw Error(ErrorCode::kCorrupt, "the image data has another size than the header states"); }

std::vector<std::uint8_t> decode_jpeg_block(Bytes stored, const CziBlock& block, const CziPixelType& pixel, bool& damaged) {
  const FileHeader header = read_header(stored);
  if (header.format != FileFormat::kJpeg) czi_damaged("a block is no JPEG");
  if (header.width_px != block.stored_width_px || header.height_px != block.stored_height_px || header.channels != pixel.stored_samples || pixel.type != SampleType::kUint8) wrong_pixels();
  const Image image = decode_jpeg(stored, header, damaged);
  const auto* samples = reinterpret_cast<const std::uint8_t*>(image.data());
  return {samples, samples + image.row_stride_bytes() * static_cast<std::size_t>(image.height_px())};
}

/// The pixels of a compressed block, packed, colours in the order of the file.
std::vector<std::uint8_t> decode_block(Bytes stored, const CziBlock& block, const CziPixelType& pixel, bool& is_rgb, bool& damaged) {
  const std::size_t bytes = static_cast<std::size_t>(block.stored_width_px) * static_cast<std::size_t>(block.stored_height_px) * pixel.bytes();
  switch (block.compression) {
    // Its colours come in the order of the uncompressed ones: so do Bio-Formats and czifile read them.
    case kJpeg: return decode_jpeg_block(stored, block, pixel, damaged);
    case kJpegXr:
      is_rgb = true;
      return decode_jpeg_xr(stored, {.width_px = block.stored_width_px, .height_px = block.stored_height_px, .samples = pixel.stored_samples, .type = pixel.type});
    case kZstd0: return decode_zstd(stored, bytes);
    case kZstd1: return decode_zstd1(stored, pixel, bytes);
    case kLzw: throw Error(ErrorCode::kUnsupportedFeature, "the CZI file is compressed with LZW, which is not read; save it from ZEN anew");
    default:
      throw Error(ErrorCode::kUnsupportedFeature, "the CZI file is compressed in a way (number " + std::to_string(block.compression) + ") that is not read; save it from ZEN without compression");
  }
}

/// As the decoder of TIFF takes them: what is no number, or none of a measurement, is 0.
float sane(float sample) { return std::abs(sample) <= 1e30f ? sample : 0.0f; }

template <typename Sample>
Sample on_white(Sample colour, Sample alpha) {
  constexpr unsigned kFull = 255;
  return static_cast<Sample>((unsigned{colour} * alpha + kFull * (kFull - alpha) + kFull / 2) / kFull);
}

template <typename Sample>
void copy_colours(const std::uint8_t* from, std::size_t pixels, std::size_t stored_samples, bool is_rgb, std::byte* to) {
  for (std::size_t i = 0; i < pixels; ++i, from += stored_samples * sizeof(Sample), to += 3 * sizeof(Sample)) {
    std::array<Sample, 4> pixel{};
    std::memcpy(pixel.data(), from, stored_samples * sizeof(Sample));
    if (!is_rgb) std::swap(pixel[0], pixel[2]);
    if constexpr (sizeof(Sample) == 1) {
      if (stored_samples == 4) std::for_each(pixel.begin(), pixel.begin() + 3, [&](Sample& colour) { colour = on_white(colour, pixel[3]); });
    }
    std::memcpy(to, pixel.data(), 3 * sizeof(Sample));
  }
}

/// Pixels of the file as pixels of an image.
void copy_row(const std::uint8_t* from, std::size_t pixels, const CziPixelType& pixel, bool is_rgb, std::byte* to) {
  const auto stored = static_cast<std::size_t>(pixel.stored_samples);
  if (stored == 1) {
    std::memcpy(to, from, pixels * pixel.bytes());
  } else if (pixel.type == SampleType::kUint8) {
    copy_colours<std::uint8_t>(from, pixels, stored, is_rgb, to);
  } else if (pixel.type == SampleType::kUint16) {
    copy_colours<std::uint16_t>(from, pixels, stored, is_rgb, to);
  } else {
    copy_colours<float>(from, pixels, stored, is_rgb, to);
  }
  if (pixel.type != SampleType::kFloat32) return;
  for (std::size_t i = 0; i < pixels * static_cast<std::size_t>(pixel.samples()); ++i) {
    float sample;
    std::memcpy(&sample, to + i * sizeof sample, sizeof sample);
    sample = sane(sample);
    std::memcpy(to + i * sizeof sample, &sample, sizeof sample);
  }
}

}  // namespace

void paint_czi_block(Source& source, const CziBlock& block, std::int64_t left_px, std::int64_t top_px, Image& image, bool& damaged) {
  const std::int64_t first_x = std::max<std::int64_t>(left_px, 0), end_x = std::min<std::int64_t>(left_px + block.stored_width_px, image.width_px());
  const std::int64_t first_y = std::max<std::int64_t>(top_px, 0), end_y = std::min<std::int64_t>(top_px + block.stored_height_px, image.height_px());
  if (first_x >= end_x || first_y >= end_y) return;
  const CziPixelType pixel = czi_pixel_type(block.pixel_type);
  check_decoded_size(block.stored_width_px, block.stored_height_px, static_cast<std::int64_t>(pixel.bytes()));
  const Stored stored = find_stored(source, block);
  const auto row_bytes = static_cast<std::size_t>(block.stored_width_px) * pixel.bytes(), count = static_cast<std::size_t>(end_x - first_x);
  const auto image_pixel_bytes = static_cast<std::size_t>(image.channels()) * sample_bytes(image.type());
  const auto place = [&](std::int64_t y) { return image.data() + static_cast<std::size_t>(y) * image.row_stride_bytes() + static_cast<std::size_t>(first_x) * image_pixel_bytes; };
  const auto offset = [&](std::int64_t y) { return static_cast<std::size_t>(y - top_px) * row_bytes + static_cast<std::size_t>(first_x - left_px) * pixel.bytes(); };
  if (block.compression == kNone) {
    if (stored.bytes < row_bytes * static_cast<std::size_t>(block.stored_height_px)) wrong_pixels();
    std::vector<std::uint8_t> row(count * pixel.bytes());
    for (std::int64_t y = first_y; y < end_y; ++y) {
      source.read(stored.at + offset(y), row);
      copy_row(row.data(), count, pixel, false, place(y));
    }
    return;
  }
  bool is_rgb = false;
  const std::vector<std::uint8_t> compressed = source.read(stored.at, stored.bytes);
  const std::vector<std::uint8_t> decoded = decode_block(compressed, block, pixel, is_rgb, damaged);
  for (std::int64_t y = first_y; y < end_y; ++y) copy_row(decoded.data() + offset(y), count, pixel, is_rgb, place(y));
}

}  // namespace cytodrop
