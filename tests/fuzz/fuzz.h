#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/error.h"

/// The bytes of a case, one after the other, then zeros.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> data) : rest_(data) {}

  template <typename Value>
  Value take() {
    Value value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return value;
  }

  std::span<const std::uint8_t> rest() const { return rest_; }

 private:
  std::span<const std::uint8_t> rest_;
};

/// The body of a harness: whatever the bytes are, they are read or refused by an Error; anything else is a finding.
template <typename Body>
int refused_or_read(const std::uint8_t* data, std::size_t size, Body body) {
  try {
    body(std::span<const std::uint8_t>(data, size));
  } catch (const cytodrop::Error& error) {
    if (error.code() == cytodrop::ErrorCode::kInternal) __builtin_trap();
  }
  return 0;
}
