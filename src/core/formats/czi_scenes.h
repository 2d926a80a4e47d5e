#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/formats/czi_directory.h"
#include "core/formats/image_file.h"

namespace cytodrop {

/// What a pixel of a block is.
struct CziPixelType {
  int stored_samples = 0;  ///< 1 grey, 3 BGR, 4 BGRA
  SampleType type = SampleType::kUint8;

  int samples() const { return stored_samples == 1 ? 1 : 3; }
  std::size_t bytes() const { return static_cast<std::size_t>(stored_samples) * sample_bytes(type); }
};

/// Nothing is raised: stored_samples is 0 for a type that is not read.
CziPixelType czi_pixel_type(std::int32_t number);

/// The blocks of one scene whose pixels are of one type, and where each lies.
struct CziScene {
  std::int32_t number = -1;  ///< of the scene; -1: blocks of none
  int samples = 1;
  SampleType type = SampleType::kUint8;
  std::vector<double> zooms;    ///< of each level: px of the full size a px
  std::vector<Level> levels;    ///< as Series
  std::vector<std::int32_t> c;  ///< indices that there are, in rising order
  std::vector<std::int32_t> z;
  std::vector<std::int32_t> t;
  std::int64_t left_px = 0;  ///< of the full size, where the scene begins
  std::int64_t top_px = 0;
  std::vector<CziBlock> blocks;  ///< by level, channel, z and t; of one plane the lowest first

  /// Of one plane of one level, the lowest first.
  std::span<const CziBlock> plane(std::int32_t level, std::int32_t channel, std::int32_t z_index, std::int32_t t_index) const;

  /// Left and top edge of a block, in px of its level.
  std::int64_t left_of(const CziBlock& block) const { return scaled(block.x - left_px, block.level); }
  std::int64_t top_of(const CziBlock& block) const { return scaled(block.y - top_px, block.level); }

 private:
  std::int64_t scaled(std::int64_t full_px, std::int32_t level) const;
};

/// Sorts the blocks of a file into scenes.
///
/// Args:
///   notes: gets sentences about what is left out.
/// Returns: at least one, by number.
/// Raises: kUnsupportedFeature where no pixels are of a type that is read, kCorrupt, kOutOfMemory.
std::vector<CziScene> sort_czi_blocks(std::vector<CziBlock> blocks, std::vector<std::string>& notes);

}  // namespace cytodrop
