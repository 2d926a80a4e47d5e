#pragma once
#include <string>

#include "core/formats/image_file.h"

namespace cytodrop {

/// Which plane of a series is looked at where nobody chose.
struct ChosenPlane {
  int channel = 0;
  int z = 0;
  std::string reason;  ///< a sentence for a person; empty where there was nothing to choose
};

/// Chooses the channel that shows cells as they are (brightfield, phase, interference contrast, transmitted light, by its name; else the first), and of its planes the
/// sharpest: that of the largest variance of the Laplacian over the middle 1,024 px, among at most 64 planes evenly spread.
///
/// Raises: as ImageFile::read.
/// Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
ChosenPlane choose_plane(ImageFile& file, int series, int t = 0);

enum class Projection { kNone, kMax, kMean };

/// Decodes a plane, or the largest or mean samples of all z at its place, rounded. Raises: as ImageFile::read.
Image read_projected(ImageFile& file, PlaneChoice choice, Projection projection);

}  // namespace cytodrop
