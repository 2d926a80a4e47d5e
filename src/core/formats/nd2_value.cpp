#include "core/formats/nd2_value.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <zlib.h>

#include "core/decode/xml_search.h"
#include "core/error.h"
#include "core/formats/xml_elements.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxInflatedBytes = 32'000'000;

[[noreturn]] void refuse(const char* how) { throw Error(ErrorCode::kCorrupt, std::string("the ND2 file is damaged (its metadata ") + how + ")"); }

/// A record's own numbers: what no file of any microscope has is no more than a way to take memory.
void count_value(int& left) {
  if (left-- <= 0) throw Error(ErrorCode::kTooLarge, "the ND2 file has more than " + std::to_string(kMaxNd2Values) + " values of metadata in one place");
}

class LvReader {
 public:
  LvReader(Bytes data, int& left) : data_(data), left_(left) {}

  Nd2Value record(int depth) {
    count_value(left_);
    const std::size_t start = at_;
    const Bytes head = take(2);
    Nd2Value value;
    value.name = plain(take(2u * head[1]));
    switch (head[0]) {
      case 1: number(value, static_cast<double>(take(1)[0] != 0)); break;
      case 2: number(value, static_cast<std::int32_t>(unsigned_of(4))); break;
      case 3: number(value, static_cast<double>(unsigned_of(4))); break;
      case 4: number(value, static_cast<double>(static_cast<std::int64_t>(unsigned_of(8)))); break;
      case 5: case 7: number(value, static_cast<double>(unsigned_of(8))); break;
      case 6: {
        const std::uint64_t bits = unsigned_of(8);
        double is = 0;
        std::memcpy(&is, &bits, sizeof is);
        number(value, is);
        break;
      }
      case 8: {
        std::size_t end = at_;
        while (end + 1 < data_.size() && (data_[end] != 0 || data_[end + 1] != 0)) end += 2;
        if (end + 1 >= data_.size()) refuse("have a text without an end");
        value.kind = Nd2Value::Kind::kText;
        value.text = clean_utf16(take(end - at_), true);
        take(2);
        break;
      }
      case 9: {
        const Bytes bytes = take(unsigned_of(8));
        value.kind = Nd2Value::Kind::kBytes;
        value.bytes.assign(bytes.begin(), bytes.end());
        break;
      }
      case 11: level(value, start, depth); break;
      default: refuse("have a value of an unknown type");
    }
    return value;
  }

 private:
  Bytes take(std::uint64_t count) {
    if (count > data_.size() - at_) refuse("end too early");
    at_ += static_cast<std::size_t>(count);
    return data_.subspan(at_ - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
  }

  std::uint64_t unsigned_of(std::size_t bytes) {
    const Bytes raw = take(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | raw[i];
    return value;
  }

  static void number(Nd2Value& value, double is) {
    value.kind = Nd2Value::Kind::kNumber;
    value.number = is;
  }

  static std::string plain(Bytes name) {
    if (name.size() >= 2 && name[name.size() - 1] == 0 && name[name.size() - 2] == 0) name = name.first(name.size() - 2);
    return clean_utf16(name, true);
  }

  void level(Nd2Value& value, std::size_t start, int depth) {
    if (depth >= kMaxNd2Depth) refuse("are nested too deeply");
    value.kind = Nd2Value::Kind::kLevel;
    const std::uint64_t count = unsigned_of(4), bytes = unsigned_of(8);
    if (bytes < at_ - start || bytes > data_.size() - start) refuse("state a length that they have not");
    const std::size_t end = start + static_cast<std::size_t>(bytes);
    LvReader inner(data_.first(end), left_);
    inner.at_ = at_;
    for (std::uint64_t i = 0; i < count; ++i) value.items.push_back(inner.record(depth + 1));
    at_ = end;
    // Where each record begins; the last level of a chunk may do without.
    at_ += static_cast<std::size_t>(std::min<std::uint64_t>(8 * count, data_.size() - at_));
  }

  Bytes data_;
  std::size_t at_ = 0;
  int& left_;
};

/// Behind a header of 12 bytes.
std::vector<std::uint8_t> inflated(Bytes data) {
  if (data.size() < 12) refuse("end too early");
  data = data.subspan(12);
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  std::vector<std::uint8_t> out;
  // zlib reads from there only.
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  int state = Z_OK;
  while (state == Z_OK && out.size() < kMaxInflatedBytes) {
    const std::size_t have = out.size();
    out.resize(have + 65'536);
    stream.next_out = out.data() + have;
    stream.avail_out = 65'536;
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state == Z_OK) throw Error(ErrorCode::kTooLarge, "the ND2 file has more than " + std::to_string(kMaxInflatedBytes / 1'000'000) + " MB of metadata in one place");
  if (state != Z_STREAM_END) refuse("cannot be inflated");
  return out;
}

Nd2Value value_of(const XmlElements& xml, const XmlElement& element, int& left) {
  count_value(left);
  Nd2Value value;
  value.name = element.name == "no_name" ? "" : clean_text(element.name);
  const std::string_view type = attribute(element.attributes, "runtype"), is = attribute(element.attributes, "value");
  if (type == "CLxStringW" || type == "unknown") {
    value.kind = Nd2Value::Kind::kText;
    value.text = clean_text(xml_unescaped(is.substr(0, 8 * kMaxValueBytes)));
  } else if (type == "bool" || type == "double" || type == "float" || type.starts_with("lx_")) {
    value.kind = Nd2Value::Kind::kNumber;
    value.number = is == "true" || is == "True" ? 1 : std::strtod(std::string(is.substr(0, 40)).c_str(), nullptr);
  } else {
    value.kind = Nd2Value::Kind::kLevel;
    for (const XmlElement* child = xml.first_child(element); child; child = xml.next(*child)) value.items.push_back(value_of(xml, *child, left));
  }
  return value;
}

}  // namespace

const Nd2Value* Nd2Value::find(std::string_view wanted) const {
  const auto item = std::find_if(items.begin(), items.end(), [&](const Nd2Value& one) { return one.name == wanted; });
  return item == items.end() ? nullptr : &*item;
}

const Nd2Value* Nd2Value::descend(std::initializer_list<std::string_view> names) const {
  const Nd2Value* value = this;
  for (const std::string_view one : names) {
    if (value) value = value->find(one);
  }
  return value;
}

double Nd2Value::number_of(std::string_view wanted, double otherwise) const {
  const Nd2Value* value = find(wanted);
  return value && value->kind == Kind::kNumber ? value->number : otherwise;
}

std::string Nd2Value::text_of(std::string_view wanted) const {
  const Nd2Value* value = find(wanted);
  return value ? value->text : "";
}

Nd2Value read_nd2_values(Bytes chunk) {
  int left = kMaxNd2Values;
  if (chunk.empty()) refuse("are missing");
  if (chunk[0] == '<') {
    const XmlElements xml(std::string(reinterpret_cast<const char*>(chunk.data()), chunk.size()), "the ND2 file");
    Nd2Value root = value_of(xml, xml.root(), left);
    // <variant><no_name runtype="…">: the one in it is what the chunk is about.
    if (root.items.size() == 1 && root.items.front().name.empty()) return std::move(root.items.front());
    return root;
  }
  std::vector<std::uint8_t> plain;
  if (chunk[0] == 'L') {
    plain = inflated(chunk);
    chunk = plain;
  }
  Nd2Value root = LvReader(chunk, left).record(0);
  // "SLx…" of one level: as above.
  if (root.name.starts_with("SLx") || root.name.starts_with("RLx") || root.items.size() != 1) return root;
  return std::move(root.items.front());
}

}  // namespace cytodrop
