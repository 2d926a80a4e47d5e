#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/formats/image_file.h"
#include "core/formats/nd2_value.h"

namespace cytodrop {

/// One of the loops in which frames were taken.
struct Nd2Loop {
  enum class Kind { kTime, kPosition, kZ };

  Kind kind = Kind::kTime;
  std::int64_t count = 1;
  double step_um = 0;              ///< of kZ
  std::vector<std::string> names = {};  ///< of kPosition
};

/// The outermost first; all count at least 1.
///
/// Args:
///   experiment: of the chunk ImageMetadata.
/// Raises: kCorrupt for counts that no file has.
std::vector<Nd2Loop> nd2_loops(const Nd2Value& experiment);

/// Names and wavelengths, one for each channel, of the chunk ImageMetadataSeq.
///
/// Args:
///   components: numbers a pixel.
///   samples: becomes 3 where each channel has three, else 1.
std::vector<Channel> nd2_channels(const Nd2Value& picture, int components, int& samples);

/// What a person would look for, and what tells of a person, as tags that are not there yet.
void list_nd2_values(const Nd2Value& values, TagList& tags);

}  // namespace cytodrop
