#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

struct NdpiLevel {
  int across = 2;        ///< parts of 16 × 8 px, in four colours by turns: see `ndpi_colour`
  int down = 2;
  float lens = 40;       ///< -1: the overview
  bool listed = true;    ///< where the parts begin
  bool misleads = false; ///< but wrongly
};

/// An NDPI with offsets of 64 bits. Args: far: so many bytes are said to lie between the header and what follows, and are not there.
FileBytes make_ndpi(const std::vector<NdpiLevel>& levels, std::uint64_t far = 0);

/// (red, green, blue) of a part, which JPEG changes by 3 at most.
std::vector<int> ndpi_colour(int column, int row);

/// Files of every branch.
std::map<std::string, FileBytes> ndpi_examples();

}  // namespace cytodrop::test
