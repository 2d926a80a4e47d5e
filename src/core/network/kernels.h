#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/network/layers.h"

namespace cytodrop {

// Maps are channels last; kernels go along outputs with four channels in a vector and keep each sum in one lane, in the
// order bias, kernel row, kernel column, input channel. So SSE, NEON, WASM SIMD and the plain twins give the same bits.

/// One image's feature map at the place memory was planned for it. Not owned. Distances are in floats.
///
/// Around it lies a frame of zeros, as wide as the padding of whoever reads it, so that no kernel knows of edges:
/// ```
///   0 0 0 0 0 0
///   0 a b c d 0     data points at a; row_stride is 6 pixels
///   0 e f g h 0
///   0 0 0 0 0 0
/// ```
/// A pixel takes a multiple of 4 floats unless only dense convolutions read it; what lies beyond `channels` is never used.
struct Map {
  float* data = nullptr;
  int height = 0;
  int width = 0;
  int channels = 0;
  std::ptrdiff_t pixel_stride = 0;
  std::ptrdiff_t row_stride = 0;

  float* at(int y, int x) const { return data + y * row_stride + x * pixel_stride; }
};

/// Runs body(y, x, channel) for every kStep-th channel of every pixel.
template <int kStep, typename Body>
void each_channel(const Map& map, Body body) {
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      for (int c = 0; c < map.channels; c += kStep) body(y, x, c);
    }
  }
}

constexpr int round_up_to_4(int count) { return (count + 3) / 4 * 4; }

/// The weights of a convolution in the order the kernels read them:
/// dense      [outputs / 8][height][width][inputs][8], the last block 4 wide where 4 or fewer outputs are left;
/// depthwise  [height][width][outputs padded to 4].
std::vector<float> pack_weights(const Convolution& convolution);

/// A convolution whose padding is `top` and `left` zeros of the input's frame; `residual` is null or of the output's size.
void convolve(const Convolution& convolution, const Map& in, int top, int left, const Map* residual, const Map& out);
void activate(const Nonlinearity& activation, const Map& in, const Map& out);
void add(const Map& a, const Map& b, const Map& out);
/// One of the two may be one pixel, the gate of squeeze-and-excitation.
void multiply(const Map& a, const Map& b, const Map& out);
/// Mean over all pixels, each sum in row order.
void mean(const Map& in, const Map& out);
/// Maximum over windows; padding never wins.
void max_pool(const Window& window, const Map& in, int top, int left, const Map& out);
void concatenate(std::span<const Map> parts, const Map& out);
/// Same values in channel, row, column order, another shape.
void reshape(const Map& in, const Map& out);
/// Channel (c · block + y) · block + x of a pixel becomes channel c of pixel (y, x) of the square that it is spread over.
/// Source: Shi et al. 2016, "Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network".
void depth_to_space(int block, const Map& in, const Map& out);
/// Between channels last and the C-contiguous C×H×W of the border.
void from_channels_first(const float* in, const Map& out);
void to_channels_first(const Map& in, float* out);

/// The plain twins, one value at a time. A dense convolution reads `weights` as ONNX has them, not the packed ones.
namespace plain {
void convolve(const Convolution& convolution, const Map& in, int top, int left, const Map* residual, const Map& out);
void activate(const Nonlinearity& activation, const Map& in, const Map& out);
void add(const Map& a, const Map& b, const Map& out);
void multiply(const Map& a, const Map& b, const Map& out);
void mean(const Map& in, const Map& out);
void max_pool(const Window& window, const Map& in, int top, int left, const Map& out);
}  // namespace plain

}  // namespace cytodrop
