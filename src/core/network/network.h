#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/network/layers.h"
#include "core/network/plan.h"

namespace cytodrop {

/// Values in C order with their shape: N×C×H×W or N×C.
struct Tensor {
  std::vector<float> values;
  std::vector<int> shape;
};

/// A network loaded from an ONNX file, ready to run.
///
/// Equal bits on every machine, in every build and for every batch size: each output is one sum in one order.
class Network {
 public:
  /// Reads, checks, fuses and packs a network; untrusted files are safe.
  ///
  /// Args:
  ///   onnx: the file's bytes; not needed afterwards.
  ///   input, output: names in its graph.
  /// Raises: kUnsupportedOperator naming what another engine has to run, kInvalidModel, kTooLarge.
  Network(std::span<const std::uint8_t> onnx, const std::string& input, const std::string& output);

  /// Runs the network on a batch.
  ///
  /// Memory is asked for when the shape is another one than the time before, else never.
  ///
  /// Args:
  ///   input: the batch in C order.
  ///   shape: of the input, as the file states it; a side that is free in the file may have any size.
  /// Returns: the output, valid until the next run.
  /// Raises: kInvalidArgument when values and shape do not fit each other or the network; otherwise as the constructor.
  const Tensor& run(std::span<const float> input, std::span<const int> shape);

 private:
  friend struct LayerTimer;  // of the benchmark
  void plan_for(std::span<const int> image_shape);
  void run_image(const float* input, float* output);

  Layers layers_;
  Plan plan_;
  std::vector<int> planned_;    ///< channels, height and width that plan_ is for
  std::vector<float> memory_;
  std::vector<Map> maps_;       ///< by value
  std::vector<Map> parts_;      ///< of the concatenation that runs
  Tensor output_;
  void (*before_layer_)(std::size_t) = nullptr;  ///< told every layer's number, and after the last how many there are
};

}  // namespace cytodrop
