#pragma once
#include "core/detect/detect.h"
#include "core/detect/plane.h"

namespace cytodrop {

/// The outer edge of a 4-connected region as a polygon through the middles of its pixels' edges.
///
/// Args:
///   labels: of all regions.
///   label: of this one.
///   x, y: its first pixel in reading order.
/// Returns: the polygon in px of the plane, clockwise on the screen; no three points on one line.
std::vector<Point> outline_of(const Plane<std::int32_t>& labels, std::int32_t label, int x, int y);

/// The polygon with every corner cut a quarter of the way along its edges: twice the points, and rounder.
///
/// Source: Chaikin 1974, "An algorithm for high-speed curve generation".
std::vector<Point> cut_corners(const std::vector<Point>& outline);

}  // namespace cytodrop
