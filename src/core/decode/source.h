#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// The bytes of a file, wherever they lie: in memory, on a disk, behind a browser's Blob. Read from piece by piece, since a file may be
/// larger than any memory.
class Source {
 public:
  virtual ~Source() = default;

  virtual std::uint64_t size() const = 0;

  /// All bytes, where they lie in memory already; empty where they do not.
  virtual Bytes in_memory() const { return {}; }

  /// Whether so many bytes are there.
  bool has(std::uint64_t at, std::uint64_t count) const { return at <= size() && count <= size() - at; }

  /// Fills `to`. Raises: kTruncated where the file ends before, kUnreadable where it cannot be read any more.
  void read(std::uint64_t at, std::span<std::uint8_t> to);

  /// Bytes of the caller's own; no memory is taken before it is known that they are there.
  ///
  /// Args:
  ///   most: bytes.
  /// Raises: as above; kTooLarge above `most`, kOutOfMemory.
  std::vector<std::uint8_t> read(std::uint64_t at, std::uint64_t count, std::uint64_t most = 400'000'000);

 protected:
  /// Fills `to` with bytes that are there.
  virtual void fetch(std::uint64_t at, std::span<std::uint8_t> to) = 0;
};

/// Bytes in memory, which stay the caller's.
class MemorySource final : public Source {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Bytes in_memory() const override { return bytes_; }

 protected:
  void fetch(std::uint64_t at, std::span<std::uint8_t> to) override;

 private:
  Bytes bytes_;
};

/// A file that somebody else reads, in blocks of which the last used are kept.
class BlockSource final : public Source {
 public:
  /// Fills the span with the bytes from an offset on; false where that is not possible (any more).
  using Read = std::function<bool(std::uint64_t at, std::span<std::uint8_t> to)>;

  static constexpr std::size_t kBlockBytes = 1 << 18;
  static constexpr std::size_t kMaxBlocks = 64;

  BlockSource(std::uint64_t size, Read read) : size_(size), read_(std::move(read)) {}
  std::uint64_t size() const override { return size_; }

 protected:
  void fetch(std::uint64_t at, std::span<std::uint8_t> to) override;

 private:
  struct Block {
    std::uint64_t number;
    std::vector<std::uint8_t> bytes;
  };

  const std::vector<std::uint8_t>& block(std::uint64_t number);
  void ask(std::uint64_t at, std::span<std::uint8_t> to);

  std::uint64_t size_;
  Read read_;
  std::list<Block> blocks_;  ///< the last used first
  std::unordered_map<std::uint64_t, std::list<Block>::iterator> places_;
};

/// Numbers in a fixed byte order at checked places of a source.
class SourceNumbers {
 public:
  SourceNumbers(Source& source, bool little) : source_(source), little_(little) {}

  std::uint8_t u8(std::uint64_t at) const { return static_cast<std::uint8_t>(number(at, 1)); }
  std::uint16_t u16(std::uint64_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::uint64_t at) const { return number(at, 8); }
  std::int32_t i32(std::uint64_t at) const { return static_cast<std::int32_t>(u32(at)); }
  std::int64_t i64(std::uint64_t at) const { return static_cast<std::int64_t>(u64(at)); }
  double f64(std::uint64_t at) const;

 private:
  std::uint64_t number(std::uint64_t at, std::size_t bytes) const;

  Source& source_;
  bool little_;
};

}  // namespace cytodrop
