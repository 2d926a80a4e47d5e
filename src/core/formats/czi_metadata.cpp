#include "core/formats/czi_metadata.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <optional>

#include "core/decode/xml_search.h"

namespace cytodrop {
namespace {

constexpr int kMaxNamed = 1000;
constexpr int kMaxOfOne = 8;
/// Of the parts that are searched again and again.
constexpr std::size_t kMaxPartBytes = 2'000'000;

/// An element as far as it is looked at.
struct Element {
  std::string_view attributes;
  std::string_view inside;
};

/// The next element of that name from `from` on, which moves behind it.
std::optional<Element> next_element(std::string_view xml, std::string_view name, std::size_t& from) {
  const auto tag = next_tag(xml, name, from);
  if (!tag) return std::nullopt;
  if (tag->ends_with('/') || from >= xml.size()) return Element{*tag, {}};
  std::string end("</");
  end.append(name).push_back('>');
  const std::size_t begin = from + 1, close = std::min(xml.find(end, begin), xml.size());
  from = close;
  return Element{*tag, xml.substr(begin, close - begin)};
}

std::string_view part(std::string_view xml, std::string_view name) {
  std::size_t from = 0;
  const auto element = next_element(xml, name, from);
  return element ? element->inside : std::string_view{};
}

std::string text(std::string_view inside) { return clean_text(unescape_xml(inside.substr(0, inside.find('<')))); }

/// A number that is the text of an element; NaN where there is none.
double number(std::string_view xml, std::string_view name) {
  const std::string copy(part(xml, name).substr(0, 40));
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  return end == copy.c_str() ? std::nan("") : value;
}

/// What ZEN planned to record stands before what it recorded, in elements of the same names.
std::string_view without_experiment(std::string_view xml) {
  constexpr std::string_view kEnd = "</Experiment>";
  const std::size_t end = xml.rfind(kEnd);
  return end == xml.npos ? xml : xml.substr(end + kEnd.size());
}

std::string_view information_of(std::string_view xml) {
  std::string_view information = part(without_experiment(xml), "Information");
  if (information.empty()) information = part(xml, "Information");
  return information.substr(0, kMaxPartBytes);
}

std::string name_of(const Element& element) { return clean_text(unescape_xml(attribute(element.attributes, "Name"))); }

void read_channels(std::string_view information, std::string_view display, CziMetadata& metadata) {
  const std::string_view channels = part(part(information, "Dimensions"), "Channels");
  std::size_t from = 0;
  while (metadata.channels.size() < kMaxNamed) {
    const auto channel = next_element(channels, "Channel", from);
    if (!channel) break;
    const double wavelength = number(channel->inside, "EmissionWavelength"), bits = number(channel->inside, "ComponentBitCount");
    metadata.channels.push_back({.name = name_of(*channel), .wavelength_nm = wavelength > 1 && wavelength < 1e5 ? wavelength : 0});
    metadata.bits.push_back(bits >= 1 && bits <= 32 ? static_cast<int>(bits) : 0);
  }
  const std::string_view shown = part(display, "Channels").substr(0, kMaxPartBytes);
  from = 0;
  for (std::size_t i = 0; i < kMaxNamed; ++i) {
    const auto channel = next_element(shown, "Channel", from);
    if (!channel) break;
    if (i >= metadata.channels.size()) metadata.channels.emplace_back();
    if (metadata.channels[i].name.empty()) metadata.channels[i].name = name_of(*channel);
  }
  metadata.bits.resize(metadata.channels.size());
}

void read_scenes(std::string_view information, CziMetadata& metadata) {
  const std::string_view scenes = part(information, "Scenes");
  std::size_t from = 0;
  for (int i = 0; i < kMaxNamed; ++i) {
    const auto scene = next_element(scenes, "Scene", from);
    if (!scene) return;
    const std::string index(attribute(scene->attributes, "Index").substr(0, 10));
    const std::string name = name_of(*scene);
    if (!index.empty() && !name.empty()) metadata.scenes.emplace(static_cast<std::int32_t>(std::strtol(index.c_str(), nullptr, 10)), name);
  }
}

void read_scaling(std::string_view scaling, CziMetadata& metadata) {
  std::size_t from = 0;
  for (int i = 0; i < kMaxOfOne; ++i) {
    const auto distance = next_element(scaling, "Distance", from);
    if (!distance) return;
    const double um = 1e6 * number(distance->inside, "Value");
    const std::string_view id = attribute(distance->attributes, "Id");
    double* const size = id == "X" ? &metadata.x_um : id == "Y" ? &metadata.y_um : id == "Z" ? &metadata.z_um : nullptr;
    if (size && um > 1e-6 && um < 1e6) *size = um;
  }
}

struct Field {
  std::string_view name;
  Mark mark = Mark::kNone;
};

void add_once(TagList& tags, const std::string& name, std::string value, Mark mark) {
  if (!value.empty() && !tags.has(name, value)) tags.add("CZI", name, std::move(value), mark);
}

/// Texts of elements within another, under the names of both.
void list_texts(std::string_view inside, std::string_view of, std::initializer_list<Field> fields, TagList& tags) {
  for (const Field& field : fields) {
    std::size_t from = 0;
    for (int i = 0; i < kMaxOfOne; ++i) {
      const auto element = next_element(inside, field.name, from);
      if (!element) break;
      add_once(tags, std::string(of) + " " + std::string(field.name), text(element->inside), field.mark);
    }
  }
}

/// The names that elements have as an attribute.
void list_names(std::string_view inside, std::string_view of, Mark mark, TagList& tags) {
  std::size_t from = 0;
  for (int i = 0; i < kMaxOfOne; ++i) {
    const auto element = next_element(inside, of, from);
    if (!element) return;
    add_once(tags, std::string(of) + " Name", name_of(*element), mark);
  }
}

}  // namespace

CziMetadata read_czi_metadata(std::string_view xml) {
  CziMetadata metadata;
  const std::string_view information = information_of(xml), rest = without_experiment(xml);
  read_channels(information, part(rest, "DisplaySetting"), metadata);
  read_scenes(information, metadata);
  read_scaling(part(rest, "Scaling"), metadata);
  return metadata;
}

void list_czi_metadata(std::string_view xml, TagList& tags) {
  using enum Mark;
  const std::string_view information = information_of(xml);
  list_texts(part(information, "User"), "User",
             {{"DisplayName", kPerson}, {"FirstName", kPerson}, {"MiddleName", kPerson}, {"LastName", kPerson}, {"UserName", kPerson}, {"Email", kPerson}, {"Institution", kPerson}}, tags);
  list_texts(part(information, "Document"), "Document",
             {{"Name", kText}, {"Title", kText}, {"Subject", kText}, {"Description", kText}, {"Comment", kText}, {"Keywords", kText}, {"Author", kPerson}, {"UserName", kPerson}, {"CreationDate", kTime}}, tags);
  list_texts(part(information, "Application"), "Application", {{"Name"}, {"Version"}}, tags);
  list_texts(part(information, "Image"), "Image", {{"AcquisitionDateAndTime", kTime}}, tags);
  const std::string_view instrument = part(information, "Instrument");
  const std::string_view microscopes = part(instrument, "Microscopes"), objectives = part(instrument, "Objectives");
  list_names(microscopes, "Microscope", kNone, tags);
  list_texts(microscopes, "Microscope", {{"System"}, {"Type"}, {"Model"}, {"UserDefinedName", kDevice}}, tags);
  list_names(objectives, "Objective", kNone, tags);
  list_texts(objectives, "Objective", {{"Model"}, {"NominalMagnification"}, {"LensNA"}, {"Immersion"}}, tags);
  list_names(part(instrument, "Detectors"), "Detector", kNone, tags);
  list_texts(instrument, "Instrument", {{"SerialNumber", kDevice}, {"LotNumber", kDevice}}, tags);
  const std::string_view channels = part(part(information, "Dimensions"), "Channels");
  list_names(channels, "Channel", kText, tags);
  list_texts(channels, "Channel", {{"Fluor", kText}, {"ExcitationWavelength"}, {"EmissionWavelength"}, {"ExposureTime"}}, tags);
  list_names(part(information, "Scenes"), "Scene", kText, tags);
}

}  // namespace cytodrop
