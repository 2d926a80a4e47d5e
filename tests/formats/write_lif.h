#pragma once
#include <map>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

struct LifWrittenAxis {
  int id = 1;  ///< 0 channels, 1 x, 2 y, 3 z, 4 t, 5 spectrum, 6 rotation, 10 tiles
  int count = 1;
  std::uint64_t bytes = 0;  ///< from one to the next; set by lif_image
};

struct LifWrittenImage {
  std::string name = "Image";
  std::vector<std::string> folders = {};
  std::vector<LifWrittenAxis> axes = {};  ///< the fastest first
  std::vector<int> tags = {0};            ///< one a channel: 0 grey, 1 red, 2 green, 3 blue
  int bits = 8;
  bool is_float = false;
  int row_padding_bytes = 0;
  std::string block = "MemBlock_1";
  FileBytes pixels = {};
};

/// Sets the distances of an image's axes, and makes its pixels.
LifWrittenImage lif_image(LifWrittenImage image);

/// Bytes of an element of XML that stands for an image, to be changed by tests.
std::string lif_xml(const std::vector<LifWrittenImage>& images, int version);

FileBytes make_lif(const std::vector<LifWrittenImage>& images, int version = 2);
FileBytes make_lif(const std::vector<LifWrittenImage>& images, int version, const std::string& xml);

struct LifWritten {
  std::vector<LifWrittenImage> images;
  int version = 2;
};

/// Files of every branch, by a name.
std::map<std::string, LifWritten> lif_examples();

}  // namespace cytodrop::test
