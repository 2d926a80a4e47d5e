#include "core/formats/xml_elements.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/decode/xml_search.h"
#include "core/error.h"

namespace cytodrop {
namespace {

void put_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kFirst[] = {0, 0xc0, 0xe0, 0xf0};
  put(kFirst[more] | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) put(0x80 | (c >> (6 * i) & 0x3f));
}

bool is_surrogate(std::uint32_t c) { return c >= 0xd800 && c < 0xe000; }

/// The character behind "&#"; 0 where there is none.
std::uint32_t numbered_character(std::string_view digits) {
  const bool hex = digits.starts_with("x");
  if (hex) digits.remove_prefix(1);
  std::uint32_t c = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), c, hex ? 16 : 10);
  return error == std::errc() && end == digits.data() + digits.size() && c <= 0x10ffff && !is_surrogate(c) ? c : 0;
}

}  // namespace

std::string utf8_of_utf16(Bytes text, bool little_endian) {
  const std::size_t count = text.size() / 2;
  const auto unit = [&](std::size_t i) { return little_endian ? le16(text, 2 * i) : be16(text, 2 * i); };
  std::string out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < count && unit(i + 1) >= 0xdc00 && unit(i + 1) < 0xe000) c = 0x10000 + ((c - 0xd800) << 10) + (unit(++i) - 0xdc00);
    if (!is_surrogate(c)) put_utf8(out, c);
  }
  return out;
}

std::string xml_unescaped(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {{"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"amp", '&'}};
  std::string plain;
  while (!text.empty()) {
    const std::size_t end = text.front() == '&' ? text.substr(0, 12).find(';') : text.npos;
    if (end != text.npos) {
      const std::string_view name = text.substr(1, end - 1);
      const auto known = std::find_if(std::begin(kEntities), std::end(kEntities), [&](const auto& entity) { return entity.first == name; });
      const std::uint32_t c = known != std::end(kEntities) ? static_cast<std::uint32_t>(known->second) : name.starts_with("#") ? numbered_character(name.substr(1)) : 0;
      if (c != 0) {
        put_utf8(plain, c);
        text.remove_prefix(end + 1);
        continue;
      }
    }
    plain.push_back(text.front());
    text.remove_prefix(1);
  }
  return plain;
}

std::optional<XmlAttribute> take_attribute(std::string_view& attributes) {
  const std::size_t equals = attributes.find('=');
  if (equals == attributes.npos) return std::nullopt;
  std::string_view name = attributes.substr(0, equals);
  while (!name.empty() && is_xml_space(name.front())) name.remove_prefix(1);
  while (!name.empty() && is_xml_space(name.back())) name.remove_suffix(1);
  attributes.remove_prefix(equals + 1);
  while (!attributes.empty() && is_xml_space(attributes.front())) attributes.remove_prefix(1);
  if (attributes.empty() || (attributes.front() != '"' && attributes.front() != '\'')) return std::nullopt;
  const std::size_t end = attributes.find(attributes.front(), 1);
  if (end == attributes.npos) return std::nullopt;
  const std::string_view value = attributes.substr(1, end - 1);
  attributes.remove_prefix(end + 1);
  return XmlAttribute{name, value};
}

XmlElements::XmlElements(std::string text, const std::string& file) : text_(std::move(text)) {
  const auto corrupt = [&](const char* how) { return Error(ErrorCode::kCorrupt, file + " is damaged (its XML " + how + ")"); };
  const std::string_view xml = text_;
  struct Open {
    std::int32_t element;
    std::int32_t last_child;
  };
  std::vector<Open> open;
  for (std::size_t at = xml.find('<'); at != xml.npos; at = xml.find('<', at)) {
    const std::string_view rest = xml.substr(at);
    // What is no element is stepped over.
    const std::string_view skip_to = rest.starts_with("<!--") ? "-->" : rest.starts_with("<![CDATA[") ? "]]>" : rest.starts_with("<?") || rest.starts_with("<!") ? ">" : "";
    if (!skip_to.empty()) {
      at = xml.find(skip_to, at);
      if (at == xml.npos) break;
      continue;
    }
    std::size_t end = at + 1;
    for (char quote = 0; end < xml.size() && (quote || xml[end] != '>'); ++end) {
      if (quote ? xml[end] == quote : xml[end] == '"' || xml[end] == '\'') quote = quote ? '\0' : xml[end];
    }
    if (end >= xml.size()) throw corrupt("ends within a tag");
    std::string_view inside = xml.substr(at + 1, end - at - 1);
    at = end;
    const bool closes = inside.starts_with('/'), is_empty = inside.ends_with('/');
    if (closes) inside.remove_prefix(1);
    else if (is_empty) inside.remove_suffix(1);
    const auto name_end = static_cast<std::size_t>(std::find_if(inside.begin(), inside.end(), is_xml_space) - inside.begin());
    std::string_view name = inside.substr(0, name_end);
    if (const std::size_t colon = name.find(':'); colon != name.npos) name.remove_prefix(colon + 1);
    if (closes) {
      if (open.empty() || elements_[static_cast<std::size_t>(open.back().element)].name != name) throw corrupt("has an end tag without its start tag");
      open.pop_back();
      continue;
    }
    if (open.empty() && !elements_.empty()) throw corrupt("has two roots");
    if (open.size() >= kMaxDepth) throw corrupt("is nested too deeply");
    if (elements_.size() >= kMaxElements) throw Error(ErrorCode::kTooLarge, file + " has more than " + std::to_string(kMaxElements / 1'000'000) + " million elements of XML");
    const auto index = static_cast<std::int32_t>(elements_.size());
    const std::size_t text_end = std::min(xml.find('<', end), xml.size());
    elements_.push_back({.name = name, .attributes = inside.substr(name_end), .text = is_empty ? std::string_view{} : xml.substr(end + 1, text_end - end - 1)});
    if (!open.empty()) {
      Open& parent = open.back();
      (parent.last_child < 0 ? elements_[static_cast<std::size_t>(parent.element)].first_child : elements_[static_cast<std::size_t>(parent.last_child)].next) = index;
      parent.last_child = index;
    }
    if (!is_empty) open.push_back({index, -1});
  }
  if (elements_.empty()) throw corrupt("is missing");
  if (!open.empty()) throw corrupt("ends too early");
}

const XmlElement* XmlElements::child(const XmlElement& of, std::string_view name) const {
  const XmlElement* element = first_child(of);
  while (element && element->name != name) element = next(*element);
  return element;
}

const XmlElement* XmlElements::descend(const XmlElement& of, std::initializer_list<std::string_view> names) const {
  const XmlElement* element = &of;
  for (const std::string_view name : names) {
    if (element) element = child(*element, name);
  }
  return element;
}

}  // namespace cytodrop
