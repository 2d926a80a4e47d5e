#pragma once
#include <cstdint>
#include <vector>

#include "core/formats/xml_elements.h"

namespace cytodrop {

/// Where a tile of a mosaic lies in it.
struct LifPlace {
  std::int64_t left_px = 0;
  std::int64_t top_px = 0;
};

/// Places of a mosaic's tiles, in the file's order, by where the stage was: along x and y, turned over as FlipX, FlipY and SwapXY say, from
/// the least on, in whole pixels, as LAS X joins them itself. None where the file does not tell all of them.
///
/// Args:
///   image: the element that has an attachment TileScanInfo.
///   x_um, y_um: of a pixel; 0: not told.
///   most_px: of a place; what lies farther away is not joined.
std::vector<LifPlace> read_lif_places(const XmlElements& xml, const XmlElement& image, double x_um, double y_um, std::int64_t count, std::int64_t most_px);

}  // namespace cytodrop
