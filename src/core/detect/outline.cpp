#include "core/detect/outline.h"

#include <array>

namespace cytodrop {
namespace {

struct Step {
  int x, y;
};
constexpr std::array<Step, 4> kSteps{{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};  // right, down, left, up: clockwise

/// Whether b lies on the line from a to c.
bool on_line(const Point& a, const Point& b, const Point& c) {
  // Halves of small whole numbers: exact.
  return (b.x_px - a.x_px) * (c.y_px - b.y_px) == (b.y_px - a.y_px) * (c.x_px - b.x_px);
}

}  // namespace

std::vector<Point> outline_of(const Plane<std::int32_t>& labels, std::int32_t label, int x, int y) {
  const auto inside = [&](int px, int py) {
    return px >= 0 && py >= 0 && px < labels.width_px && py < labels.height_px && labels.row(py)[px] == label;
  };
  std::vector<Point> outline;
  const auto add = [&](Point point) {
    while (outline.size() > 1 && on_line(outline[outline.size() - 2], outline.back(), point)) outline.pop_back();
    outline.push_back(point);
  };
  // Walks along pixel edges with the region on the right; (x, y) is a corner of pixels.
  const int start_x = x, start_y = y;
  std::size_t direction = 0;
  do {
    const Step step = kSteps[direction];
    add({static_cast<float>(x) + 0.5f * static_cast<float>(step.x), static_cast<float>(y) + 0.5f * static_cast<float>(step.y)});
    x += step.x;
    y += step.y;
    // The two pixels ahead, on the right and on the left hand.
    const Step right = kSteps[(direction + 1) % 4], left = kSteps[(direction + 3) % 4];
    const auto ahead = [&](const Step& side) {
      return inside(x + (step.x + side.x - 1) / 2, y + (step.y + side.y - 1) / 2);
    };
    if (!ahead(right)) direction = (direction + 1) % 4;
    else if (ahead(left)) direction = (direction + 3) % 4;
  } while (x != start_x || y != start_y || direction != 0);
  while (outline.size() > 3 && on_line(outline[outline.size() - 2], outline.back(), outline.front())) outline.pop_back();
  while (outline.size() > 3 && on_line(outline.back(), outline.front(), outline[1])) outline.erase(outline.begin());
  return outline;
}

std::vector<Point> cut_corners(const std::vector<Point>& outline) {
  std::vector<Point> rounder;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const Point &a = outline[i], &b = outline[(i + 1) % outline.size()];
    rounder.push_back({0.75f * a.x_px + 0.25f * b.x_px, 0.75f * a.y_px + 0.25f * b.y_px});
    rounder.push_back({0.25f * a.x_px + 0.75f * b.x_px, 0.25f * a.y_px + 0.75f * b.y_px});
  }
  return rounder;
}

}  // namespace cytodrop
