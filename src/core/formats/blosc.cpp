#include "core/formats/blosc.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/formats/codec.h"
#include "core/formats/inflate.h"
#include "core/formats/lz_blocks.h"
#include "core/formats/zstd.h"

namespace cytodrop {
namespace {

constexpr std::size_t kHeaderBytes = 16, kMostSplits = 16, kLeastSplitSamples = 128;
enum Format : int { kBloscLz = 0, kLz4 = 1, kSnappy = 2, kZlib = 3, kZstd = 4 };

std::uint32_t u32(Bytes bytes, std::size_t at) {
  if (at > bytes.size() || bytes.size() - at < 4) codec_damaged("Blosc: its end is missing");
  return le32(bytes, at);
}

void decode_stream(int format, Bytes stream, std::span<std::uint8_t> to) {
  switch (format) {
    case kBloscLz: return decode_blosclz(stream, to);
    case kLz4: return decode_lz4(stream, to);
    case kZlib: return inflate_into(stream, to);
    case kZstd: {
      const std::vector<std::uint8_t> plain = decode_zstd(stream, to.size());
      std::copy(plain.begin(), plain.end(), to.begin());
      return;
    }
    default: throw Error(ErrorCode::kUnsupportedFeature, "the pixels are compressed with Snappy, which is not read; save them with Zstandard or LZ4");
  }
}

/// First bytes of all samples, then second ones and so on; what is left over lies behind as it was.
void unshuffle_bytes(std::span<const std::uint8_t> from, std::size_t sample, std::uint8_t* to) {
  const std::size_t count = from.size() / sample;
  for (std::size_t byte = 0; byte < sample; ++byte) {
    const std::uint8_t* row = from.data() + byte * count;
    for (std::size_t i = 0; i < count; ++i) to[i * sample + byte] = row[i];
  }
  std::memcpy(to + count * sample, from.data() + count * sample, from.size() - count * sample);
}

/// A row of bits, the lowest first, for each bit of a sample. Blocks whose samples are no multiple of eight are not shuffled.
void unshuffle_bits(std::span<const std::uint8_t> from, std::size_t sample, std::uint8_t* to) {
  const std::size_t count = from.size() / sample, row = count / 8;
  if (count % 8 != 0) {
    std::memcpy(to, from.data(), from.size());
    return;
  }
  std::memset(to, 0, count * sample);
  for (std::size_t bit = 0; bit < 8 * sample; ++bit) {
    const std::uint8_t* bits = from.data() + bit * row;
    std::uint8_t* out = to + bit / 8;
    for (std::size_t i = 0; i < row; ++i) {
      for (std::size_t k = 0; k < 8; ++k) out[(8 * i + k) * sample] = static_cast<std::uint8_t>(out[(8 * i + k) * sample] | (bits[i] >> k & 1) << (bit % 8));
    }
  }
  std::memcpy(to + count * sample, from.data() + count * sample, from.size() - count * sample);
}

}  // namespace

std::vector<std::uint8_t> decode_blosc(Bytes compressed, std::size_t bytes) {
  if (compressed.size() < kHeaderBytes) codec_damaged("Blosc: its end is missing");
  if (compressed[0] > 2) throw Error(ErrorCode::kUnsupportedFeature, "the pixels are compressed with Blosc 2, which is not read; save them with Zstandard or Blosc 1");
  const int flags = compressed[2], format = flags >> 5;
  const std::size_t sample = compressed[3], block_bytes = u32(compressed, 8);
  if (u32(compressed, 4) != bytes) codec_damaged("Blosc: another size than the header states");
  const bool shuffled = (flags & 1) && sample > 1, bit_shuffled = (flags & 4) && sample > 0;
  std::vector<std::uint8_t> plain(bytes);
  if (flags & 2) {
    if (compressed.size() - kHeaderBytes < bytes) codec_damaged("Blosc: its end is missing");
    std::memcpy(plain.data(), compressed.data() + kHeaderBytes, bytes);
    return plain;
  }
  if (bytes == 0) return plain;
  if (block_bytes == 0 || block_bytes > bytes) codec_damaged("Blosc: a block of no size");
  std::vector<std::uint8_t> mixed(shuffled || bit_shuffled ? block_bytes : 0);
  for (std::size_t begin = 0, block = 0; begin < bytes; begin += block_bytes, ++block) {
    const std::size_t length = std::min(block_bytes, bytes - begin);
    const bool split = !(flags & 0x10) && length == block_bytes && sample > 0 && sample <= kMostSplits && block_bytes / sample >= kLeastSplitSamples;
    const std::size_t streams = split ? sample : 1, stream_bytes = length / streams;
    const std::span<std::uint8_t> out = mixed.empty() ? std::span(plain).subspan(begin, length) : std::span(mixed).first(length);
    std::size_t at = u32(compressed, kHeaderBytes + 4 * block);
    for (std::size_t stream = 0; stream < streams; ++stream) {
      const std::size_t size = u32(compressed, at);
      at += 4;
      if (size > compressed.size() - at) codec_damaged("Blosc: a block reaches beyond the end");
      const std::span<std::uint8_t> to = out.subspan(stream * stream_bytes, stream + 1 == streams ? length - stream * stream_bytes : stream_bytes);
      if (size == to.size()) std::memcpy(to.data(), compressed.data() + at, size);
      else decode_stream(format, compressed.subspan(at, size), to);
      at += size;
    }
    if (shuffled) unshuffle_bytes(out, sample, plain.data() + begin);
    else if (bit_shuffled) unshuffle_bits(out, sample, plain.data() + begin);
  }
  return plain;
}

}  // namespace cytodrop
