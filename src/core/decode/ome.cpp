#include "core/decode/ome.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
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

double sane_um(double um) { return um > 1e-6 && um < 1e6 ? um : 0; }

}  // namespace

double physical_size_um(std::string_view pixels, const std::string& axis) {
  const std::string_view unit = attribute(pixels, "PhysicalSize" + axis + "Unit");
  return sane_um(leading_number(attribute(pixels, "PhysicalSize" + axis)) * (unit.empty() ? 1 : um_per(unit)));
}

bool is_ome(std::string_view description) { return description.find("<OME") != std::string_view::npos || description.find(":OME") != std::string_view::npos; }

bool is_imagej(std::string_view description) { return description.starts_with("ImageJ="); }

double described_pixel_um(std::string_view description, double x_pixels_per_unit) {
  if (is_imagej(description)) return x_pixels_per_unit > 0 ? sane_um(um_per(line_value(description, "unit")) / x_pixels_per_unit) : 0;
  if (!is_ome(description)) return 0;
  std::size_t from = 0;
  const auto pixels = next_tag(description, "Pixels", from);
  return pixels ? physical_size_um(*pixels, "X") : 0;
}

}  // namespace cytodrop
