#pragma once
#include <cstddef>

namespace cytodrop {

/// Prepared input of a network for one cell, C × H × W float32, contiguous. Not owned.
struct InputView {
  const float* data = nullptr;
  int channels = 0;
  int height_px = 0;
  int width_px = 0;

  std::size_t plane() const { return static_cast<std::size_t>(height_px) * static_cast<std::size_t>(width_px); }
  std::size_t size() const { return static_cast<std::size_t>(channels) * plane(); }
};

}  // namespace cytodrop
