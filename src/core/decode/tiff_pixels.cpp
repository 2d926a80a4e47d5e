#include "core/decode/tiff_pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/float16.h"

namespace cytodrop {
namespace {

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
  Placer(const TiffPage& page, Image& image, std::vector<std::pair<int, int>> picks, TIFF* tiff)
      : page_(page), image_(image), picks_(std::move(picks)) {
    if (!page.palette) return;
    std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
    if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) tiff_corrupt("no palette");
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
  ///   row: pixels of `row_samples` samples each, of which `count` from `skip` on are taken.
  ///   plane: of the file where it holds one sample after the other; -1: all samples of a pixel lie together.
  void place(const std::uint8_t* row, std::size_t skip, std::size_t count, int plane, std::int64_t x, std::int64_t y) {
    const std::size_t row_samples = plane >= 0 ? 1 : static_cast<std::size_t>(page_.samples);
    std::byte* to = image_.data() + static_cast<std::size_t>(y) * image_.row_stride_bytes() + static_cast<std::size_t>(x) * image_.view().pixel_bytes();
    if (page_.palette) {
      const std::size_t entries = std::size_t{1} << page_.bits;
      for (std::size_t i = 0; i < count; ++i, to += 3) {
        const std::uint32_t index = load_bits(row, (skip + i) * row_samples, page_.bits);
        for (std::size_t c = 0; c < 3; ++c) to[c] = static_cast<std::byte>(colours_[c * entries + index]);
      }
      return;
    }
    const bool as_it_is = plane < 0 && page_.kind == TiffKind::kUnsigned && (page_.bits == 8 || page_.bits == 16);
    if (as_it_is && !page_.white_is_zero && page_.samples == image_.channels()) {
      std::memcpy(to, row + skip * image_.view().pixel_bytes(), count * image_.view().pixel_bytes());
      return;
    }
    for (const auto& [sample, channel] : picks_) {
      if (plane >= 0 && sample != plane) continue;
      const std::size_t first = plane >= 0 ? 0 : static_cast<std::size_t>(sample);
      place_channel(row, skip * row_samples + first, row_samples, count, to, static_cast<std::size_t>(channel));
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
    if (page_.kind == TiffKind::kFloat) {
      if (bits == 16) return each(1.0f, [&](std::size_t i) { return from_float16(load<std::uint16_t>(row, i)); });
      if (bits == 32) return each(1.0f, [&](std::size_t i) { return load<float>(row, i); });
      return each(1.0f, [&](std::size_t i) { return load<double>(row, i); });
    }
    const std::uint32_t shift = page_.kind == TiffKind::kSigned ? 1u << (bits - 1) : 0;
    if (bits == 8) return each(kFull8, [&](std::size_t i) { return row[i] ^ shift; });
    if (bits == 16) return each(kFull16, [&](std::size_t i) { return load<std::uint16_t>(row, i) ^ shift; });
    if (bits == 32) return each(1.0f, [&](std::size_t i) { return share_of_32_bits(load<std::uint32_t>(row, i) ^ shift); });
    const std::uint32_t most = (1u << bits) - 1;
    if (bits < 8) return each(kFull8, [&](std::size_t i) { return (load_bits(row, i, bits) * 255 + most / 2) / most; });
    return each(kFull16, [&](std::size_t i) { return (load_bits(row, i, bits) * 65535u + most / 2) / most; });
  }

  const TiffPage& page_;
  Image& image_;
  std::vector<std::pair<int, int>> picks_;  ///< sample of the file, channel of the image
  std::vector<std::uint8_t> colours_;       ///< [3][2^bits]
};

/// Bytes of a row as it is stored.
std::uint64_t row_bytes_of(const TiffPage& page, std::int64_t width_px) {
  return (static_cast<std::uint64_t>(width_px) * static_cast<std::uint64_t>(page.bits) * (page.planar ? 1u : static_cast<unsigned>(page.samples)) + 7) / 8;
}

void read_strips(TiffLibrary& library, const TiffPage& page, Placer& placer, const std::vector<int>& planes, const Box& region) {
  TIFF* tiff = library.get();
  std::vector<std::uint8_t> row(static_cast<std::size_t>(TIFFScanlineSize64(tiff)));
  if (row.size() < row_bytes_of(page, page.width_px)) tiff_corrupt("rows shorter than the image is wide");
  for (const int plane : planes) {
    for (int y = 0; y < region.height_px; ++y) {
      if (TIFFReadScanline(tiff, row.data(), static_cast<std::uint32_t>(region.top_px + y), static_cast<std::uint16_t>(std::max(plane, 0))) < 0) library.fail();
      placer.place(row.data(), static_cast<std::size_t>(region.left_px), static_cast<std::size_t>(region.width_px), plane, 0, y);
    }
  }
}

void read_tiles(TiffLibrary& library, const TiffPage& page, Placer& placer, const std::vector<int>& planes, const Box& region) {
  TIFF* tiff = library.get();
  const std::int64_t tile_width = tiff_tag<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0), tile_height = tiff_tag<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
  const auto row_bytes = static_cast<std::size_t>(TIFFTileRowSize64(tiff));
  std::vector<std::uint8_t> tile(static_cast<std::size_t>(TIFFTileSize64(tiff)));
  if (tile_width < 1 || tile_height < 1 || row_bytes < row_bytes_of(page, tile_width) || tile.size() < row_bytes * static_cast<std::size_t>(tile_height)) tiff_corrupt("tiles of no valid size");
  for (const int plane : planes) {
    for (std::int64_t top = region.top_px / tile_height * tile_height; top < region.top_px + region.height_px; top += tile_height) {
      for (std::int64_t left = region.left_px / tile_width * tile_width; left < region.left_px + region.width_px; left += tile_width) {
        if (TIFFReadTile(tiff, tile.data(), static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(top), 0,
                         static_cast<std::uint16_t>(std::max(plane, 0))) < 0) {
          library.fail();
        }
        const std::int64_t first_y = std::max<std::int64_t>(region.top_px, top), first_x = std::max<std::int64_t>(region.left_px, left);
        const std::int64_t bottom = std::min<std::int64_t>(region.top_px + region.height_px, top + tile_height), right = std::min<std::int64_t>(region.left_px + region.width_px, left + tile_width);
        for (std::int64_t y = first_y; y < bottom; ++y) {
          placer.place(tile.data() + static_cast<std::size_t>(y - top) * row_bytes, static_cast<std::size_t>(first_x - left), static_cast<std::size_t>(right - first_x), plane, first_x - region.left_px, y - region.top_px);
        }
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

}  // namespace

Image on_white(Image image, const TiffPage& page) {
  if (page.alpha < 0) return image;
  if (page.type == SampleType::kFloat32) return composite<float>(image, 1.0f, page.premultiplied);
  if (!page.premultiplied) return composite_on_white(std::move(image));
  if (page.type == SampleType::kUint16) return composite<std::uint16_t>(image, 65535, true);
  return composite<std::uint8_t>(image, 255, true);
}

bool remove_non_numbers(Image& image) {
  constexpr float kLargest = 1e30f;
  if (image.type() != SampleType::kFloat32) return false;
  auto* values = reinterpret_cast<float*>(image.data());
  const std::size_t count = image.row_stride_bytes() / sizeof(float) * static_cast<std::size_t>(image.height_px());
  // The least of the others, so that what is shown as black and white is theirs alone.
  float least = std::numeric_limits<float>::infinity();
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::abs(values[i]) <= kLargest) least = std::min(least, values[i]);
    else any = true;  // NaN too
  }
  if (!any) return false;
  if (!std::isfinite(least)) least = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!(std::abs(values[i]) <= kLargest)) values[i] = least;
  }
  return true;
}

namespace {

/// Which samples of the file become which channels of the image.
std::vector<std::pair<int, int>> picks_of(const TiffPage& page, int channel) {
  std::vector<std::pair<int, int>> picks;
  if (page.colours == 1) {
    picks.emplace_back(page.grey_channels > 1 ? channel : 0, 0);
  } else {
    for (int c = 0; c < page.colours; ++c) picks.emplace_back(c, c);
  }
  if (page.alpha >= 0) picks.emplace_back(page.alpha, page.colours);
  return picks;
}

/// Planes that are read one after the other; -1 alone where all samples of a pixel lie together.
std::vector<int> planes_of(const TiffPage& page, const std::vector<std::pair<int, int>>& picks) {
  std::vector<int> planes;
  if (!page.planar || page.samples == 1) return {-1};
  for (const auto& pick : picks) planes.push_back(pick.first);
  return planes;
}

Image blank(const TiffPage& page, const std::vector<std::pair<int, int>>& picks, const Box& region) {
  return Image(region.width_px, region.height_px, page.palette ? 3 : static_cast<int>(picks.size()), page.type);
}

}  // namespace

Image read_pixels(TiffLibrary& library, const TiffPage& page, int channel, const Box& region) {
  const auto picks = picks_of(page, channel);
  const std::vector<int> planes = planes_of(page, picks);
  Image image = blank(page, picks, region);
  TiffPage as_read = page;
  as_read.planar = planes.front() >= 0;
  Placer placer(as_read, image, picks, library.get());
  if (TIFFIsTiled(library.get())) {
    read_tiles(library, as_read, placer, planes, region);
  } else {
    read_strips(library, as_read, placer, planes, region);
  }
  return image;
}

std::uint64_t plane_bytes(const TiffPage& page) {
  return row_bytes_of(page, page.width_px) * static_cast<std::uint64_t>(page.height_px) * (page.planar ? static_cast<std::uint64_t>(page.samples) : 1);
}

Image read_stacked_pixels(Source& file, std::uint64_t at, TiffLibrary& library, const TiffPage& page, int channel, const Box& region) {
  const auto picks = picks_of(page, channel);
  const std::vector<int> planes = planes_of(page, picks);
  Image image = blank(page, picks, region);
  TiffPage as_read = page;
  as_read.planar = planes.front() >= 0;
  Placer placer(as_read, image, picks, library.get());
  const std::uint64_t stored = row_bytes_of(as_read, page.width_px);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(stored));
  for (const int plane : planes) {
    const std::uint64_t first = at + static_cast<std::uint64_t>(std::max(plane, 0)) * stored * static_cast<std::uint64_t>(page.height_px);
    for (int y = 0; y < region.height_px; ++y) {
      file.read(first + static_cast<std::uint64_t>(region.top_px + y) * stored, row);
      if (TIFFIsByteSwapped(library.get())) {
        for (std::size_t i = 0, bytes = static_cast<std::size_t>(page.bits) / 8; bytes > 1 && i + bytes <= row.size(); i += bytes) std::reverse(row.begin() + static_cast<std::ptrdiff_t>(i), row.begin() + static_cast<std::ptrdiff_t>(i + bytes));
      }
      placer.place(row.data(), static_cast<std::size_t>(region.left_px), static_cast<std::size_t>(region.width_px), plane, 0, y);
    }
  }
  return image;
}

}  // namespace cytodrop
