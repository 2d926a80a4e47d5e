#pragma once
#include <array>
#include <optional>

#include "core/image.h"

namespace cytodrop {

bool is_inside(const Box& box, const ImageView& image);

/// A colour as shares of the full scale of a sample type.
struct Fill {
  std::array<double, 3> level{};
};

/// A copy of part of an image; what lies outside repeats the image's border, or is filled.
///
/// Args:
///   region: may reach outside, or lie outside.
///   fill: for 1 or 3 channels; rounded to the nearest sample.
/// Raises: kInvalidArgument for an empty region, kOutOfMemory.
Image cut(const ImageView& image, const Box& region, const std::optional<Fill>& fill = std::nullopt);

}  // namespace cytodrop
