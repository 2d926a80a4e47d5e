#pragma once
#include "core/formats/zarr_chunks.h"
#include "core/image.h"

namespace cytodrop {

/// Which samples of an array make a plane: those at `place`, along two of its axes.
struct ZarrPlane {
  std::vector<std::uint64_t> place;  ///< along each axis; those of the two are not looked at
  std::size_t x = 0, y = 0;          ///< axes
};

/// Paints a part of a plane; samples become what decode_tiff says of them, truth 255.
///
/// Args:
///   region: in samples of the array, within it.
///   into: which channel of the image.
/// Raises: as ZarrChunks::read; kTooLarge where far more has to be decoded than the region has.
void paint_zarr(ZarrChunks& chunks, const ZarrArray& array, const ZarrPlane& plane, const Box& region, Image& image, int into);

}  // namespace cytodrop
