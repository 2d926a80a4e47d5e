#include "onnx_writer.h"

#include <cstring>

namespace cytodrop::test {
namespace {

template <typename Value>
FileBytes raw(const std::vector<Value>& values) {
  FileBytes bytes(values.size() * sizeof(Value));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

void ProtoWriter::varint(std::uint64_t value) {
  for (; value > 127; value >>= 7) bytes_.push_back(static_cast<std::uint8_t>(value | 128));
  bytes_.push_back(static_cast<std::uint8_t>(value));
}

ProtoWriter& ProtoWriter::integer(unsigned field, std::int64_t value) {
  varint(field * 8);
  varint(static_cast<std::uint64_t>(value));
  return *this;
}

ProtoWriter& ProtoWriter::number(unsigned field, float value) {
  varint(field * 8 + 5);
  const FileBytes four = raw(std::vector<float>{value});
  bytes_.insert(bytes_.end(), four.begin(), four.end());
  return *this;
}

ProtoWriter& ProtoWriter::bytes(unsigned field, const FileBytes& value) {
  false_length(field, value.size());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  return *this;
}

ProtoWriter& ProtoWriter::false_length(unsigned field, std::uint64_t length) {
  varint(field * 8 + 2);
  varint(length);
  return *this;
}

GraphWriter& GraphWriter::node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output,
                               const std::vector<Attribute>& attributes) {
  ProtoWriter node;
  for (const std::string& input : inputs) node.text(1, input);
  node.text(2, output).text(4, type);
  for (const Attribute& attribute : attributes) {
    ProtoWriter message;
    message.text(1, attribute.name);
    for (const std::int64_t value : attribute.integers) message.integer(attribute.integers.size() == 1 ? 3 : 8, value);
    if (!attribute.text.empty()) message.text(4, attribute.text);
    node.message(5, message);
  }
  return field(1, node);
}

ProtoWriter GraphWriter::tensor(const std::string& name, const Integers& shape, int type) const {
  ProtoWriter tensor;
  for (const std::int64_t side : shape) tensor.integer(1, side);
  return tensor.integer(2, type).text(8, name);
}

GraphWriter& GraphWriter::constant(const std::string& name, const Integers& shape, const std::vector<float>& values) {
  return field(5, tensor(name, shape, 1).bytes(9, raw(values)));
}

GraphWriter& GraphWriter::halves(const std::string& name, const Integers& shape, const std::vector<std::uint16_t>& bits) {
  return field(5, tensor(name, shape, 10).bytes(9, raw(bits)));
}

GraphWriter& GraphWriter::integers(const std::string& name, const Integers& values) {
  return field(5, tensor(name, {static_cast<std::int64_t>(values.size())}, 7).bytes(9, raw(values)));
}

GraphWriter& GraphWriter::field(unsigned number, const ProtoWriter& value) {
  graph_.message(number, value);
  return *this;
}

FileBytes GraphWriter::file(const Integers& input_shape) const {
  ProtoWriter shape;
  for (const std::int64_t side : input_shape) {
    ProtoWriter dimension;
    shape.message(1, side < 0 ? dimension.text(2, "n") : dimension.integer(1, side));
  }
  ProtoWriter type, tensor_type, input, graph = graph_;
  type.message(1, tensor_type.integer(1, 1).message(2, shape));
  graph.message(11, input.text(1, "x").message(2, type));
  return ProtoWriter().integer(1, 8).message(7, graph).file();
}

}  // namespace cytodrop::test
