#include "core/decode/source.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/error.h"

namespace cytodrop {

void Source::read(std::uint64_t at, std::span<std::uint8_t> to) {
  if (!has(at, to.size())) throw Error(ErrorCode::kTruncated, "the file is cut off: its end is missing");
  if (!to.empty()) fetch(at, to);
}

std::vector<std::uint8_t> Source::read(std::uint64_t at, std::uint64_t count, std::uint64_t most) {
  if (!has(at, count)) throw Error(ErrorCode::kTruncated, "the file is cut off: its end is missing");
  if (count > most) throw Error(ErrorCode::kTooLarge, "a part of the file has " + std::to_string(count / 1'000'000) + " MB; " + std::to_string(most / 1'000'000) + " MB are the limit");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  if (!bytes.empty()) fetch(at, bytes);
  return bytes;
}

void MemorySource::fetch(std::uint64_t at, std::span<std::uint8_t> to) { std::memcpy(to.data(), bytes_.data() + at, to.size()); }

void BlockSource::ask(std::uint64_t at, std::span<std::uint8_t> to) {
  if (!read_(at, to)) throw Error(ErrorCode::kUnreadable, "the file cannot be read any more; check that it is still there and has not changed");
}

const std::vector<std::uint8_t>& BlockSource::block(std::uint64_t number) {
  if (const auto place = places_.find(number); place != places_.end()) {
    blocks_.splice(blocks_.begin(), blocks_, place->second);
    return blocks_.front().bytes;
  }
  const std::uint64_t at = number * kBlockBytes;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, size_ - at)));
  ask(at, bytes);
  if (blocks_.size() == kMaxBlocks) {
    places_.erase(blocks_.back().number);
    blocks_.pop_back();
  }
  blocks_.push_front({number, std::move(bytes)});
  places_[number] = blocks_.begin();
  return blocks_.front().bytes;
}

void BlockSource::fetch(std::uint64_t at, std::span<std::uint8_t> to) {
  // What is larger than a few blocks is pixels, which are read once.
  if (to.size() >= 4 * kBlockBytes) return ask(at, to);
  while (!to.empty()) {
    const std::vector<std::uint8_t>& bytes = block(at / kBlockBytes);
    const auto from = static_cast<std::size_t>(at % kBlockBytes);
    const std::size_t step = std::min(to.size(), bytes.size() - from);
    std::memcpy(to.data(), bytes.data() + from, step);
    to = to.subspan(step);
    at += step;
  }
}

std::uint64_t SourceNumbers::number(std::uint64_t at, std::size_t bytes) const {
  std::array<std::uint8_t, 8> raw{};
  source_.read(at, std::span(raw).first(bytes));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | raw[little_ ? bytes - 1 - i : i];
  return value;
}

double SourceNumbers::f64(std::uint64_t at) const {
  const std::uint64_t bits = u64(at);
  double value;  // not bit_cast, which the oldest Emscripten lacks
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace cytodrop
