#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cytodrop {

enum class Activation { kNone, kRelu };

struct DenseLayout {
  std::string name;
  int inputs = 0;
  int outputs = 0;
  Activation activation = Activation::kNone;
};

enum class HeadOutput { kSoftmax, kSigmoid };

/// Shape of a head: dense layers after global average pooling; the last one gives the logits.
struct HeadLayout {
  std::vector<DenseLayout> layers;
  HeadOutput output = HeadOutput::kSoftmax;

  int logit_count() const { return layers.empty() ? 0 : layers.back().outputs; }
  /// A sigmoid head has one logit for two classes.
  int class_count() const { return output == HeadOutput::kSigmoid ? 2 : logit_count(); }
};

/// One dense layer, its weights packed so that a run goes along outputs: packed[input][outputs padded to 4].
struct DenseLayer {
  DenseLayout layout;
  std::vector<float> packed;
  std::vector<float> bias;  ///< padded to 4

  int padded_outputs() const { return (layout.outputs + 3) / 4 * 4; }
  float weight(int output, int input) const {
    return packed[static_cast<std::size_t>(input) * static_cast<std::size_t>(padded_outputs()) +
                  static_cast<std::size_t>(output)];
  }
};

/// Features of one cell, D × h × w float32, contiguous. Not owned.
struct FeatureView {
  const float* data = nullptr;
  int channels = 0;
  int height = 0;
  int width = 0;

  std::size_t positions() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
};

struct HeadResult {
  std::vector<float> logits;
  /// classes × h × w: the contribution of each position to the class's logit; its mean over the positions is the logit
  /// less what does not depend on the features (for one dense layer: less the bias).
  std::vector<float> maps;
  /// The pooled features: D values, each the mean of its channel.
  std::vector<float> embedding;
};

/// Classifies pooled features with dense layers and explains each class in closed form.
class Head {
 public:
  Head() = default;

  /// Takes the weights of `layout` from a safetensors file: '<layer>.weight' [outputs, inputs] and '<layer>.bias'.
  ///
  /// Raises: kInvalidModel when a tensor is missing, has another shape or type, or holds a value that is not finite.
  Head(HeadLayout layout, std::span<const std::uint8_t> safetensors);

  const HeadLayout& layout() const { return layout_; }

  /// Runs the head on one cell.
  ///
  /// The map of a class is the gradient of its logit by the pooled features, applied to the features of each position:
  /// the class activation map where there is one layer. For a sigmoid head the map of class 0 is that of class 1 negated.
  ///
  /// Raises: kInvalidArgument when the features have another number of channels or a value that is not finite.
  /// Source: Zhou et al. 2016, "Learning deep features for discriminative localization"; Selvaraju et al. 2017 (Grad-CAM)
  ///   without its final ReLU.
  HeadResult run(const FeatureView& features) const;

 private:
  HeadLayout layout_;
  std::vector<DenseLayer> layers_;
};

/// Mean over the positions of each channel: D values.
std::vector<float> global_average_pool(const FeatureView& features);

/// out[o] = bias[o] + Σ weight[o, i] · in[i], each sum in input order; activation not applied.
std::vector<float> dense(const DenseLayer& layer, std::span<const float> in);

/// The plain twin of `dense`.
std::vector<float> dense_plain(const DenseLayer& layer, std::span<const float> in);

}  // namespace cytodrop
