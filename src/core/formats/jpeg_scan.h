// Entropy-coded data of JPEG, as the decoders of ours read it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/decode/bytes.h"
#include "core/error.h"
#include "core/formats/codec.h"

namespace cytodrop {

[[noreturn]] inline void jpeg_cut_off() { throw Error(ErrorCode::kTruncated, "the image data is cut off: its end is missing"); }

struct JpegSegment {
  std::uint8_t code;
  Bytes data;
  std::size_t end;
};

/// The segment at a place of a file, behind what fill bytes there are.
inline JpegSegment jpeg_segment(Bytes file, std::size_t at) {
  while (true) {
    if (at + 4 > file.size()) jpeg_cut_off();
    if (file[at] != 0xff) codec_damaged("bytes between its segments");
    if (file[at + 1] != 0xff) break;
    ++at;
  }
  const std::uint8_t code = file[at + 1];
  if (code == 0xd9) codec_damaged("it has fewer colours than it states");
  const std::size_t length = be16(file, at + 2);
  if (length < 2) codec_damaged("a segment has an impossible length");
  if (file.size() - at - 2 < length) jpeg_cut_off();
  return {code, file.subspan(at + 4, length - 2), at + 2 + length};
}

/// Codes of up to 16 bits, as a JPEG lists them: how many there are of each length, and what they mean.
class HuffmanTable {
 public:
  /// Returns: the bytes behind the table.
  Bytes read(Bytes data) {
    if (data.size() < 16) codec_damaged("a code table is too short");
    std::size_t count = 0;
    int code = 0;
    for (std::size_t bits = 1; bits <= 16; ++bits) {
      first_[bits] = code;
      from_[bits] = count;
      counts_[bits] = data[bits - 1];
      count += data[bits - 1];
      code = (code + data[bits - 1]) << 1;
      if (code > 1 << (bits + 1)) codec_damaged("a code table has too many codes");
    }
    if (count > values_.size() || data.size() < 16 + count) codec_damaged("a code table is too short");
    for (std::size_t i = 0; i < count; ++i) values_[i] = data[16 + i];
    there_ = true;
    return data.subspan(16 + count);
  }

  bool there() const { return there_; }

  /// Of the next code.
  template <typename Bits>
  int decode(Bits& bits) const {
    int code = 0;
    for (std::size_t length = 1; length <= 16; ++length) {
      code = code << 1 | bits.take(1);
      const int place = code - first_[length];
      if (place >= 0 && place < counts_[length]) return values_[from_[length] + static_cast<std::size_t>(place)];
    }
    codec_damaged("a code is none");
  }

 private:
  std::array<int, 17> first_{}, counts_{};
  std::array<std::size_t, 17> from_{};
  std::array<std::uint8_t, 256> values_{};
  bool there_ = false;
};

/// Bits of entropy-coded data, up to a marker.
class ScanBits {
 public:
  ScanBits(Bytes file, std::size_t at) : file_(file), at_(at) {}

  int take(int count) {
    while (held_ < count) {
      if (at_ >= file_.size()) jpeg_cut_off();
      const std::uint8_t byte = file_[at_];
      if (byte == 0xff) {
        if (at_ + 1 >= file_.size()) jpeg_cut_off();
        if (file_[at_ + 1] != 0) codec_damaged("a scan ends too early");
        ++at_;
      }
      ++at_;
      bits_ = bits_ << 8 | byte;
      held_ += 8;
    }
    held_ -= count;
    return static_cast<int>(bits_ >> held_ & ((1u << count) - 1));
  }

  /// A number of so many bits: its sign is told by its first.
  int take_signed(int count) {
    if (count == 0) return 0;
    if (count > 16) codec_damaged("a code is none");
    const int value = take(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /// Passes a restart marker.
  void restart() {
    held_ = 0;
    if (at_ + 2 > file_.size()) jpeg_cut_off();
    if (file_[at_] != 0xff || file_[at_ + 1] < 0xd0 || file_[at_ + 1] > 0xd7) codec_damaged("a restart is missing");
    at_ += 2;
  }

  std::size_t end() const { return at_; }

 private:
  Bytes file_;
  std::size_t at_;
  std::uint32_t bits_ = 0;
  int held_ = 0;
};

}  // namespace cytodrop
