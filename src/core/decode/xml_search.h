#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace cytodrop {

// XML searched as inert text, never parsed as a document: nothing in it is resolved or fetched, and untrusted input is safe.

inline bool is_xml_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The inside of the next start tag of that name, with or without a namespace prefix, from `from` on; moves `from` to its end.
std::optional<std::string_view> next_tag(std::string_view xml, std::string_view name, std::size_t& from);

/// The value of an attribute, entities unresolved; empty where there is none.
std::string_view attribute(std::string_view tag, std::string_view name);

}  // namespace cytodrop
