#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// UTF-16 as UTF-8, all of it and uncleaned; half a pair is left out, a NUL ends nothing.
std::string utf8_of_utf16(Bytes text, bool little_endian);

/// The five entities of XML and numbers resolved; anything else stays as it is written. Nothing is looked up.
std::string xml_unescaped(std::string_view text);

/// The first of some attributes, which is taken off them; none where there is no more.
struct XmlAttribute {
  std::string_view name;
  std::string_view value;  ///< entities unresolved
};
std::optional<XmlAttribute> take_attribute(std::string_view& attributes);

/// One element of a document; what it points to belongs to the XmlElements.
struct XmlElement {
  std::string_view name;        ///< without a namespace prefix
  std::string_view attributes;  ///< for `attribute` of core/decode/xml_search.h
  std::string_view text;        ///< between the start tag and the next tag
  std::int32_t first_child = -1;
  std::int32_t next = -1;  ///< of the same parent
};

/// Which elements of a document lie in which: inert text, in which nothing is resolved or fetched. Untrusted input is safe.
class XmlElements {
 public:
  static constexpr int kMaxDepth = 64;
  static constexpr std::size_t kMaxElements = 2'000'000;

  /// Args:
  ///   text: UTF-8.
  ///   file: for the sentences, "the LIF file".
  /// Raises: kCorrupt where elements do not lie in each other, none is there or they lie deeper than kMaxDepth, kTooLarge.
  XmlElements(std::string text, const std::string& file);
  XmlElements(const XmlElements&) = delete;
  XmlElements& operator=(const XmlElements&) = delete;

  const XmlElement& root() const { return elements_.front(); }
  /// Null where there is none.
  const XmlElement* first_child(const XmlElement& of) const { return at(of.first_child); }
  const XmlElement* next(const XmlElement& after) const { return at(after.next); }
  /// The first child of that name; null where there is none.
  const XmlElement* child(const XmlElement& of, std::string_view name) const;
  /// The first child of the first child …; null where there is none.
  const XmlElement* descend(const XmlElement& of, std::initializer_list<std::string_view> names) const;

 private:
  const XmlElement* at(std::int32_t index) const { return index < 0 ? nullptr : &elements_[static_cast<std::size_t>(index)]; }

  std::string text_;
  std::vector<XmlElement> elements_;
};

}  // namespace cytodrop
