// What an OME-Zarr says beside its pixels. Anybody may write anything into its attributes, so that every text is taken for free text but for the few that the format itself has.

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/formats/zarr_images.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMostGroups = 20, kMostNumbers = 16, kMostBeside = 20;

bool has_word(const std::string& name, std::initializer_list<const char*> words) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return lower.find(word) != std::string::npos; });
}

Mark mark_of(const std::string& key) {
  if (has_word(key, {"patient", "person", "user", "author", "owner", "operator", "experimenter"})) return Mark::kPerson;
  if (has_word(key, {"date", "time"})) return Mark::kTime;
  if (has_word(key, {"serial", "instrument", "host", "device"})) return Mark::kDevice;
  // What the specification has a list of words for.
  constexpr std::array<const char*, 9> kTechnical{"version", "type", "unit", "color", "family", "model", "path", "axes", "axis"};
  const std::string_view last = std::string_view(key).substr(key.rfind('.') == std::string::npos ? 0 : key.rfind('.') + 1);
  return std::find(kTechnical.begin(), kTechnical.end(), last) == kTechnical.end() ? Mark::kText : Mark::kNone;
}

std::string number_text(const Json& number) {
  if (!number.is_number_float()) return number.dump();
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", number.get<double>());
  return text;
}

/// Everything in a value, by the names that lead to it.
void list_value(const std::string& name, const Json& value, TagList& tags) {
  if (value.is_string()) {
    tags.add("OME-Zarr", name, clean_text(value.get_ref<const std::string&>()), mark_of(name));
  } else if (value.is_number() || value.is_boolean()) {
    tags.add("OME-Zarr", name, value.is_boolean() ? (value.get<bool>() ? "yes" : "no") : number_text(value), mark_of(name) == Mark::kText ? Mark::kNone : mark_of(name));
  } else if (value.is_object()) {
    for (const auto& [key, one] : value.items()) list_value(name.empty() ? clean_text(key) : name + "." + clean_text(key), one, tags);
  } else if (value.is_array()) {
    const bool numbers = std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_number(); });
    if (!numbers) {
      for (std::size_t i = 0; i < value.size(); ++i) list_value(name + "[" + std::to_string(i) + "]", value[i], tags);
      return;
    }
    std::string text;
    for (std::size_t i = 0; i < value.size() && i < kMostNumbers; ++i) text += (i > 0 ? ", " : "") + number_text(value[i]);
    if (!value.empty()) tags.add("OME-Zarr", name, text + (value.size() > kMostNumbers ? " …" : ""));
  }
}

/// Of layout and nothing else, or listed in other words.
void drop_layout(Json& ome) {
  ome.erase("version");
  if (const auto multiscales = ome.find("multiscales"); multiscales != ome.end() && multiscales->is_array()) {
    for (Json& one : *multiscales) {
      if (!one.is_object()) continue;
      one.erase("version");
      one.erase("datasets");
      one.erase("coordinateTransformations");
      one.erase("axes");
    }
  }
  if (const auto plate = ome.find("plate"); plate != ome.end() && plate->is_object()) {
    for (const char* name : {"wells", "rows", "columns"}) {
      if (const auto list = plate->find(name); list != plate->end() && list->is_array()) *list = list->size();
    }
  }
  if (const auto well = ome.find("well"); well != ome.end() && well->is_object()) well->erase("images");
}

void list_group(const std::string& group, Json attributes, TagList& tags) {
  const auto ome = attributes.find("ome");
  drop_layout(ome != attributes.end() && ome->is_object() ? *ome : attributes);
  if (!attributes.empty()) list_value(clean_text(group), attributes, tags);
}

/// Pictures and documents that somebody laid into the folder.
void list_beside(const ZipFiles& files, TagList& tags) {
  std::size_t more = 0, listed = 0;
  for (std::size_t i = 0; i < files.count(); ++i) {
    const ZipEntry entry = files.at(i);
    const std::string_view name = entry.name.substr(entry.name.rfind('/') + 1);
    const bool known = name == "zarr.json" || name == ".zattrs" || name == ".zgroup" || name == ".zarray" || name == ".zmetadata" || name == "METADATA.ome.xml";
    if (known || name.find_first_not_of("0123456789.c") == std::string_view::npos) continue;
    if (listed < kMostBeside) {
      tags.add("OME-Zarr", "File " + clean_text(entry.name), unread_bytes(entry.bytes), Mark::kText);
      ++listed;
    } else {
      ++more;
    }
  }
  if (more > 0) tags.note(std::to_string(more) + " further files that lie beside the pixels are not listed.");
}

}  // namespace

void list_zarr_tags(ZarrHierarchy& hierarchy, const ZarrContent& content, TagList& tags) {
  if (!content.version.empty()) tags.add("OME-Zarr", "Version", content.version);
  for (std::size_t i = 0; i < content.groups.size() && i < kMostGroups; ++i) {
    try {
      list_group(content.groups[i], hierarchy.attributes(content.groups[i]), tags);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutOfMemory) throw;
      tags.note(std::string("Some of its metadata cannot be read: ") + error.what() + ".");
    }
  }
  if (content.groups.size() > kMostGroups) tags.note("Of " + std::to_string(content.groups.size()) + " images the metadata of " + std::to_string(kMostGroups) + " are listed.");
  if (!content.ome_xml.empty()) list_ome(content.ome_xml, tags);
  for (const std::string& label : content.labels) tags.add("OME-Zarr", "Labels", label + ", not shown", Mark::kText);
  list_beside(hierarchy.files(), tags);
  for (const std::string& note : content.notes) tags.note(note);
}

}  // namespace cytodrop
