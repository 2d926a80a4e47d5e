#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// One value of an ND2 file's metadata, which are values in values.
struct Nd2Value {
  enum class Kind { kNone, kNumber, kText, kBytes, kLevel };

  std::string name;  ///< empty in a list
  Kind kind = Kind::kNone;
  double number = 0;
  std::string text;                 ///< cleaned
  std::vector<std::uint8_t> bytes;
  std::vector<Nd2Value> items;

  /// Null where there is none.
  const Nd2Value* find(std::string_view name) const;
  const Nd2Value* descend(std::initializer_list<std::string_view> names) const;
  double number_of(std::string_view name, double otherwise) const;
  std::string text_of(std::string_view name) const;
};

inline constexpr int kMaxNd2Depth = 48;
inline constexpr int kMaxNd2Values = 300'000;

/// Reads a chunk of metadata: "LV" of version 3 and later, deflated or not, or the XML of version 2. Untrusted input is safe.
///
/// Layout of a record of LV: type (1 byte), UTF-16 units of its name (1 byte), the name with its NUL, the value. Of a level the value is
/// the number of its records (uint32), the bytes of all of them from the type on (uint64), the records, then a uint64 for each.
///
/// Raises: kCorrupt, kTooLarge over kMaxNd2Values, kOutOfMemory.
/// Source: documentation and behaviour of the PyPI package nd2 0.12 (BSD-3-Clause), for both kinds.
Nd2Value read_nd2_values(Bytes chunk);

}  // namespace cytodrop
