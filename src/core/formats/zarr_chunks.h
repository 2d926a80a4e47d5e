#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/formats/zarr_array.h"

namespace cytodrop {

/// The decoded chunks of arrays, of which the last used are kept: planes of a stack often lie in the same ones.
class ZarrChunks {
 public:
  using Chunk = std::shared_ptr<const std::vector<std::uint8_t>>;

  explicit ZarrChunks(ZipFiles& files) : files_(files) {}

  /// A chunk by its place along each axis, in chunks.
  ///
  /// Returns: its samples as they lie in it; nothing where it is not there, and is thus filled with `array.fill`.
  /// Raises: kTooLarge over 256 MB, kUnsupportedFeature, kTruncated, kCorrupt, kUnreadable, kOutOfMemory.
  Chunk read(const ZarrArray& array, const std::vector<std::uint64_t>& place);

  /// Bytes that were decoded so far, not counting those that were kept.
  std::uint64_t decoded_bytes() const { return decoded_bytes_; }

 private:
  struct Kept {
    std::string key;
    Chunk chunk;
  };

  Chunk decode(const ZarrArray& array, const std::string& name, const std::vector<std::uint64_t>& place);
  Chunk keep(const std::string& key, Chunk chunk);
  Chunk shard_index(const ZarrArray& array, const ZipEntry& shard, std::uint64_t count);

  ZipFiles& files_;
  std::list<Kept> kept_;  ///< the last used first
  std::unordered_map<std::string, std::list<Kept>::iterator> places_;
  std::uint64_t kept_bytes_ = 0, decoded_bytes_ = 0;
};

}  // namespace cytodrop
