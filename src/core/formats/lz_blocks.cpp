#include "core/formats/lz_blocks.h"

#include <cstring>

#include "core/formats/codec.h"

namespace cytodrop {
namespace {

/// What both kinds do: take bytes, repeat what was written, and never leave either of the two spans.
class LzBlock {
 public:
  LzBlock(Bytes from, std::span<std::uint8_t> to, const char* name) : from_(from), to_(to), name_(name) {}

  bool ended() const { return read_ == from_.size(); }
  bool full() const { return written_ == to_.size(); }

  std::size_t next() {
    if (ended()) codec_damaged(name_);
    return from_[read_++];
  }

  void copy(std::size_t count) {
    if (count > from_.size() - read_ || count > to_.size() - written_) codec_damaged(name_);
    std::memcpy(to_.data() + written_, from_.data() + read_, count);
    read_ += count;
    written_ += count;
  }

  /// The bytes may be those that are being written.
  void repeat(std::size_t distance, std::size_t count) {
    if (distance == 0 || distance > written_ || count > to_.size() - written_) codec_damaged(name_);
    std::uint8_t* to = to_.data() + written_;
    for (std::size_t i = 0; i < count; ++i) to[i] = to[static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(distance)];
    written_ += count;
  }

  /// A length that goes on as long as its bytes are 255.
  std::size_t longer(std::size_t length) {
    std::size_t byte = 255;
    while (byte == 255) length += byte = next();
    return length;
  }

 private:
  Bytes from_;
  std::span<std::uint8_t> to_;
  const char* name_;
  std::size_t read_ = 0, written_ = 0;
};

}  // namespace

void decode_lz4(Bytes bytes, std::span<std::uint8_t> to) {
  LzBlock block(bytes, to, "LZ4");
  while (!block.ended()) {
    const std::size_t token = block.next();
    block.copy(token >> 4 == 15 ? block.longer(15) : token >> 4);
    // The last sequence has no match.
    if (block.ended()) break;
    std::size_t distance = block.next();
    distance |= block.next() << 8;
    block.repeat(distance, 4 + ((token & 15) == 15 ? block.longer(15) : token & 15));
  }
  if (!block.full()) codec_damaged("LZ4: fewer bytes than the size tells");
}

void decode_blosclz(Bytes bytes, std::span<std::uint8_t> to) {
  constexpr std::size_t kFarther = 8191;
  LzBlock block(bytes, to, "BloscLZ");
  // The first byte's upper bits tell the level.
  for (std::size_t code = block.next() & 31;; code = block.next()) {
    if (code < 32) {
      block.copy(code + 1);
    } else {
      std::size_t length = (code >> 5) - 1;
      if (length == 6) length = block.longer(length);
      const std::size_t high = code & 31, low = block.next();
      std::size_t distance = high << 8 | low;
      if (high == 31 && low == 255) {
        distance = block.next() << 8;
        distance = (distance | block.next()) + kFarther;
      }
      block.repeat(distance + 1, length + 3);
    }
    if (block.ended()) break;
  }
  if (!block.full()) codec_damaged("BloscLZ: fewer bytes than the size tells");
}

}  // namespace cytodrop
