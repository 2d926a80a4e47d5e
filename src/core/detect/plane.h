#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cytodrop {

/// One value for each pixel, rows tightly packed.
template <typename Value>
struct Plane {
  int width_px = 0;
  int height_px = 0;
  std::vector<Value> values;

  Plane() = default;
  Plane(int width, int height, Value fill = Value{})
      : width_px(width), height_px(height), values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), fill) {}

  Value* row(int y) { return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width_px); }
  const Value* row(int y) const { return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width_px); }
};

/// 1 inside, 0 outside.
using Mask = Plane<std::uint8_t>;

}  // namespace cytodrop
