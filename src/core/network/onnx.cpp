#include "core/network/onnx.h"

#include <bit>
#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "core/float16.h"
#include "core/network/refuse.h"

namespace cytodrop {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using namespace refuse;

constexpr std::size_t kMaxFileBytes = 512'000'000;
constexpr std::size_t kMaxNodes = 10'000;
constexpr std::size_t kMaxConstants = 20'000;
constexpr std::size_t kMaxListed = 1'000;  ///< inputs, outputs, attributes or dimensions of one thing
constexpr std::int64_t kMaxSide = 1 << 24;

/// One protocol-buffer message, field by field; every wire type and length is checked before protozero trusts it. A field
/// that nobody reads is skipped.
class Message {
 public:
  explicit Message(protozero::data_view bytes) : reader_(bytes) {}

  bool next() {
    if (unread_) reader_.skip();
    unread_ = reader_.next();
    if (!unread_) return false;
    if (reader_.wire_type() == pbf_wire_type::length_delimited) {
      // Where addresses have 32 bits, protozero takes a length of 2^31 or more for a negative one and walks backwards.
      const protozero::data_view rest = reader_.data();
      const char* at = rest.data();
      const std::uint64_t length = protozero::decode_varint(&at, rest.data() + rest.size());
      if (length > static_cast<std::size_t>(rest.data() + rest.size() - at)) invalid("it is cut off");
    }
    return true;
  }

  unsigned field() const { return reader_.tag(); }

  protozero::data_view bytes() {
    expect(pbf_wire_type::length_delimited);
    return reader_.get_view();
  }
  Message message() { return Message(bytes()); }
  std::string text() {
    const protozero::data_view view = bytes();
    return {view.data(), view.size()};
  }
  std::int64_t integer() {
    expect(pbf_wire_type::varint);
    return reader_.get_int64();
  }
  float number() {
    expect(pbf_wire_type::fixed32);
    return reader_.get_float();
  }

  /// A repeated field comes packed or one by one, as its writer likes.
  void append_integers(std::vector<std::int64_t>& to) {
    if (reader_.wire_type() == pbf_wire_type::varint) return to.push_back(integer());
    expect(pbf_wire_type::length_delimited);
    for (const std::int64_t value : reader_.get_packed_int64()) to.push_back(value);
  }
  void append_numbers(std::vector<float>& to) {
    if (reader_.wire_type() == pbf_wire_type::fixed32) return to.push_back(number());
    expect(pbf_wire_type::length_delimited);
    for (const float value : reader_.get_packed_float()) to.push_back(value);
  }

 private:
  void expect(pbf_wire_type type) {
    if (reader_.wire_type() != type) invalid("a field has the wrong type");
    unread_ = false;
  }

  pbf_reader reader_;
  bool unread_ = false;
};

template <typename List>
void limit(const List& list, std::size_t most, const char* what) {
  if (list.size() > most) too_large(std::string("it has too many ") + what);
}

/// The values of a tensor's raw_data.
template <typename Value>
std::vector<Value> raw_values(protozero::data_view raw, const std::string& name) {
  static_assert(std::endian::native == std::endian::little, "tensors are read as they lie in the file");
  if (raw.size() % sizeof(Value) != 0) invalid("the tensor " + name + " ends within a value");
  std::vector<Value> values(raw.size() / sizeof(Value));
  if (!values.empty()) std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

std::pair<std::string, OnnxTensor> read_tensor(Message message) {
  enum Type { kFloat = 1, kInt32 = 6, kInt64 = 7, kFloat16 = 10 };
  std::string name;
  OnnxTensor tensor;
  std::vector<std::int64_t> dims, int32s;
  std::int64_t type = 0;
  protozero::data_view raw;
  while (message.next()) {
    switch (message.field()) {
      case 1: message.append_integers(dims); break;
      case 2: type = message.integer(); break;
      case 4: message.append_numbers(tensor.floats); break;
      case 5: message.append_integers(int32s); break;
      case 7: message.append_integers(tensor.integers); break;
      case 8: name = message.text(); break;
      case 9: raw = message.bytes(); break;
      case 13: case 14: invalid("it keeps its weights in another file");
    }
  }
  limit(dims, 8, "dimensions");
  std::uint64_t count = 1;
  for (const std::int64_t side : dims) {
    if (side < 0 || side > kMaxSide) invalid("the tensor " + name + " has an impossible shape");
    count *= static_cast<std::uint64_t>(side);
    if (count > kMaxFileBytes) invalid("the tensor " + name + " has an impossible shape");
    tensor.dims.push_back(static_cast<int>(side));
  }
  if (type == kFloat) {
    if (raw.size() > 0) tensor.floats = raw_values<float>(raw, name);
  } else if (type == kFloat16) {
    std::vector<std::uint16_t> halves = raw_values<std::uint16_t>(raw, name);
    for (const std::int64_t value : int32s) halves.push_back(static_cast<std::uint16_t>(value));
    for (const std::uint16_t bits : halves) tensor.floats.push_back(from_float16(bits));
  } else if (type == kInt64) {
    if (raw.size() > 0) tensor.integers = raw_values<std::int64_t>(raw, name);
  } else if (type == kInt32) {
    for (const std::int32_t value : raw_values<std::int32_t>(raw, name)) int32s.push_back(value);
    tensor.integers = std::move(int32s);
  } else {
    return {std::move(name), {}};  // a type that no operator of ours reads: whoever asks for its values finds none
  }
  const bool whole = type == kFloat || type == kFloat16 ? tensor.integers.empty() && tensor.floats.size() == count
                                                        : tensor.floats.empty() && tensor.integers.size() == count;
  if (!whole) invalid("the tensor " + name + " has another size than its shape states");
  return {std::move(name), std::move(tensor)};
}

std::pair<std::string, OnnxAttribute> read_attribute(Message message) {
  std::string name;
  OnnxAttribute attribute;
  while (message.next()) {
    switch (message.field()) {
      case 1: name = message.text(); break;
      case 2: attribute.number = message.number(); break;
      case 3: attribute.integer = message.integer(); break;
      case 4: attribute.text = message.text(); break;
      case 5: attribute.tensor = read_tensor(message.message()).second; break;
      case 8: message.append_integers(attribute.integers); break;
    }
  }
  limit(attribute.integers, kMaxListed, "values in one attribute");
  return {std::move(name), std::move(attribute)};
}

OnnxNode read_node(Message message) {
  OnnxNode node;
  std::string domain;
  while (message.next()) {
    switch (message.field()) {
      case 1: node.inputs.push_back(message.text()); break;
      case 2: node.outputs.push_back(message.text()); break;
      case 4: node.type = message.text(); break;
      case 5: node.attributes.insert(read_attribute(message.message())); break;
      case 7: domain = message.text(); break;
    }
    limit(node.inputs, kMaxListed, "inputs of one operator");
    limit(node.outputs, kMaxListed, "outputs of one operator");
    limit(node.attributes, kMaxListed, "attributes of one operator");
  }
  if (!domain.empty() && domain != "ai.onnx") node.type = domain + "." + node.type;
  return node;
}

/// The message in the field of that number, an empty one where there is none.
Message inner(Message message, unsigned field) {
  Message found{protozero::data_view{}};
  while (message.next()) {
    if (message.field() == field) found = message.message();
  }
  return found;
}

/// A shape whose free sides, which have a name or nothing at all, become 0.
std::vector<int> read_shape(Message message) {
  std::vector<int> shape;
  while (message.next()) {
    if (message.field() != 1) continue;
    std::int64_t side = 0;
    for (Message dim = message.message(); dim.next();) {
      if (dim.field() == 1) side = dim.integer();
    }
    if (side < 0 || side > kMaxSide) invalid("an input has an impossible shape");
    shape.push_back(static_cast<int>(side));
    limit(shape, 8, "dimensions");
  }
  return shape;
}

std::pair<std::string, std::vector<int>> read_input(Message message) {
  std::string name;
  std::vector<int> shape;
  while (message.next()) {
    switch (message.field()) {
      case 1: name = message.text(); break;
      case 2: shape = read_shape(inner(inner(message.message(), 1), 2)); break;
    }
  }
  return {std::move(name), std::move(shape)};
}

}  // namespace

OnnxGraph read_onnx(std::span<const std::uint8_t> file) {
  if (file.size() > kMaxFileBytes) too_large("more than " + std::to_string(kMaxFileBytes / 1'000'000) + " MB");
  OnnxGraph graph;
  try {
    Message message = inner(Message({reinterpret_cast<const char*>(file.data()), file.size()}), 7);
    while (message.next()) {
      switch (message.field()) {
        case 1: graph.nodes.push_back(read_node(message.message())); break;
        case 5: graph.constants.insert(read_tensor(message.message())); break;
        case 11: graph.inputs.insert(read_input(message.message())); break;
        }
      limit(graph.nodes, kMaxNodes, "operators");
      limit(graph.constants, kMaxConstants, "constants");
      limit(graph.inputs, kMaxConstants, "inputs");
    }
  } catch (const protozero::exception&) {
    invalid("it is not protocol-buffer encoded, or cut off");
  }
  if (graph.nodes.empty()) invalid("it holds no graph");
  return graph;
}

}  // namespace cytodrop
