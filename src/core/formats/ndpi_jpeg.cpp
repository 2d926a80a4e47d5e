#include "core/formats/ndpi_jpeg.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/decode/bytes.h"
#include "core/decode/decode.h"
#include "core/decode/jpeg.h"
#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxHeader = 1 << 20;
/// Of a level; the largest slides have a million.
constexpr std::uint64_t kMaxParts = 16'000'000;
constexpr std::uint64_t kMaxPartBytes = 64'000'000;
/// That are looked through for markers where the list of them is wrong.
constexpr std::uint64_t kMaxSearched = 1'000'000'000;
constexpr std::int64_t kMaxJpegSide = 65'535;

[[noreturn]] void broken(const char* why) { throw Error(ErrorCode::kCorrupt, "the NDPI file is damaged (" + std::string(why) + ")"); }

bool is_restart(std::uint8_t first, std::uint8_t second) { return first == 0xff && second >= 0xd0 && second <= 0xd7; }

}  // namespace

NdpiJpeg::NdpiJpeg(Source& source, const NdpiStrip& strip) : strip_(strip) {
  if (!source.has(strip.at, strip.bytes)) throw Error(ErrorCode::kTruncated, "the NDPI file is cut off: its end is missing");
  const std::vector<std::uint8_t> start = source.read(strip.at, std::min(strip.bytes, kMaxHeader));
  if (start.size() < 4 || start[0] != 0xff || start[1] != 0xd8) broken("a level is no JPEG");
  std::int64_t across = 1, down = 1, interval = 0;
  for (std::size_t at = 2;;) {
    if (start.size() - at < 4) broken("the header of a level does not end");
    const std::uint8_t marker = start[at + 1];
    const std::size_t length = be16(start, at + 2);
    if (start[at] != 0xff || length < 2 || start.size() - at - 2 < length) broken("the header of a level");
    const Bytes data = Bytes(start).subspan(at + 4, length - 2);
    if (marker == 0xc0 || marker == 0xc1) {
      if (data.size() < 6 || data.size() < 6 + 3u * data[5] || size_at_ > 0) broken("the header of a level");
      if (data[0] != 8 || (data[5] != 1 && data[5] != 3)) throw Error(ErrorCode::kUnsupportedFeature, "the NDPI file has a JPEG of a kind that is not read; export it as TIFF");
      size_at_ = at + 5;
      samples_ = data[5];
      for (std::size_t c = 0; c < data[5]; ++c) {
        across = std::max<std::int64_t>(across, data[7 + 3 * c] >> 4);
        down = std::max<std::int64_t>(down, data[7 + 3 * c] & 15);
      }
      if (across > 4 || down > 4) broken("the colours of a level");
    } else if (marker >= 0xc2 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
      throw Error(ErrorCode::kUnsupportedFeature, "the NDPI file has a JPEG of a kind that is not read; export it as TIFF");
    } else if (marker == 0xdd && data.size() >= 2) {
      interval = be16(data, 0);
    }
    at += 2 + length;
    if (marker != 0xda) continue;
    if (size_at_ == 0) broken("a level without a size");
    header_.assign(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(at));
    break;
  }
  const std::int64_t units = (strip.width_px + 8 * across - 1) / (8 * across);
  if (interval > 0 && units % interval == 0 && interval * 8 * across <= kMaxJpegSide) {
    part_width_px_ = interval * 8 * across;
    part_height_px_ = 8 * down;
  }
}

void NdpiJpeg::find_starts(Source& source) {
  if (!starts_.empty() || part_width_px_ == 0) return;
  const auto count = static_cast<std::uint64_t>((strip_.width_px + part_width_px_ - 1) / part_width_px_ * ((strip_.height_px + part_height_px_ - 1) / part_height_px_));
  if (count > kMaxParts) throw Error(ErrorCode::kTooLarge, "the NDPI file has more parts than are read");
  if (strip_.starts != count || !takes_listed_starts(source)) search_starts(source);
  if (starts_.size() != count) broken("a level has another number of restart markers than its size needs");
}

/// Whether the list of restart markers leads to such.
bool NdpiJpeg::takes_listed_starts(Source& source) {
  const std::uint64_t bytes = 4 * strip_.starts;
  if (strip_.starts_at == 0 || !source.has(strip_.starts_at, bytes) || (strip_.starts_high_at > 0 && !source.has(strip_.starts_high_at, bytes))) return false;
  const std::vector<std::uint8_t> low = source.read(strip_.starts_at, bytes), high = strip_.starts_high_at > 0 ? source.read(strip_.starts_high_at, bytes) : std::vector<std::uint8_t>(low.size());
  starts_.reserve(static_cast<std::size_t>(strip_.starts));
  for (std::size_t i = 0; i < strip_.starts; ++i) {
    const std::uint64_t start = le32(low, 4 * i) | std::uint64_t{le32(high, 4 * i)} << 32;
    if (i == 0 ? start != header_.size() : start <= starts_.back() || start >= strip_.bytes) {
      starts_.clear();
      return false;
    }
    starts_.push_back(start);
  }
  // Old scanners are known to have written other lists: the last one has gone astray if any has.
  const bool leads = starts_.size() < 2 || [&] {
    const std::vector<std::uint8_t> before = source.read(strip_.at + starts_.back() - 2, 2);
    return is_restart(before[0], before[1]);
  }();
  if (!leads) starts_.clear();
  return leads;
}

void NdpiJpeg::search_starts(Source& source) {
  if (strip_.bytes > kMaxSearched) throw Error(ErrorCode::kUnsupportedFeature, "the NDPI file has no list of where its parts lie, and is too large to be searched; export it as TIFF");
  constexpr std::uint64_t kStep = 1 << 20;
  starts_ = {header_.size()};
  std::uint8_t last = 0;
  for (std::uint64_t at = header_.size(); at < strip_.bytes; at += kStep) {
    const std::vector<std::uint8_t> part = source.read(strip_.at + at, std::min(kStep, strip_.bytes - at));
    for (std::size_t i = 0; i < part.size(); last = part[i++]) {
      if (is_restart(last, part[i]) && starts_.size() <= kMaxParts) starts_.push_back(at + i + 1);
    }
  }
}

std::vector<std::uint8_t> NdpiJpeg::with_size(std::int64_t width_px, std::int64_t height_px) const {
  std::vector<std::uint8_t> jpeg = header_;
  const std::int64_t sides[] = {height_px, width_px};
  for (std::size_t i = 0; i < 2; ++i) {
    jpeg[size_at_ + 2 * i] = static_cast<std::uint8_t>(sides[i] >> 8);
    jpeg[size_at_ + 2 * i + 1] = static_cast<std::uint8_t>(sides[i]);
  }
  return jpeg;
}

/// The pixels whose bytes lie from `from` to `to` in the strip.
Image NdpiJpeg::decode_part(Source& source, std::uint64_t from, std::uint64_t to, std::int64_t width_px, std::int64_t height_px, bool& damaged) const {
  std::vector<std::uint8_t> jpeg = with_size(width_px, height_px);
  const std::size_t head = jpeg.size();
  jpeg.resize(head + static_cast<std::size_t>(to - from));
  source.read(strip_.at + from, std::span(jpeg).subspan(head));
  // Its own end in the place of the marker to the next.
  if (jpeg.size() >= head + 2 && jpeg[jpeg.size() - 2] == 0xff && jpeg.back() >= 0xd0 && jpeg.back() <= 0xd9) jpeg.resize(jpeg.size() - 2);
  jpeg.insert(jpeg.end(), {0xff, 0xd9});
  return decode_jpeg(jpeg, read_header(jpeg), damaged);
}

void NdpiJpeg::read(Source& source, const Box& region, Image& image, bool& damaged) {
  find_starts(source);
  const auto copy = [&](const Image& part, std::int64_t left, std::int64_t top) {
    const std::int64_t first_x = std::max<std::int64_t>(region.left_px, left), first_y = std::max<std::int64_t>(region.top_px, top);
    const std::int64_t right = std::min<std::int64_t>(region.left_px + region.width_px, left + part.width_px()), bottom = std::min<std::int64_t>(region.top_px + region.height_px, top + part.height_px());
    const std::size_t pixel = image.view().pixel_bytes();
    for (std::int64_t y = first_y; y < bottom && first_x < right; ++y) {
      std::memcpy(image.data() + static_cast<std::size_t>(y - region.top_px) * image.row_stride_bytes() + static_cast<std::size_t>(first_x - region.left_px) * pixel,
                  part.data() + static_cast<std::size_t>(y - top) * part.row_stride_bytes() + static_cast<std::size_t>(first_x - left) * pixel, static_cast<std::size_t>(right - first_x) * pixel);
    }
  };
  if (part_width_px_ == 0) {
    if (whole_.width_px() == 0) {
      if (strip_.width_px > kMaxJpegSide || strip_.height_px > kMaxJpegSide) throw Error(ErrorCode::kUnsupportedFeature, "the NDPI file has a level without restart markers, which cannot be read in parts; export it as TIFF");
      check_decoded_size(strip_.width_px, strip_.height_px, samples_);
      if (strip_.bytes > kMaxDecodedBytes) throw Error(ErrorCode::kTooLarge, "a level of the NDPI file is too large to be decoded in memory");
      whole_ = decode_part(source, header_.size(), strip_.bytes, strip_.width_px, strip_.height_px, damaged);
    }
    return copy(whole_, 0, 0);
  }
  const std::int64_t across = (strip_.width_px + part_width_px_ - 1) / part_width_px_;
  for (std::int64_t row = region.top_px / part_height_px_; row * part_height_px_ < region.top_px + region.height_px; ++row) {
    for (std::int64_t column = region.left_px / part_width_px_; column * part_width_px_ < region.left_px + region.width_px; ++column) {
      const auto i = static_cast<std::size_t>(row * across + column);
      const std::uint64_t to = i + 1 < starts_.size() ? starts_[i + 1] : strip_.bytes;
      if (to - starts_[i] > kMaxPartBytes) broken("a part of a level is far larger than its pixels");
      copy(decode_part(source, starts_[i], to, part_width_px_, part_height_px_, damaged), column * part_width_px_, row * part_height_px_);
    }
  }
}

}  // namespace cytodrop
