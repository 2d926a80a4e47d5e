// Attributes of an ONNX node, checked to be something that is computed with.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/network/onnx.h"
#include "core/network/refuse.h"

namespace cytodrop {

/// A whole number from an attribute, kept where no product of two can overflow.
inline int small(std::int64_t value, const OnnxNode& node) {
  constexpr std::int64_t kMost = 16'384;
  if (value < 0 || value > kMost) refuse::invalid(node.type + " has an attribute out of range");
  return static_cast<int>(value);
}

inline std::int64_t integer_of(const OnnxNode& node, const char* name, std::int64_t otherwise) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? otherwise : found->second.integer;
}

inline float number_of(const OnnxNode& node, const char* name, float otherwise) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? otherwise : found->second.number;
}

/// A list of `count` numbers from an attribute; all `otherwise` where the node has none.
inline std::vector<int> integers_of(const OnnxNode& node, const char* name, std::size_t count, int otherwise) {
  const auto found = node.attributes.find(name);
  std::vector<int> values(count, otherwise);
  if (found == node.attributes.end()) return values;
  if (found->second.integers.size() != count) refuse::unsupported(node.type + " over another number of dimensions than two");
  std::transform(found->second.integers.begin(), found->second.integers.end(), values.begin(),
                 [&](std::int64_t value) { return small(value, node); });
  return values;
}

}  // namespace cytodrop
