#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/formats/image_file.h"
#include "core/formats/lif_tiles.h"
#include "core/formats/xml_elements.h"

namespace cytodrop {

/// Things of one kind at even distances in a block of memory.
struct LifAxis {
  std::int64_t count = 1;
  std::uint64_t bytes = 0;  ///< from one to the next
};

/// What an axis counts; several of one kind lie in each other, the first runs fastest.
struct LifAxes {
  LifAxis x, y;
  std::vector<LifAxis> z, t, spectrum, tiles;
};

/// Where the pixels of one image lie.
struct LifImage {
  Series series;      ///< of one tile
  std::string block;  ///< its ID
  LifAxes axes;
  std::vector<LifPlace> places;  ///< of its tiles, where they can be joined
  std::vector<std::vector<std::uint64_t>> samples;  ///< of each channel without its spectral steps: bytes to its samples, red first
};

struct LifContent {
  int version = 1;
  std::vector<LifImage> images;
  std::vector<Tag> tags;
  std::vector<std::string> notes;
  std::string problem;  ///< of the first image that cannot be read
};

/// Everything that axes of one kind count.
std::int64_t count_of(const std::vector<LifAxis>& axes);

/// Raises: kTooLarge, kCorrupt for numbers that no file has.
LifContent read_lif_content(const XmlElements& xml);

}  // namespace cytodrop
