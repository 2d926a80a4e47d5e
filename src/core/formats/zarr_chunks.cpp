#include "core/formats/zarr_chunks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.h"
#include "core/formats/blosc.h"
#include "core/formats/codec.h"
#include "core/formats/inflate.h"
#include "core/formats/lz_blocks.h"
#include "core/formats/zstd.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxChunkBytes = 256'000'000, kMaxKeptBytes = 160'000'000, kMaxInShard = 1'000'000;
constexpr std::size_t kMaxKept = 4096;
constexpr std::uint64_t kNoChunk = ~std::uint64_t{0};

std::uint64_t little_number(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

std::uint32_t crc32c(Bytes bytes) {
  static const std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78u : 0);
    }
    return table;
  }();
  std::uint32_t sum = ~std::uint32_t{0};
  for (const std::uint8_t byte : bytes) sum = sum >> 8 ^ kTable[(sum ^ byte) & 255];
  return ~sum;
}

/// What stands before a sum that fits.
Bytes summed(Bytes bytes) {
  if (bytes.size() < 4) codec_damaged("a sum is missing");
  const Bytes content = bytes.first(bytes.size() - 4);
  if (crc32c(content) != little_number(bytes, content.size(), 4)) codec_damaged("a sum that does not fit");
  return content;
}

std::vector<std::uint8_t> decode_chunk(const ZarrCoding& coding, std::vector<std::uint8_t> stored, std::size_t bytes) {
  Bytes from(stored);
  if (coding.sum_outside) from = summed(from);
  if (coding.sum_inside) bytes += 4;
  std::vector<std::uint8_t> plain;
  switch (coding.compression) {
    case ZarrCompression::kNone: plain.assign(from.begin(), from.end()); break;
    case ZarrCompression::kDeflate:
      plain.resize(bytes);
      inflate_into(from, plain);
      break;
    case ZarrCompression::kZstd: plain = decode_zstd(from, bytes); break;
    case ZarrCompression::kBlosc: plain = decode_blosc(from, bytes); break;
    case ZarrCompression::kLz4:
      // Behind its size.
      if (from.size() < 4 || little_number(from, 0, 4) != bytes) codec_damaged("LZ4: another size than the header states");
      plain.resize(bytes);
      decode_lz4(from.subspan(4), plain);
      break;
  }
  if (plain.size() != bytes) codec_damaged("a chunk of another size");
  if (coding.sum_inside) plain.resize(summed(plain).size());
  return plain;
}

}  // namespace

ZarrChunks::Chunk ZarrChunks::read(const ZarrArray& array, const std::vector<std::uint64_t>& place) {
  std::string name = below_path(array.path, array.prefix), key;
  for (std::size_t i = 0; i < place.size(); ++i) {
    const std::uint64_t in_shard = array.shard.empty() ? 1 : array.shard[i] / array.chunk[i];
    if (i > 0) name += array.separator;
    name += std::to_string(place[i] / in_shard);
    key += ' ' + std::to_string(place[i] % in_shard);
  }
  // No name has two slashes in a row.
  key = name + "//" + key;
  if (const auto found = places_.find(key); found != places_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->chunk;
  }
  if (array.chunk_bytes() > kMaxChunkBytes) throw Error(ErrorCode::kTooLarge, "a chunk of the OME-Zarr has more than " + std::to_string(kMaxChunkBytes / 1'000'000) + " MB");
  return keep(key, decode(array, name, place));
}

ZarrChunks::Chunk ZarrChunks::decode(const ZarrArray& array, const std::string& name, const std::vector<std::uint64_t>& place) {
  const auto file = files_.find(name);
  if (!file) return nullptr;
  const std::uint64_t bytes = array.chunk_bytes();
  std::vector<std::uint8_t> stored;
  if (array.shard.empty()) {
    stored = files_.read(*file, 2 * kMaxChunkBytes);
  } else {
    std::uint64_t count = 1, number = 0;
    for (std::size_t i = 0; i < place.size(); ++i) {
      const std::uint64_t along = array.shard[i] / array.chunk[i];
      if (along > kMaxInShard / count) throw Error(ErrorCode::kTooLarge, "a shard of the OME-Zarr has more than a million chunks");
      count *= along;
      number = number * along + place[i] % along;
    }
    const Chunk index = shard_index(array, *file, count);
    const std::uint64_t at = little_number(*index, static_cast<std::size_t>(16 * number), 8), length = little_number(*index, static_cast<std::size_t>(16 * number + 8), 8);
    if (at == kNoChunk && length == kNoChunk) return nullptr;
    stored = files_.read_part(*file, at, length, 2 * kMaxChunkBytes);
  }
  decoded_bytes_ += bytes + stored.size();
  return std::make_shared<const std::vector<std::uint8_t>>(decode_chunk(array.coding, std::move(stored), static_cast<std::size_t>(bytes)));
}

ZarrChunks::Chunk ZarrChunks::shard_index(const ZarrArray& array, const ZipEntry& shard, std::uint64_t count) {
  const std::string key(shard.name);
  if (const auto found = places_.find(key); found != places_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->chunk;
  }
  const std::uint64_t bytes = 16 * count + (array.index_sum ? 4 : 0);
  if (bytes > shard.bytes) zarr_damaged("a shard without its index");
  std::vector<std::uint8_t> index = files_.read_part(shard, array.index_first ? 0 : shard.bytes - bytes, bytes, bytes);
  decoded_bytes_ += bytes;
  if (array.index_sum) index.resize(summed(index).size());
  return keep(key, std::make_shared<const std::vector<std::uint8_t>>(std::move(index)));
}

ZarrChunks::Chunk ZarrChunks::keep(const std::string& key, Chunk chunk) {
  const auto bytes_of = [](const Chunk& one) { return one ? one->size() : 0; };
  kept_.push_front({key, chunk});
  places_[key] = kept_.begin();
  kept_bytes_ += bytes_of(chunk);
  while (kept_.size() > 1 && (kept_bytes_ > kMaxKeptBytes || kept_.size() > kMaxKept)) {
    kept_bytes_ -= bytes_of(kept_.back().chunk);
    places_.erase(kept_.back().key);
    kept_.pop_back();
  }
  return chunk;
}

}  // namespace cytodrop
