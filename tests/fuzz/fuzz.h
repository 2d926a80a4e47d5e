#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/error.h"

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
