#include "core/decode/xml_search.h"

namespace cytodrop {

std::optional<std::string_view> next_tag(std::string_view xml, std::string_view name, std::size_t& from) {
  while (true) {
    const std::size_t at = xml.find(name, from);
    if (at == std::string_view::npos) return std::nullopt;
    from = at + name.size();
    const bool begins = at > 0 && (xml[at - 1] == '<' || xml[at - 1] == ':');
    if (!begins || from >= xml.size() || !(is_xml_space(xml[from]) || xml[from] == '/' || xml[from] == '>')) continue;
    std::size_t end = from;
    for (char quote = 0; end < xml.size() && (quote || xml[end] != '>'); ++end) {
      if (quote ? xml[end] == quote : xml[end] == '"' || xml[end] == '\'') quote = quote ? '\0' : xml[end];
    }
    const std::string_view inside = xml.substr(from, end - from);
    from = end;
    return inside;
  }
}

std::string_view attribute(std::string_view tag, std::string_view name) {
  for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    std::size_t i = at + name.size();
    if (at == 0 || !is_xml_space(tag[at - 1])) continue;
    while (i < tag.size() && is_xml_space(tag[i])) ++i;
    if (i >= tag.size() || tag[i] != '=') continue;
    ++i;
    while (i < tag.size() && is_xml_space(tag[i])) ++i;
    if (i >= tag.size() || (tag[i] != '"' && tag[i] != '\'')) continue;
    const std::size_t end = tag.find(tag[i], i + 1);
    if (end != std::string_view::npos) return tag.substr(i + 1, end - i - 1);
  }
  return {};
}

}  // namespace cytodrop
