#pragma once
#include <cstddef>

namespace cytodrop {

/// What libtiff may still ask for on this thread while a file is read, in all, since not every version of it counts for itself.
struct TiffMemory {
  std::size_t left_bytes = 0;
  bool exceeded = false;   ///< the file wanted more than it may have
  bool exhausted = false;  ///< the machine had no more
};

TiffMemory& tiff_memory();

}  // namespace cytodrop
