#include "core/formats/ome_images.h"

#include <cmath>
#include <cstdint>

#include "core/decode/ome.h"
#include "core/decode/xml_search.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxImages = 1000;

/// A whole number from `least` to a million, or `otherwise` where the attribute is missing; -1 where it is nonsense.
int whole(std::string_view text, int least, int otherwise) {
  if (text.empty()) return otherwise;
  const double value = leading_number(text);
  return value >= least && value <= 1e6 && value == std::floor(value) ? static_cast<int>(value) : -1;
}

void read_channels(std::string_view xml, Series& facts) {
  std::size_t from = 0;
  for (Channel& channel : facts.channels) {
    const auto tag = next_tag(xml, "Channel", from);
    if (!tag) return;
    channel.name = clean_text(attribute(*tag, "Name"));
    const std::string_view unit = attribute(*tag, "EmissionWavelengthUnit");
    const double nm = leading_number(attribute(*tag, "EmissionWavelength")) * (unit.empty() ? 1 : um_per(unit) * 1000);
    if (nm > 100 && nm < 10'000) channel.wavelength_nm = nm;
  }
}

/// The part of the text that describes one image, the name in its tag; empty at the end.
std::string_view next_image(std::string_view xml, std::size_t& from, std::string& name) {
  const auto tag = next_tag(xml, "Image", from);
  if (!tag) return {};
  name = clean_text(attribute(*tag, "Name"));
  std::size_t next = from;
  const std::size_t end = next_tag(xml, "Image", next) ? next : xml.size();
  return xml.substr(from, end - from);
}

bool place_planes(std::string_view xml, std::string_view pixels, int directory_count, OmeImage& image, std::size_t number, int first_directory) {
  const std::string_view order = attribute(pixels, "DimensionOrder");
  const std::int64_t z = image.facts.z, t = image.facts.t, c = static_cast<std::int64_t>(image.facts.channels.size());
  if (order.size() != 5 || order.substr(0, 2) != "XY") return false;
  std::int64_t step_z = 0, step_c = 0, step_t = 0, step = 1;
  for (const char axis : order.substr(2)) {
    (axis == 'Z' ? step_z : axis == 'C' ? step_c : step_t) = step;
    step *= axis == 'Z' ? z : axis == 'C' ? c : axis == 'T' ? t : 0;
  }
  if (step_z == 0 || step_c == 0 || step_t == 0 || step != z * c * t) return false;
  std::vector<int> in_order(static_cast<std::size_t>(step), -1);
  std::size_t from = 0;
  bool stated = false;
  while (const auto data = next_tag(xml, "TiffData", from)) {
    const std::string_view directory = attribute(*data, "IFD");
    if (directory.empty()) continue;
    stated = true;
    const int at_z = whole(attribute(*data, "FirstZ"), 0, 0), at_c = whole(attribute(*data, "FirstC"), 0, 0), at_t = whole(attribute(*data, "FirstT"), 0, 0);
    const int begin = whole(directory, 0, 0), count = whole(attribute(*data, "PlaneCount"), 1, 1);
    if (at_z < 0 || at_c < 0 || at_t < 0 || at_z >= z || at_c >= c || at_t >= t || begin < 0 || count < 1) return false;
    const std::int64_t plane = at_z * step_z + at_c * step_c + at_t * step_t;
    for (std::int64_t k = 0; k < count && plane + k < step; ++k) in_order[static_cast<std::size_t>(plane + k)] = begin + static_cast<int>(k);
  }
  if (!stated) {
    // One image after the other.
    if (number > 0 && first_directory == 0) return false;
    for (std::size_t i = 0; i < in_order.size(); ++i) in_order[i] = first_directory + static_cast<int>(i);
  }
  for (std::int64_t at_t = 0; at_t < t; ++at_t) {
    for (std::int64_t at_z = 0; at_z < z; ++at_z) {
      for (std::int64_t at_c = 0; at_c < c; ++at_c) {
        const int directory = in_order[static_cast<std::size_t>(at_z * step_z + at_c * step_c + at_t * step_t)];
        if (directory >= directory_count || directory < 0) return false;
        image.directories.push_back(directory);
      }
    }
  }
  return true;
}

}  // namespace

std::vector<OmeImage> read_ome_images(std::string_view xml, int directory_count, int samples_per_pixel) {
  std::vector<OmeImage> images;
  std::string name;
  int first_directory = 0;
  std::size_t from = 0;
  for (std::string_view part = next_image(xml, from, name); !part.empty() && images.size() < kMaxImages; part = next_image(xml, from, name)) {
    std::size_t at = 0;
    const auto pixels = next_tag(part, "Pixels", at);
    if (!pixels) continue;
    OmeImage image;
    image.facts.name = name;
    image.facts.x_um = physical_size_um(*pixels, "X");
    image.facts.y_um = physical_size_um(*pixels, "Y");
    image.facts.z_um = physical_size_um(*pixels, "Z");
    image.facts.z = whole(attribute(*pixels, "SizeZ"), 1, 1);
    image.facts.t = whole(attribute(*pixels, "SizeT"), 1, 1);
    std::int64_t c = whole(attribute(*pixels, "SizeC"), 1, 1);
    if (samples_per_pixel > 1 && c % samples_per_pixel == 0) c /= samples_per_pixel;
    if (image.facts.z < 1 || image.facts.t < 1 || c < 1 || image.facts.z > directory_count || image.facts.t > directory_count || c > directory_count) return {};
    if (std::int64_t{image.facts.z} * image.facts.t * c > directory_count) return {};
    image.facts.channels.resize(static_cast<std::size_t>(c));
    read_channels(part.substr(at), image.facts);
    if (!place_planes(part.substr(at), *pixels, directory_count, image, images.size(), first_directory)) return {};
    first_directory += static_cast<int>(image.directories.size());
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace cytodrop
