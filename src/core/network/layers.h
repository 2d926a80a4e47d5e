#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/network/onnx.h"

namespace cytodrop {

enum class NonlinearityKind { kClamp, kSigmoid, kHardSigmoid, kSilu, kHardSwish };

/// What is done to each value after a sum. ReLU and ReLU6 are clamps, and so is nothing at all.
struct Nonlinearity {
  NonlinearityKind kind = NonlinearityKind::kClamp;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  float slope = 0;   ///< of kHardSigmoid: max(0, min(1, slope · x + offset))
  float offset = 0;

  bool operator==(const Nonlinearity&) const = default;
  bool is_none() const { return *this == Nonlinearity{}; }
};

enum class AutoPad { kNone, kSameUpper, kSameLower };

/// How a kernel moves over a map, as ONNX states it.
struct Window {
  int height = 1, width = 1;
  int stride_y = 1, stride_x = 1;
  int dilation_y = 1, dilation_x = 1;
  int top = 0, left = 0, bottom = 0, right = 0;
  AutoPad auto_pad = AutoPad::kNone;

  std::uint64_t taps() const { return static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width); }
};

/// A convolution, dense or depthwise, with all that was fused into it:
/// out = after(activation(bias + Σ weight · in) + residual).
struct Convolution {
  int inputs = 0;
  int outputs = 0;
  bool depthwise = false;
  Window window{};
  std::vector<float> weights{};  ///< as ONNX has them, [outputs][inputs, 1 if depthwise][height][width], until packed
  std::vector<float> packed{};   ///< as the kernels read them, see kernels.h
  std::vector<float> bias{};     ///< one per output, padded to 4 where weights are packed
  Nonlinearity activation{};
  Nonlinearity after{};

  int inputs_per_output() const { return depthwise ? 1 : inputs; }
};

enum class LayerKind { kConvolution, kActivation, kAdd, kMultiply, kMean, kMaxPool, kConcatenate, kReshape, kDepthToSpace };

/// One step of a network. Values are numbered; number 0 is the network's input.
struct Layer {
  LayerKind kind = LayerKind::kConvolution;
  std::vector<int> inputs{};
  int residual = -1;  ///< of kConvolution: the value that is added, -1 for none
  int output = 0;
  Convolution convolution{};
  Nonlinearity activation{};           ///< of kActivation
  Window window{};                   ///< of kMaxPool
  std::vector<std::int64_t> shape{}; ///< of kReshape, as ONNX has it: 0 keeps a side, -1 is what is left
  int block = 1;                     ///< of kDepthToSpace: side of the square that the channels of a pixel become
  bool flat = false;               ///< of kMean: the result has no height and width
};

/// A network as a list of layers in the order they run.
struct Layers {
  std::vector<Layer> layers;
  int value_count = 1;
  int output = 0;                ///< the value that is the network's output
  std::vector<int> input_shape;  ///< as the file states it; 0 where a side is free
};

/// Turns the nodes that `output` needs into layers: batch normalisation is folded into the convolution before it,
/// activations and residual additions are fused into it, names become numbers, weights are packed.
///
/// Raises: kUnsupportedOperator naming the first operator that is not ours, kInvalidModel on a graph that is not sound
///   (an undefined name, a cycle, missing or wrongly shaped weights).
Layers build_layers(OnnxGraph graph, const std::string& input, const std::string& output);

}  // namespace cytodrop
