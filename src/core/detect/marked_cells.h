#pragma once
#include "core/detect/cell_maps.h"
#include "core/detect/detect.h"
#include "core/detect/detector.h"

namespace cytodrop {

/// Reads cells from what a network says of a frame, in reading order of their boxes' centres.
///
/// A cell is a block whose score is high enough and the greatest around it, with the box that the network measured from there;
/// of boxes that are the same cell the one with the highest score stays. Its outline goes around the pixels that the network
/// calls inside and that lie deeper in its box than in another cell's. Whole numbers and correctly rounded operations only.
///
/// Args:
///   settings: sensitivity, diameters and the rule for the border; a box has the diameter √(width · height), with some slack.
std::vector<DetectedCell> marked_cells(const CellMaps& maps, const DetectorSpec& spec, const DetectSettings& settings);

}  // namespace cytodrop
