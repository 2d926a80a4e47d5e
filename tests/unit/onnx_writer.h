#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

/// Writes protocol-buffer messages field by field, sound or not.
class ProtoWriter {
 public:
  ProtoWriter& integer(unsigned field, std::int64_t value);
  ProtoWriter& number(unsigned field, float value);
  ProtoWriter& bytes(unsigned field, const FileBytes& value);
  ProtoWriter& text(unsigned field, const std::string& value) { return bytes(field, FileBytes(value.begin(), value.end())); }
  ProtoWriter& message(unsigned field, const ProtoWriter& value) { return bytes(field, value.bytes_); }
  /// A tag that states a length of its own, followed by nothing.
  ProtoWriter& false_length(unsigned field, std::uint64_t length);

  const FileBytes& file() const { return bytes_; }

 private:
  void varint(std::uint64_t value);

  FileBytes bytes_;
};

/// A small ONNX graph from input `x` to output `y`.
class GraphWriter {
 public:
  using Integers = std::vector<std::int64_t>;

  struct Attribute {
    std::string name;
    Integers integers;  ///< one is written as a whole number, more as a list
    std::string text{};  ///< written where it is not empty
  };

  GraphWriter& node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output,
                    const std::vector<Attribute>& attributes = {});
  /// A float32 constant; any number of values, whether they fit the shape or not.
  GraphWriter& constant(const std::string& name, const Integers& shape, const std::vector<float>& values);
  /// A float16 constant of bit patterns.
  GraphWriter& halves(const std::string& name, const Integers& shape, const std::vector<std::uint16_t>& bits);
  GraphWriter& integers(const std::string& name, const Integers& values);
  /// The graph's field of that number, whatever it holds.
  GraphWriter& field(unsigned number, const ProtoWriter& value);

  /// The whole file; a negative side is a free one.
  FileBytes file(const Integers& input_shape) const;

 private:
  ProtoWriter tensor(const std::string& name, const Integers& shape, int type) const;

  ProtoWriter graph_;
};

}  // namespace cytodrop::test
