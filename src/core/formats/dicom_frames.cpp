#include "core/formats/dicom_frames.h"

#include <algorithm>
#include <utility>

#include "core/decode/decode.h"
#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxPieces = 4'000'000;

/// The header of a fragment: its bytes; false where the sequence ends.
bool next_piece(Source& source, std::uint64_t& at, std::uint64_t end, std::uint64_t& length) {
  const SourceNumbers numbers(source, true);
  if (end - at < 8) {
    if (end == at) return false;  // no end is stated, but nothing is missing
    dicom_cut_off();
  }
  const DicomTag tag = static_cast<DicomTag>(numbers.u16(at) << 16) | numbers.u16(at + 2);
  if (tag == kDicomSequenceEnd) return false;
  if (tag != kDicomItem) dicom_damaged("its frames are not where they should be");
  length = numbers.u32(at + 4);
  at += 8;
  if (length > end - at) dicom_cut_off();
  return true;
}

/// Whether a fragment is the last one of a JPEG, which may be padded by a byte.
bool ends_jpeg(Source& source, std::uint64_t at, std::uint64_t length) {
  const std::uint64_t looked_at = std::min<std::uint64_t>(length, 4);
  const std::vector<std::uint8_t> tail = source.read(at + length - looked_at, looked_at);
  for (std::size_t i = 0; i + 1 < tail.size(); ++i) {
    if (tail[i] == 0xff && tail[i + 1] == 0xd9) return true;
  }
  return false;
}

}  // namespace

DicomFrames::DicomFrames(Source& source, const DicomFacts& facts) : facts_(facts) {
  const DicomElement& pixels = facts.pixels;
  end_ = std::min(source.size(), pixels.at + std::min(pixels.length, source.size() - pixels.at));
  if (pixels.encapsulated) {
    find_pieces(source);
    return;
  }
  if (facts.codec != DicomCodec::kNone) dicom_damaged("its compressed frames are not in pieces");
  const bool halved = facts.colours == "YBR_FULL_422";
  if (halved && facts.columns % 2 != 0) dicom_damaged("its colours are of pairs of pixels, and its width is odd");
  frame_bits_ = static_cast<std::uint64_t>(facts.rows * facts.columns * (halved ? 2 : facts.samples) * facts.allocated);
  const std::uint64_t needed = (frame_bits_ * static_cast<std::uint64_t>(facts.frames) + 7) / 8;
  if (needed > pixels.length) dicom_damaged("it has fewer pixels than it states");
  if (!source.has(pixels.at, needed)) dicom_cut_off();
}

void DicomFrames::find_pieces(Source& source) {
  std::uint64_t at = facts_.pixels.at, length = 0;
  if (!next_piece(source, at, end_, length)) dicom_damaged("it has no frames");
  const auto frames = static_cast<std::uint64_t>(facts_.frames);
  base_ = at + length;
  const auto take_table = [&](std::uint64_t table, std::uint64_t bytes) {
    const SourceNumbers numbers(source, true);
    starts_.reserve(static_cast<std::size_t>(frames));
    for (std::size_t i = 0; i < frames; ++i) {
      starts_.push_back(bytes == 8 ? numbers.u64(table + i * bytes) : numbers.u32(table + i * bytes));
      const bool rises = i == 0 ? starts_[0] == 0 : starts_[i] > starts_[i - 1];
      if (!rises) dicom_damaged("its table of frames is out of order");
      if (starts_[i] >= end_ - base_) dicom_cut_off();
    }
  };
  if (length == 4 * frames) return take_table(at, 4);
  if (length == 0 && facts_.offsets.tag != 0 && facts_.offsets.length == 8 * frames) return take_table(facts_.offsets.at, 8);

  at = base_;
  while (next_piece(source, at, end_, length)) {
    if (pieces_.size() >= kMaxPieces) throw Error(ErrorCode::kTooLarge, "the DICOM file has more pieces than are read");
    pieces_.push_back({at, length});
    at += length;
  }
  if (pieces_.empty()) dicom_damaged("it has no frames");
  if (frames == 1) {
    first_piece_ = {0, pieces_.size()};
  } else if (pieces_.size() == frames) {
    for (std::size_t i = 0; i <= pieces_.size(); ++i) first_piece_.push_back(i);
  } else {
    first_piece_.push_back(0);
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (ends_jpeg(source, pieces_[i].at, pieces_[i].length)) first_piece_.push_back(i + 1);
    }
    if (first_piece_.size() != frames + 1) dicom_damaged("it does not tell which of its pieces make which frame");
  }
}

std::vector<std::uint8_t> DicomFrames::read(Source& source, std::int64_t frame) const {
  if (!facts_.pixels.encapsulated) return read_native(source, frame);
  const auto i = static_cast<std::size_t>(frame);
  std::vector<std::uint8_t> all;
  const auto add = [&](std::uint64_t at, std::uint64_t length) {
    if (length > std::uint64_t{kMaxDecodedBytes} - all.size()) throw Error(ErrorCode::kTooLarge, "a frame of the DICOM file is too large");
    if (all.empty()) {
      all = source.read(at, length);
    } else {
      const std::size_t had = all.size();
      all.resize(had + static_cast<std::size_t>(length));
      source.read(at, std::span(all).subspan(had));
    }
  };
  if (!starts_.empty()) {
    const std::uint64_t stop = i + 1 < starts_.size() ? base_ + starts_[i + 1] : end_;
    std::uint64_t at = base_ + starts_[i], length = 0;
    while (at < stop && next_piece(source, at, end_, length)) {
      add(at, length);
      at += length;
    }
    if (i + 1 < starts_.size() && at != stop) dicom_damaged("its table of frames does not fit its frames");
  } else {
    for (std::size_t piece = first_piece_[i]; piece < first_piece_[i + 1]; ++piece) add(pieces_[piece].at, pieces_[piece].length);
  }
  return all;
}

std::vector<std::uint8_t> DicomFrames::read_native(Source& source, std::int64_t frame) const {
  const std::uint64_t first_bit = frame_bits_ * static_cast<std::uint64_t>(frame);
  const std::uint64_t at = first_bit / 8, count = (first_bit % 8 + frame_bits_ + 7) / 8;
  const std::uint64_t pixels = facts_.pixels.at;
  if (facts_.allocated == 1) {
    // Frames follow each other without a gap, the first pixel in the lowest bit.
    const std::vector<std::uint8_t> packed = source.read(pixels + at, count, kMaxDecodedBytes / 8);
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(frame_bits_));
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const std::size_t bit = i + first_bit % 8;
      bits[i] = packed[bit / 8] >> bit % 8 & 1;
    }
    return bits;
  }
  if (facts_.syntax.little) return source.read(pixels + at, count, kMaxDecodedBytes);

  const std::size_t word = facts_.allocated > 8 ? static_cast<std::size_t>(facts_.allocated / 8) : facts_.pixels.is("OW") ? 2 : 1;
  // A frame of single bytes may begin in the middle of a word.
  const std::uint64_t before = at % word, whole = (before + count + word - 1) / word * word;
  std::vector<std::uint8_t> bytes = source.read(pixels + at - before, std::min(whole, facts_.pixels.length - (at - before)), kMaxDecodedBytes);
  for (std::size_t i = 0; i + word <= bytes.size(); i += word) std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.begin() + static_cast<std::ptrdiff_t>(i + word));
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(before));
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

std::vector<std::uint8_t> unpack_dicom_rle(Bytes packed, std::size_t pixels, std::size_t samples, std::size_t sample_bytes) {
  constexpr std::size_t kHeader = 64;
  const std::size_t planes = samples * sample_bytes;
  if (packed.size() < kHeader) dicom_damaged("a frame is too short");
  if (le32(packed, 0) != planes) dicom_damaged("a frame has another number of planes than the file states");
  // Two bytes make 128 at most: what cannot be there takes no memory.
  if (pixels * planes / 64 > packed.size()) dicom_damaged("a frame has fewer pixels than the file states");
  std::vector<std::uint8_t> all(pixels * planes);
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const std::size_t sample = plane / sample_bytes, byte = sample_bytes - 1 - plane % sample_bytes;
    std::uint8_t* out = all.data() + sample * sample_bytes + byte;
    std::size_t at = le32(packed, 4 + 4 * plane);
    const std::size_t end = plane + 1 < planes ? le32(packed, 8 + 4 * plane) : packed.size();
    if (at < kHeader || end < at || end > packed.size()) dicom_damaged("a plane of a frame lies outside of it");
    std::size_t left = pixels;
    const auto put = [&](std::uint8_t value) {
      *out = value;
      out += planes;
      --left;
    };
    while (left > 0) {
      if (at >= end) dicom_damaged("a frame has fewer pixels than the file states");
      const std::uint8_t count = packed[at++];
      if (count < 128) {
        const std::size_t taken = std::min<std::size_t>(count + 1u, left);
        if (end - at < taken) dicom_damaged("a frame has fewer pixels than the file states");
        for (std::size_t i = 0; i < taken; ++i) put(packed[at + i]);
        at += count + 1u;
      } else if (count > 128) {
        if (at >= end) dicom_damaged("a frame has fewer pixels than the file states");
        const std::size_t taken = std::min<std::size_t>(257u - count, left);
        for (std::size_t i = 0; i < taken; ++i) put(packed[at]);
        ++at;
      }
    }
  }
  return all;
}

}  // namespace cytodrop
