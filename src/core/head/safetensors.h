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

using NamedTensors = std::map<std::string, NamedTensor>;

/// Reads all tensors of a safetensors file, widening float16 to float32; untrusted input is safe.
///
/// Args:
///   file_name: what errors call the file, "head file" for example.
/// Raises: kInvalidModel on anything that does not fit the format or is neither float32 nor float16.
/// Source: safetensors format 0.4: u64 little-endian header length, JSON header, data.
NamedTensors read_safetensors(std::span<const std::uint8_t> file, const std::string& file_name);

/// The values of one tensor.
///
/// Args:
///   file_name: what errors call the file.
/// Raises: kInvalidModel naming the tensor when it is missing, has another shape or holds a value that is not finite.
std::vector<float> tensor_values(const NamedTensors& tensors, const std::string& file_name, const std::string& name,
                                 const std::vector<std::int64_t>& shape);

}  // namespace cytodrop
