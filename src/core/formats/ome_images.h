#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/formats/image_file.h"

namespace cytodrop {

/// One image that OME-XML describes.
struct OmeImage {
  Series facts;                  ///< but for its sizes and samples in px, which the pixels tell
  std::vector<int> directories;  ///< [t][z][channel]: number of the directory; -1: not in this file
};

/// Reads the images of OME-XML; empty where it contradicts itself or the file. The text is searched, never parsed as a document.
///
/// Args:
///   directory_count: of the file.
///   samples_per_pixel: of the first directory; OME counts the samples of RGB as channels.
std::vector<OmeImage> read_ome_images(std::string_view xml, int directory_count, int samples_per_pixel);

}  // namespace cytodrop
