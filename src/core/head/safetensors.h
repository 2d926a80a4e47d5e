#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace cytodrop {

struct NamedTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Reads all float32 tensors of a safetensors file; untrusted input is safe.
///
/// Raises: kInvalidModel on anything that does not fit the format or is not float32.
/// Source: safetensors format 0.4: u64 little-endian header length, JSON header, data.
std::map<std::string, NamedTensor> read_safetensors(std::span<const std::uint8_t> file);

}  // namespace cytodrop
