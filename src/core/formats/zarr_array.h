#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/formats/zarr_group.h"
#include "core/image.h"

namespace cytodrop {

enum class ZarrKind { kBool, kUnsigned, kSigned, kFloat };

enum class ZarrCompression { kNone, kDeflate, kZstd, kBlosc, kLz4 };

/// How the bytes of a chunk were made.
struct ZarrCoding {
  ZarrCompression compression = ZarrCompression::kNone;
  bool sum_inside = false;   ///< four bytes of CRC-32C behind what was compressed
  bool sum_outside = false;  ///< and behind what came of it
};

/// What an array of Zarr says of itself, checked: at most eight axes, none of them empty, no size that overflows.
struct ZarrArray {
  std::string path;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> chunk;  ///< samples along each axis; in a shard those of its inner chunks
  std::vector<std::uint64_t> shard;  ///< empty: each chunk is a file
  std::vector<std::size_t> order;    ///< axes as they lie in a chunk, that which changes slowest first
  ZarrKind kind = ZarrKind::kUnsigned;
  std::size_t sample = 1;  ///< bytes
  bool little = true;
  ZarrCoding coding;
  bool index_first = false, index_sum = false;  ///< of a shard
  std::string prefix;                           ///< of the chunks' names
  char separator = '.';
  std::array<std::uint8_t, 8> fill{};           ///< a sample as in a chunk, for those that are not there

  std::uint64_t chunk_bytes() const;
  SampleType type() const;
  int bits() const;
};

/// Raises: kCorrupt where there is none or it contradicts itself, kUnsupportedFeature for kinds of samples, chunks and compression that are not read.
/// Source: Zarr specification 2 and 3 (core, sharding, codecs), numcodecs' names.
ZarrArray read_zarr_array(ZarrHierarchy& hierarchy, const std::string& path);

}  // namespace cytodrop
