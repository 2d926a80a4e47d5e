#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/network/kernels.h"
#include "core/network/layers.h"

namespace cytodrop {

/// The sizes of one value, for one image.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  bool flat = false;  ///< N×C rather than N×C×H×W with one pixel

  bool operator==(const Shape&) const = default;
};

/// Where one value lies in the memory of a plan.
struct Placement {
  Shape shape{};
  int top = 0, left = 0, bottom = 0, right = 0;  ///< the frame of zeros around it
  int pixel_stride = 0;
  std::size_t offset = 0;  ///< in floats, of the frame's first corner

  int row_stride() const { return (left + shape.width + right) * pixel_stride; }
  std::size_t size() const { return static_cast<std::size_t>(top + shape.height + bottom) * static_cast<std::size_t>(row_stride()); }
  Map map(float* memory) const;
};

/// Zeros that a window needs above and to the left of its input.
struct Corner {
  int top = 0;
  int left = 0;
};

/// Everything about a run that depends on the input's size, for one image: a batch runs image by image.
struct Plan {
  std::vector<Placement> values;  ///< by number; empty where fusing left a number unused
  std::vector<Corner> corners;    ///< by layer
  std::size_t memory_floats = 0;
  std::uint64_t steps = 0;        ///< values that are read, about: what a run costs
};

/// Infers all shapes and places every value so that two share memory when no layer needs both.
///
/// Args:
///   shape: of the input, channels, height and width.
/// Raises: kInvalidModel when shapes do not fit each other, kUnsupportedOperator on a shape that no kernel of ours takes,
///   kTooLarge over the limits on memory and on work.
Plan make_plan(const Layers& layers, std::span<const int> shape);

}  // namespace cytodrop
