#include "core/decode/ome.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "core/decode/xml_search.h"

namespace cytodrop {

double leading_number(std::string_view text) {
  const std::string copy(text.substr(0, 40));
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  return end == copy.c_str() ? std::nan("") : value;
}

double um_per(std::string_view unit) {
  if (unit == "\xc2\xb5m" || unit == "\xce\xbcm" || unit == "\xb5m" || unit == "um" || unit == "micron" || unit == "microns" || unit == "\\u00B5m") return 1;
  if (unit == "nm") return 1e-3;
  if (unit == "\xc3\x85" || unit == "\xe2\x84\xab") return 1e-4;  // ångström
  if (unit == "pm") return 1e-6;
  if (unit == "mm") return 1e3;
  if (unit == "cm") return 1e4;
  if (unit == "m") return 1e6;
  if (unit == "inch" || unit == "in") return 25400;
  return 0;
}

std::string_view line_value(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.size() > name.size() && line.substr(0, name.size()) == name && line[name.size()] == '=') {
      std::string_view value = line.substr(name.size() + 1);
      while (!value.empty() && (is_xml_space(value.back()) || value.back() == '\0')) value.remove_suffix(1);
      return value;
    }
    at = end + 1;
  }
  return {};
}

namespace {

/// A whole number from `least` to a million, or `otherwise` where the attribute is missing; -1 where it is nonsense.
int whole(std::string_view text, int least, int otherwise) {
  if (text.empty()) return otherwise;
  const double value = leading_number(text);
  return value >= least && value <= 1e6 && value == std::floor(value) ? static_cast<int>(value) : -1;
}

double sane_pixel_size(double um) { return um > 1e-6 && um < 1e6 ? um : 0; }

TiffLayout read_ome(std::string_view xml, int directory_count, int samples_per_pixel) {
  TiffLayout layout;
  std::size_t from = 0;
  const auto pixels = next_tag(xml, "Pixels", from);
  if (!pixels) return layout;
  const std::string_view unit = attribute(*pixels, "PhysicalSizeXUnit");
  const double size = leading_number(attribute(*pixels, "PhysicalSizeX"));
  if (size > 0) layout.pixel_size_um = sane_pixel_size(size * (unit.empty() ? 1 : um_per(unit)));

  const std::string_view order = attribute(*pixels, "DimensionOrder");
  const std::int64_t z = whole(attribute(*pixels, "SizeZ"), 1, 1), t = whole(attribute(*pixels, "SizeT"), 1, 1);
  std::int64_t c = whole(attribute(*pixels, "SizeC"), 1, 1);
  if (samples_per_pixel > 1 && c % samples_per_pixel == 0) c /= samples_per_pixel;
  if (z < 1 || t < 1 || c < 1 || z > directory_count || t > directory_count || c > directory_count) return layout;
  if (order.size() != 5 || order.substr(0, 2) != "XY") return layout;
  const std::int64_t planes = z * t * c;
  if (planes > directory_count) return layout;

  // How far apart neighbours in z, c and t are in the order of the file.
  std::int64_t step_z = 0, step_c = 0, step_t = 0, step = 1;
  for (const char axis : order.substr(2)) {
    (axis == 'Z' ? step_z : axis == 'C' ? step_c : step_t) = step;
    step *= axis == 'Z' ? z : axis == 'C' ? c : axis == 'T' ? t : 0;
  }
  if (step_z == 0 || step_c == 0 || step_t == 0 || step != planes) return layout;

  std::vector<int> directory_of(static_cast<std::size_t>(planes), -1);
  bool stated = false;
  // Only the first image of the file is read; a second one has its own planes.
  const std::string_view first = xml.substr(0, xml.find("</Pixels", from) == std::string_view::npos ? xml.size() : xml.find("</Pixels", from));
  while (const auto data = next_tag(first, "TiffData", from)) {
    const std::string_view directory = attribute(*data, "IFD");
    if (directory.empty()) continue;
    stated = true;
    const std::int64_t at_z = whole(attribute(*data, "FirstZ"), 0, 0), at_c = whole(attribute(*data, "FirstC"), 0, 0),
                       at_t = whole(attribute(*data, "FirstT"), 0, 0);
    const int begin = whole(directory, 0, 0), count = whole(attribute(*data, "PlaneCount"), 1, 1);
    if (at_z < 0 || at_c < 0 || at_t < 0 || at_z >= z || at_c >= c || at_t >= t || begin < 0 || count < 1) return layout;
    const std::int64_t plane = at_z * step_z + at_c * step_c + at_t * step_t;
    for (std::int64_t k = 0; k < count && plane + k < planes; ++k) {
      directory_of[static_cast<std::size_t>(plane + k)] = static_cast<int>(begin + k);
    }
  }
  if (!stated) {
    for (std::size_t i = 0; i < directory_of.size(); ++i) directory_of[i] = static_cast<int>(i);
  }
  for (const int directory : directory_of) {
    if (directory < 0 || directory >= directory_count) return layout;
  }
  layout.pages = static_cast<int>(z * t);
  layout.channels = static_cast<int>(c);
  const bool z_first = step_z < step_t || t == 1;
  for (std::int64_t page = 0; page < z * t; ++page) {
    const std::int64_t at_z = z_first ? page % z : page / t, at_t = z_first ? page / z : page % t;
    for (std::int64_t channel = 0; channel < c; ++channel) {
      layout.directories.push_back(directory_of[static_cast<std::size_t>(at_z * step_z + channel * step_c + at_t * step_t)]);
    }
  }
  return layout;
}

TiffLayout read_imagej(std::string_view text, int directory_count, double x_pixels_per_unit) {
  TiffLayout layout;
  if (x_pixels_per_unit > 0) layout.pixel_size_um = sane_pixel_size(um_per(line_value(text, "unit")) / x_pixels_per_unit);
  layout.images = whole(line_value(text, "images"), 0, 0);
  const std::int64_t c = whole(line_value(text, "channels"), 1, 1), z = whole(line_value(text, "slices"), 1, 1),
                     t = whole(line_value(text, "frames"), 1, 1);
  if (c < 2 || z < 1 || t < 1 || c > directory_count || z > directory_count || c * z * t != directory_count) return layout;
  layout.pages = static_cast<int>(z * t);
  layout.channels = static_cast<int>(c);
  for (int i = 0; i < directory_count; ++i) layout.directories.push_back(i);
  return layout;
}

}  // namespace

bool is_stack_of_one_directory(std::string_view description, std::size_t directory_count) {
  return directory_count == 1 && description.starts_with("ImageJ=") && leading_number(line_value(description, "images")) > 1;
}

bool has_several_images(std::string_view description) {
  if (description.find("<OME") == std::string_view::npos && description.find(":OME") == std::string_view::npos) return false;
  std::size_t from = 0;
  return next_tag(description, "Pixels", from) && next_tag(description, "Pixels", from);
}

TiffLayout read_description(std::string_view description, int directory_count, int samples_per_pixel, double x_pixels_per_unit) {
  if (description.substr(0, 7) == "ImageJ=") return read_imagej(description, directory_count, x_pixels_per_unit);
  if (description.find("<OME") != std::string_view::npos || description.find(":OME") != std::string_view::npos) {
    return read_ome(description, directory_count, samples_per_pixel);
  }
  return {};
}

}  // namespace cytodrop
