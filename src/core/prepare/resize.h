#pragma once
#include <vector>

#include "core/image.h"

namespace cytodrop {

enum class ResizeRule {
  /// torch.nn.functional.interpolate(mode="bilinear", antialias=True, align_corners=False) on float32.
  kBilinearAntialiased,
  /// tf.image.resize(method="bilinear"), half-pixel centres, no antialiasing.
  kBilinearHalfPixel,
};

/// Input samples that make one output sample along one axis, and their weights, which sum to 1.
struct Taps {
  std::vector<int> start;     ///< [outputs] first input sample
  std::vector<float> weight;  ///< [outputs][count]; entries past the last input sample are 0 and never read
  int count = 0;              ///< most taps of any output
  std::vector<int> used;      ///< [outputs] taps of this output
};

/// Computes the taps of one axis.
///
/// Source: ATen UpSampleKernel.cpp (antialiased, torch 1.11 and newer); half-pixel centres as tf.image.resize 2.x.
Taps make_taps(ResizeRule rule, int in_px, int out_px);

/// What a pixel becomes before resizing; always four lanes, so that one kernel serves grey and colour.
enum class Lanes {
  kRgb,   ///< R, G, B, 0 on the 0..255 scale; grey is repeated
  kGrey,  ///< Rec. 601 luma, 0, 0, 0
};

/// Resizes an image of 1 or 3 channels in float32.
///
/// Horizontal first, as torch does; each sum stays in one lane and runs in order, so that every build gives the same bits.
/// Memory grows with the output's width and the number of vertical taps, not with the image.
///
/// Returns: out_height × out_width × 4 lanes.
std::vector<float> resize(const ImageView& image, Lanes lanes, ResizeRule rule, int out_width_px, int out_height_px);

/// Part of what `resize` gives, to the last bit; time and memory are those of the part.
///
/// Args:
///   part: of the output, inside it.
/// Returns: part.height_px × part.width_px × 4 lanes.
std::vector<float> resize_part(const ImageView& image, Lanes lanes, ResizeRule rule, int out_width_px, int out_height_px, const Box& part);

/// The same in plain loops over the whole image: the twin that every build of `resize` must equal bit for bit.
std::vector<float> resize_plain(const ImageView& image, Lanes lanes, ResizeRule rule, int out_width_px,
                                int out_height_px);

}  // namespace cytodrop
