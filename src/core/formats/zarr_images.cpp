#include "core/formats/zarr_images.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/decode/ome.h"
#include "core/decode/xml_search.h"
#include "core/error.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxImages = 4000, kMaxLevels = 100, kMaxChannels = 1000;
constexpr std::uint64_t kMaxPlanes = 1'000'000, kMaxSidePx = 0x7fffffff, kMaxXmlBytes = 16'000'000;

/// µm in a unit of OME-NGFF, which are whole words; 0 for what is none.
double um_per_axis_unit(const std::string& unit) {
  constexpr std::pair<const char*, double> kUnits[] = {{"micrometer", 1}, {"nanometer", 1e-3}, {"angstrom", 1e-4}, {"picometer", 1e-6}, {"millimeter", 1e3}, {"centimeter", 1e4}, {"meter", 1e6}};
  for (const auto& [name, um] : kUnits) {
    if (unit == name) return um;
  }
  return um_per(unit);
}

struct Axis {
  std::string name, unit;
};

/// Before version 0.3 they are always the same five.
std::vector<Axis> axes_of(const Json& multiscale, std::size_t count) {
  std::vector<Axis> axes;
  if (const Json& stated = member(multiscale, "axes"); stated.is_array()) {
    for (const Json& axis : stated) axes.push_back({axis.is_string() ? axis.get<std::string>() : text_member(axis, "name"), text_member(axis, "unit")});
    if (axes.size() != count) zarr_damaged("an image of other axes than its array's");
    return axes;
  }
  for (const char name : std::string("tczyx")) axes.push_back({std::string(1, name), {}});
  if (count > axes.size()) zarr_damaged("an image without axes");
  axes.erase(axes.begin(), axes.end() - static_cast<std::ptrdiff_t>(count));
  return axes;
}

/// Lengths of a sample along the axes, in their units; 1 unless told.
std::vector<double> scale_of(const Json& multiscale, const Json& dataset, std::size_t count) {
  std::vector<double> scale(count, 1);
  for (const Json* object : {&dataset, &multiscale}) {
    for (const Json& transformation : member(*object, "coordinateTransformations")) {
      const Json& values = member(transformation, "scale");
      if (text_member(transformation, "type") != "scale" || !values.is_array() || values.size() != count) continue;
      for (std::size_t i = 0; i < count; ++i) scale[i] *= values[i].is_number() ? values[i].get<double>() : 1;
    }
  }
  return scale;
}

std::uint64_t length_of(const ZarrArray& array, int axis) { return axis < 0 ? 1 : array.shape[static_cast<std::size_t>(axis)]; }

Level level_of(const ZarrImage& image, const ZarrArray& array) {
  return {static_cast<std::int64_t>(length_of(array, image.x)), static_cast<std::int64_t>(length_of(array, image.y))};
}

/// Whether names say no more than that there are colours or channels.
bool says_nothing(const std::string& name, std::size_t number) {
  constexpr const char* kColours[][2] = {{"R", "Red"}, {"G", "Green"}, {"B", "Blue"}};
  std::string lower;
  for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::string digit = std::to_string(number), next = std::to_string(number + 1);
  if (name.empty() || lower == digit || lower == next || lower == "channel " + digit || lower == "channel " + next || lower == "channel_" + digit || lower == "channel:0:" + digit) return true;
  return std::any_of(std::begin(kColours[number]), std::end(kColours[number]), [&](const std::string& colour) {
    return std::equal(lower.begin(), lower.end(), colour.begin(), colour.end(), [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b); });
  });
}

class Finder {
 public:
  explicit Finder(ZarrHierarchy& hierarchy) : hierarchy_(hierarchy) {}

  ZarrContent find() {
    const std::vector<std::string> roots = hierarchy_.roots();
    if (roots.empty()) throw Error(ErrorCode::kUnsupportedFormat, "this is a ZIP archive, an office document or a folder in which there is no OME-Zarr (neither .zattrs nor zarr.json); unpack it and drop the images");
    for (const std::string& root : roots) add_root(root);
    if (content_.images.empty()) {
      if (fault_) throw *fault_;
      throw Error(ErrorCode::kUnsupportedFormat, "this is a Zarr, but no OME-Zarr: it names no image (multiscales); save it as OME-Zarr or TIFF");
    }
    if (static_cast<std::size_t>(stated_) > content_.images.size()) content_.images_stated = stated_;
    return std::move(content_);
  }

 private:
  void add_root(const std::string& root) {
    const Json attributes = hierarchy_.attributes(root), &ome = ome_of(attributes);
    content_.groups.push_back(root);
    if (content_.version.empty()) content_.version = clean_text(text_member(ome, "version"));
    read_xml(below_path(root, "OME/METADATA.ome.xml"));
    if (const Json& plate = member(ome, "plate"); plate.is_object()) return add_plate(root, plate);
    if (member(ome, "multiscales").is_array()) return add_group(root, ome, {}, -1);
    if (!member(ome, "bioformats2raw.layout").is_null()) return add_series(root);
    if (member(ome, "well").is_object()) return add_well(root, ome, {});
    for (const std::string& group : hierarchy_.below(root)) {
      const Json below = hierarchy_.attributes(group);
      if (member(ome_of(below), "multiscales").is_array()) add_group(group, ome_of(below), group.substr(root.empty() ? 0 : root.size() + 1), -1);
    }
  }

  void read_xml(const std::string& path) {
    if (const auto entry = hierarchy_.files().find(path); entry && content_.ome_xml.empty()) {
      const std::vector<std::uint8_t> text = hierarchy_.files().read(*entry, kMaxXmlBytes);
      content_.ome_xml.assign(text.begin(), text.end());
    }
  }

  void add_plate(const std::string& root, const Json& plate) {
    for (const Json& well : member(plate, "wells")) {
      const std::string path = text_member(well, "path");
      if (path.empty()) continue;
      const std::string group = below_path(root, path);
      const Json attributes = hierarchy_.attributes(group);
      add_well(group, ome_of(attributes), path);
    }
  }

  void add_well(const std::string& group, const Json& ome, const std::string& name) {
    for (const Json& field : member(member(ome, "well"), "images")) {
      if (const std::string path = text_member(field, "path"); !path.empty()) add_image(below_path(group, path), below_path(name, path), -1);
    }
  }

  void add_series(const std::string& root) {
    const Json listed = hierarchy_.attributes(below_path(root, "OME"));
    const Json& series = member(ome_of(listed), "series");
    int number = 0;
    if (series.is_array()) {
      for (const Json& one : series) {
        if (one.is_string()) add_image(below_path(root, one.get<std::string>()), one.get<std::string>(), number++);
      }
      return;
    }
    const auto is_there = [&](int i) {
      const std::string group = below_path(root, std::to_string(i));
      return hierarchy_.files().find(group + "/.zattrs") || hierarchy_.files().find(group + "/zarr.json");
    };
    for (; is_there(number); ++number) add_image(below_path(root, std::to_string(number)), std::to_string(number), number);
  }

  /// Args: number: of the image in OME-XML; -1: of none.
  void add_image(const std::string& group, const std::string& name, int number) {
    ++stated_;
    if (content_.images.size() >= kMaxImages) return;
    const Json attributes = hierarchy_.attributes(group);
    add_group(group, ome_of(attributes), name, number);
  }

  void add_group(const std::string& group, const Json& ome, const std::string& name, int number) {
    if (content_.groups.back() != group) content_.groups.push_back(group);
    if (content_.version.empty()) content_.version = clean_text(text_member(ome, "version"));
    const Json& multiscales = member(ome, "multiscales");
    if (!multiscales.is_array() || multiscales.empty()) return leave_out(group, "it names no image");
    for (const Json& multiscale : multiscales) {
      if (content_.images.size() >= kMaxImages) return;
      if (content_.version.empty()) content_.version = clean_text(text_member(multiscale, "version"));
      try {
        content_.images.push_back(image_of(group, multiscale, ome, name, number));
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kOutOfMemory || error.code() == ErrorCode::kUnreadable) throw;
        if (!fault_) fault_ = error;
        leave_out(group, error.what());
      }
    }
    add_labels(group);
  }

  void leave_out(const std::string& group, const std::string& why) {
    constexpr std::size_t kMostNotes = 20;
    if (content_.notes.size() < kMostNotes) content_.notes.push_back("The image " + (group.empty() ? std::string("at the top") : clean_text(group)) + " is left out: " + why + ".");
  }

  void add_labels(const std::string& group) {
    constexpr std::size_t kMostLabels = 200;
    const std::string labels = below_path(group, "labels");
    const Json attributes = hierarchy_.attributes(labels);
    for (const Json& label : member(ome_of(attributes), "labels")) {
      if (label.is_string() && content_.labels.size() < kMostLabels) content_.labels.push_back(clean_text(below_path(labels, label.get<std::string>())));
    }
  }

  ZarrImage image_of(const std::string& group, const Json& multiscale, const Json& ome, const std::string& name, int number) {
    ZarrImage image;
    const Json& datasets = member(multiscale, "datasets");
    if (!datasets.is_array() || datasets.empty()) zarr_damaged("an image without levels");
    ZarrArray first = read_zarr_array(hierarchy_, below_path(group, text_member(datasets[0], "path")));
    const std::vector<Axis> axes = axes_of(multiscale, first.shape.size());
    const std::vector<double> scale = scale_of(multiscale, datasets[0], axes.size());
    set_axes(image, axes, first);
    image.facts.levels = {level_of(image, first)};
    image.facts.type = first.type();
    image.facts.bits = first.bits();
    image.facts.z = static_cast<int>(length_of(first, image.z));
    image.facts.t = static_cast<int>(length_of(first, image.t));
    const auto um = [&](int axis) {
      if (axis < 0) return 0.0;
      const double value = scale[static_cast<std::size_t>(axis)] * um_per_axis_unit(axes[static_cast<std::size_t>(axis)].unit);
      return value > 1e-6 && value < 1e6 ? value : 0;
    };
    image.facts.x_um = um(image.x);
    image.facts.y_um = um(image.y);
    image.facts.z_um = um(image.z);
    image.facts.channels.resize(static_cast<std::size_t>(length_of(first, image.c)));
    image.facts.name = clean_text(name.empty() ? text_member(multiscale, "name") : name);
    if (image.facts.name == "/") image.facts.name.clear();
    name_channels(image, ome, number);
    image.levels.push_back(std::move(first));
    for (std::size_t i = 1; i < datasets.size() && i < kMaxLevels; ++i) {
      if (!add_level(image, below_path(group, text_member(datasets[i], "path")))) break;
    }
    return image;
  }

  static void set_axes(ZarrImage& image, const std::vector<Axis>& axes, const ZarrArray& array) {
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::string& name = axes[i].name;
      int* const axis = name == "x" ? &image.x : name == "y" ? &image.y : name == "z" ? &image.z : name == "c" ? &image.c : name == "t" ? &image.t : nullptr;
      if (axis) *axis = static_cast<int>(i);
    }
    if (image.x < 0 || image.y < 0) zarr_damaged("an image without the axes x and y");
    if (length_of(array, image.x) > kMaxSidePx || length_of(array, image.y) > kMaxSidePx || length_of(array, image.z) > kMaxPlanes || length_of(array, image.t) > kMaxPlanes || length_of(array, image.c) > kMaxChannels) {
      throw Error(ErrorCode::kTooLarge, "the OME-Zarr states an image of an impossible size");
    }
  }

  /// Returns: false where it is none that is looked at; further ones are not then.
  bool add_level(ZarrImage& image, const std::string& path) {
    ZarrArray array;
    try {
      array = read_zarr_array(hierarchy_, path);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOutOfMemory || error.code() == ErrorCode::kUnreadable) throw;
      return false;
    }
    const ZarrArray& full = image.levels.front();
    if (array.shape.size() != full.shape.size() || array.kind != full.kind || array.sample != full.sample || length_of(array, image.c) != length_of(full, image.c) || length_of(array, image.t) != length_of(full, image.t) ||
        length_of(array, image.z) > length_of(full, image.z)) {
      return false;
    }
    const Level level = level_of(image, array), &before = image.facts.levels.back();
    if (level.width_px > before.width_px || level.height_px > before.height_px || (level.width_px == before.width_px && level.height_px == before.height_px)) return false;
    image.facts.levels.push_back(level);
    image.levels.push_back(std::move(array));
    return true;
  }

  void name_channels(ZarrImage& image, const Json& ome, int number) {
    std::vector<Channel>& channels = image.facts.channels;
    const Json& stated = member(member(ome, "omero"), "channels");
    bool colours = channels.size() == 3 && image.facts.bits == 8;
    for (std::size_t i = 0; i < channels.size() && stated.is_array() && i < stated.size(); ++i) {
      channels[i].name = clean_text(text_member(stated[i], "label"));
      colours = colours && says_nothing(channels[i].name, i) && text_member(stated[i], "color") == (i == 0 ? "FF0000" : i == 1 ? "00FF00" : "0000FF");
    }
    colours = colours && stated.is_array() && stated.size() == 3;
    if (number >= 0) {
      if (const auto from_xml = describe(number, image)) colours = *from_xml;
    }
    if (!colours) return;
    image.facts.samples = 3;
    channels = {{}};
  }

  /// Takes over the names that OME-XML has for an image. Returns: whether its channels are the colours of a picture; none: it does not speak of this image.
  std::optional<bool> describe(int number, ZarrImage& image) const {
    const std::string_view xml = content_.ome_xml;
    std::size_t from = 0;
    std::optional<std::string_view> tag;
    for (int i = 0; i <= number; ++i) {
      tag = next_tag(xml, "Image", from);
      if (!tag) return std::nullopt;
    }
    std::size_t next = from;
    const std::string_view part = xml.substr(from, next_tag(xml, "Image", next) ? next - from : std::string_view::npos);
    if (const std::string name = clean_text(unescape_xml(attribute(*tag, "Name"))); !name.empty()) image.facts.name = name;
    std::size_t at = 0, seen = 0;
    bool colours = false;
    for (auto channel = next_tag(part, "Channel", at); channel && seen < image.facts.channels.size(); channel = next_tag(part, "Channel", at), ++seen) {
      if (attribute(*channel, "SamplesPerPixel") == "3") colours = image.facts.channels.size() == 3;
      Channel& one = image.facts.channels[seen];
      if (const std::string name = clean_text(unescape_xml(attribute(*channel, "Name"))); !name.empty()) one.name = name;
      const std::string_view unit = attribute(*channel, "EmissionWavelengthUnit");
      const double nm = leading_number(attribute(*channel, "EmissionWavelength")) * (unit.empty() ? 1 : um_per(unit) * 1000);
      if (nm > 100 && nm < 10'000) one.wavelength_nm = nm;
    }
    if (seen == 0) return std::nullopt;
    return colours;
  }

  ZarrHierarchy& hierarchy_;
  ZarrContent content_;
  std::optional<Error> fault_;
  int stated_ = 0;
};

}  // namespace

ZarrContent read_zarr_content(ZarrHierarchy& hierarchy) { return Finder(hierarchy).find(); }

}  // namespace cytodrop
