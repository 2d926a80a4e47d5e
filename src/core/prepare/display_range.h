#pragma once
#include <span>

#include "core/image.h"

namespace cytodrop {

/// Values that become black and white, on the 0..255 scale of the full scale of the samples.
struct SampleRange {
  float low = 0;
  float high = 255;

  bool operator==(const SampleRange&) const = default;
};

/// The range in which a whole frame is shown, and prepared where the model's spec says `frame_percentiles`.
///
/// A camera of 12 or 14 bits fills little of 16, and floats have no scale of their own: the 0.1 and the 99.9 percentile of all samples
/// of the frame, of all channels together so that no colour shifts, become black and white. Exactly: of N samples in order those at
/// (N − 1) / 1000, rounded down, and as far from the other end. Frames of 8 bits, and those where both are equal, stay as they are.
///
/// Args:
///   frame: the whole frame, not a crop of one cell; no sample is NaN.
SampleRange display_range(const ImageView& frame);

/// Stretches values on the 0..255 scale in place: clamp((x − low) · (255 / (high − low)), 0, 255), in float32.
void stretch(std::span<float> values, const SampleRange& range);

}  // namespace cytodrop
