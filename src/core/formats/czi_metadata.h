#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/formats/image_file.h"

namespace cytodrop {

/// What the XML of a CZI file says about its pixels.
struct CziMetadata {
  std::vector<Channel> channels;  ///< by index; may be fewer than there are
  std::vector<int> bits;          ///< of each channel a sample; 0: the file does not tell
  std::map<std::int32_t, std::string> scenes;  ///< their names, by number
  double x_um = 0;  ///< of a pixel at full size; 0: the file does not tell
  double y_um = 0;
  double z_um = 0;
};

/// Searches the XML as inert text; what is missing or broken counts as not said. Raises: nothing but kOutOfMemory.
CziMetadata read_czi_metadata(std::string_view xml);

/// The fields of the XML that a person would look for. Raises: nothing but kOutOfMemory.
void list_czi_metadata(std::string_view xml, TagList& tags);

}  // namespace cytodrop
