#pragma once
#include "core/detect/plane.h"

namespace cytodrop {

/// Number of each pixel's region, from 1; 0 outside all.
struct Regions {
  Plane<std::int32_t> labels;
  int count = 0;
};

/// Cuts a mask into regions around the peaks of a height map: a watershed from the highest pixels down.
///
/// Where two regions meet on the way down they stay two only if the lower one's peak rises above the pass by more than
/// `least_rise` of its own height, and each has at least `least_pixels`. With a rise above 1 every connected part stays one.
///
/// Args:
///   mask: what to cut; 4-connected.
///   height: above 0 inside the mask; its upper limit sets the memory of the counting sort.
Regions split(const Mask& mask, const Plane<std::uint16_t>& height, double least_rise, std::int64_t least_pixels);

}  // namespace cytodrop
