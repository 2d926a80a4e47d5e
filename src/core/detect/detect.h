#pragma once
#include <vector>

#include "core/image.h"

namespace cytodrop {

/// How cells are told from the background and from each other.
enum class DetectMethod {
  kRound,     ///< cells in suspension: blobs of any brightness, cut where they narrow
  kAdherent,  ///< spread cells in phase contrast: also cut along the bright halos between them
  kNetwork,   ///< what a network marks: detector.h
};

/// What counts as a cell; all lengths in µm where the pixel size is known, else in px.
struct DetectSettings {
  double pixel_size_um = 0;  ///< 0: unknown; the lengths below are then px
  double least_diameter = 8;  ///< of a disc of the cell's area
  double most_diameter = 60;
  double sensitivity = 0.5;  ///< 0 to 1: how faint a cell may be
  bool split_touching = true;  ///< without meaning for kNetwork
  bool keep_cut_by_border = true;
  DetectMethod method = DetectMethod::kRound;
};

struct DetectedCell {
  Box box;                     ///< inside the frame
  float score = 0;             ///< 0 to 1
  double area_px = 0;
  std::vector<Point> outline;  ///< closed polygon, clockwise on the screen, first point not repeated
  bool cut_by_border = false;
  bool is_ellipse = false;     ///< the outline is the ellipse in the box, since no more is known of the shape
};

/// Least and most diameter in px of the frame.
struct Diameters {
  double least_px, most_px;
};

/// Raises: kInvalidArgument for settings that cannot be.
Diameters diameters_of(const DetectSettings& settings);
/// Raises: kInvalidArgument, also for a frame that cannot be.
Diameters diameters_of(const ImageView& frame, const DetectSettings& settings);

/// Finds the cells of a brightfield or phase-contrast frame without a network, in reading order of their boxes' centres.
///
/// Only contrast counts: the result is the same for 8 bits, 16 bits and float, and for other gains and offsets of the
/// camera that lose no level. Time and memory are linear in the pixels; large cells, and frames over 16 million pixels,
/// are looked at in a smaller copy. Equal bits on every machine and in every build. Values that are no number are safe.
///
/// Args:
///   frame: upright, 1 or 3 channels of any sample type.
///   settings: of another method than kNetwork.
/// Raises: kInvalidArgument, kOutOfMemory.
std::vector<DetectedCell> detect(const ImageView& frame, const DetectSettings& settings);

}  // namespace cytodrop
