#include <algorithm>
#include <initializer_list>

#include "core/decode/xml_search.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

/// What a person would look for stands at the beginning; the list of planes behind it may be as long as it likes.
constexpr std::size_t kMaxXmlBytes = 4'000'000;
constexpr int kMaxOfOne = 8;

struct Field {
  std::string_view attribute;
  Mark mark = Mark::kNone;
};

struct Element {
  std::string_view name;
  std::initializer_list<Field> fields;
};

constexpr auto kPerson = Mark::kPerson, kTime = Mark::kTime, kDevice = Mark::kDevice, kText = Mark::kText, kPlace = Mark::kPlace;

void append_character(std::string& text, unsigned long c) {
  // As UTF-16, which clean_text's sister makes UTF-8: numbers beyond it stand for nothing.
  if (c == 0 || c > 0xffff) return;
  const std::uint8_t unit[2] = {static_cast<std::uint8_t>(c >> 8), static_cast<std::uint8_t>(c & 0xff)};
  text += clean_utf16(unit, false);
}

void list_attributes(std::string_view xml, const Element& element, TagList& tags) {
  std::size_t from = 0;
  for (int i = 0; i < kMaxOfOne; ++i) {
    const auto tag = next_tag(xml, element.name, from);
    if (!tag) return;
    for (const auto& [name, mark] : element.fields) {
      const std::string value = clean_text(unescape_xml(attribute(*tag, name)));
      const std::string full = std::string(element.name) + " " + std::string(name);
      if (!value.empty() && !tags.has(full, value)) tags.add("OME-XML", full, value, mark);
    }
  }
}

/// Text between a start tag and the next tag.
void list_text(std::string_view xml, std::string_view name, Mark mark, TagList& tags) {
  std::size_t from = 0;
  for (int i = 0; i < kMaxOfOne; ++i) {
    const auto tag = next_tag(xml, name, from);
    if (!tag || from >= xml.size()) return;
    if (tag->ends_with('/')) continue;
    const std::string_view inside = xml.substr(from + 1, std::min(xml.find('<', from), xml.size()) - from - 1);
    const std::string value = clean_text(unescape_xml(inside));
    if (!value.empty() && !tags.has(name, value)) tags.add("OME-XML", name, value, mark);
  }
}

}  // namespace

std::string unescape_xml(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
  text = text.substr(0, 8 * kMaxValueBytes);
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const auto known = std::find_if(std::begin(kEntities), std::end(kEntities), [&](const auto& entity) { return text.substr(at).starts_with(entity.first); });
    const std::size_t end = text.substr(at, 12).find(';');
    if (text[at] == '&' && known != std::end(kEntities)) {
      plain.push_back(known->second);
      at += known->first.size();
    } else if (text.substr(at).starts_with("&#") && end != text.npos) {
      const bool hex = text.substr(at).starts_with("&#x");
      const std::string digits(text.substr(at + (hex ? 3 : 2), end - (hex ? 3 : 2)));
      append_character(plain, std::strtoul(digits.c_str(), nullptr, hex ? 16 : 10));
      at += end + 1;
    } else {
      plain.push_back(text[at++]);
    }
  }
  return plain;
}

void list_ome(std::string_view xml, TagList& tags) {
  if (xml.find("<OME") == xml.npos && xml.find(":OME") == xml.npos) return;
  if (xml.size() > kMaxXmlBytes) tags.note("OME-XML: only its first " + std::to_string(kMaxXmlBytes / 1'000'000) + " MB were looked through.");
  xml = xml.substr(0, kMaxXmlBytes);
  const Element elements[] = {
      {"OME", {{"Creator"}, {"UUID", kDevice}}},
      {"Image", {{"Name", kText}}},
      {"Pixels", {{"DimensionOrder"}, {"Type"}, {"SizeX"}, {"SizeY"}, {"SizeZ"}, {"SizeC"}, {"SizeT"}, {"PhysicalSizeX"}, {"PhysicalSizeXUnit"}, {"PhysicalSizeY"},
                  {"PhysicalSizeYUnit"}, {"PhysicalSizeZ"}, {"PhysicalSizeZUnit"}, {"TimeIncrement"}}},
      {"Channel", {{"Name", kText}, {"Fluor", kText}, {"ExcitationWavelength"}, {"EmissionWavelength"}}},
      {"Experimenter", {{"FirstName", kPerson}, {"MiddleName", kPerson}, {"LastName", kPerson}, {"DisplayName", kPerson}, {"UserName", kPerson}, {"Email", kPerson}, {"Institution", kPerson}}},
      {"ExperimenterGroup", {{"Name", kPerson}}},
      {"Project", {{"Name", kText}}},
      {"Dataset", {{"Name", kText}}},
      {"Plate", {{"Name", kText}, {"ExternalIdentifier", kText}}},
      {"Screen", {{"Name", kText}}},
      {"Microscope", {{"Manufacturer"}, {"Model"}, {"Type"}, {"SerialNumber", kDevice}, {"LotNumber", kDevice}}},
      {"Objective", {{"Manufacturer"}, {"Model"}, {"NominalMagnification"}, {"LensNA"}, {"Immersion"}, {"SerialNumber", kDevice}, {"LotNumber", kDevice}}},
      {"Detector", {{"Manufacturer"}, {"Model"}, {"Type"}, {"SerialNumber", kDevice}, {"LotNumber", kDevice}}},
      {"Laser", {{"Manufacturer"}, {"Model"}, {"Wavelength"}, {"SerialNumber", kDevice}, {"LotNumber", kDevice}}},
      {"StageLabel", {{"Name", kText}, {"X", kPlace}, {"Y", kPlace}}},
  };
  for (const Element& element : elements) list_attributes(xml, element, tags);
  list_text(xml, "AcquisitionDate", kTime, tags);
  list_text(xml, "Description", kText, tags);
  list_text(xml, "Key", kText, tags);
  list_text(xml, "Value", kText, tags);
}

}  // namespace cytodrop
