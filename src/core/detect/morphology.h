#pragma once
#include "core/detect/plane.h"

namespace cytodrop {

/// Squared Euclidean distance of each pixel's centre to that of the nearest pixel outside the mask, in px²; 0 outside.
///
/// Exact, in time linear in the pixels. What lies beyond the frame is neither in nor out; where nothing is outside,
/// distances are width + height or more.
///
/// Source: Meijster, Roerdink, Hesselink 2000, "A general algorithm for computing distance transforms in linear time".
Plane<std::int32_t> squared_distance(const Mask& mask);

/// Closing by a disc: gaps narrower than it are filled.
void close(Mask& mask, int radius_px);
/// Opening by a disc: what is narrower than it goes.
void open(Mask& mask, int radius_px);
/// Fills holes of at most so many pixels; a hole that touches the frame's edge is none.
void fill_holes(Mask& mask, std::int64_t most_px);
/// Every pixel becomes what more than half of its 3 × 3 are, weighted 1 2 1 both ways; beyond the plane its edge goes on.
/// Teeth of one pixel go, discs stay.
void smooth_edge(Mask& mask);
/// Keeps the largest 4-connected part, of equal ones the first in reading order.
void keep_largest_part(Mask& mask);
/// Takes out straight horizontal and vertical runs of at least that length, the lines of a counting chamber.
void remove_lines(Mask& mask, int length_px);

}  // namespace cytodrop
