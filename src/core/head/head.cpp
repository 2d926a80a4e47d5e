#include "core/head/head.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/head/safetensors.h"
#include "core/simd.h"

namespace cytodrop {
namespace {

constexpr const char* kFileName = "head file";

DenseLayer load_layer(const DenseLayout& layout, const NamedTensors& tensors) {
  const std::vector<float> weight = tensor_values(tensors, kFileName, layout.name + ".weight", {layout.outputs, layout.inputs});
  DenseLayer layer{.layout = layout, .packed = {}, .bias = tensor_values(tensors, kFileName, layout.name + ".bias", {layout.outputs})};
  const auto padded = static_cast<std::size_t>(layer.padded_outputs());
  const auto inputs = static_cast<std::size_t>(layout.inputs);
  layer.bias.resize(padded);
  layer.packed.resize(inputs * padded);
  for (std::size_t o = 0; o < static_cast<std::size_t>(layout.outputs); ++o) {
    for (std::size_t i = 0; i < inputs; ++i) layer.packed[i * padded + o] = weight[o * inputs + i];
  }
  return layer;
}

/// Gradient of one logit by the pooled features: back through the layers, past every ReLU that was open.
std::vector<float> logit_gradient(const std::vector<DenseLayer>& layers,
                                  const std::vector<std::vector<float>>& activations, int logit) {
  std::vector<float> gradient(static_cast<std::size_t>(layers.back().layout.outputs));
  gradient[static_cast<std::size_t>(logit)] = 1;
  for (std::size_t l = layers.size(); l-- > 0;) {
    const DenseLayer& layer = layers[l];
    if (layer.layout.activation == Activation::kRelu) {
      for (std::size_t o = 0; o < gradient.size(); ++o) {
        if (activations[l + 1][o] <= 0) gradient[o] = 0;
      }
    }
    std::vector<float> back(static_cast<std::size_t>(layer.layout.inputs));
    for (int o = 0; o < layer.layout.outputs; ++o) {
      const float g = gradient[static_cast<std::size_t>(o)];
      if (g == 0) continue;
      for (int i = 0; i < layer.layout.inputs; ++i) back[static_cast<std::size_t>(i)] += g * layer.weight(o, i);
    }
    gradient = std::move(back);
  }
  return gradient;
}

void add_map(const FeatureView& features, std::span<const float> gradient, float* map) {
  const std::size_t positions = features.positions();
  for (std::size_t d = 0; d < gradient.size(); ++d) {
    const float* plane = features.data + d * positions;
    for (std::size_t p = 0; p < positions; ++p) map[p] += gradient[d] * plane[p];
  }
}

}  // namespace

std::vector<float> global_average_pool(const FeatureView& features) {
  const std::size_t positions = features.positions();
  std::vector<float> pooled(static_cast<std::size_t>(features.channels));
  for (std::size_t d = 0; d < pooled.size(); ++d) {
    float sum = 0;
    for (std::size_t p = 0; p < positions; ++p) sum += features.data[d * positions + p];
    pooled[d] = sum / static_cast<float>(positions);
  }
  return pooled;
}

std::vector<float> dense(const DenseLayer& layer, std::span<const float> in) {
  const auto padded = static_cast<std::size_t>(layer.padded_outputs());
  std::vector<float> out(padded);
  for (std::size_t o = 0; o < padded; o += 4) {
    Float4 sum = load4(&layer.bias[o]);
    for (std::size_t i = 0; i < in.size(); ++i) sum += load4(&layer.packed[i * padded + o]) * splat4(in[i]);
    store4(&out[o], sum);
  }
  out.resize(static_cast<std::size_t>(layer.layout.outputs));
  return out;
}

std::vector<float> dense_plain(const DenseLayer& layer, std::span<const float> in) {
  std::vector<float> out(static_cast<std::size_t>(layer.layout.outputs));
  for (int o = 0; o < layer.layout.outputs; ++o) {
    float sum = layer.bias[static_cast<std::size_t>(o)];
    for (std::size_t i = 0; i < in.size(); ++i) sum += layer.weight(o, static_cast<int>(i)) * in[i];
    out[static_cast<std::size_t>(o)] = sum;
  }
  return out;
}

Head::Head(HeadLayout layout, std::span<const std::uint8_t> safetensors) : layout_(std::move(layout)) {
  const auto tensors = read_safetensors(safetensors, kFileName);
  for (const DenseLayout& layer : layout_.layers) layers_.push_back(load_layer(layer, tensors));
}

HeadResult Head::run(const FeatureView& features) const {
  if (layers_.empty()) throw Error(ErrorCode::kModelNotLoaded, "the head has no layers");
  const int wanted = layers_.front().layout.inputs;
  if (features.channels != wanted || features.positions() == 0) {
    throw Error(ErrorCode::kInvalidArgument, "the head needs features of " + std::to_string(wanted) +
                                                 " channels, not of " + std::to_string(features.channels));
  }
  std::vector<std::vector<float>> activations{global_average_pool(features)};
  if (!std::all_of(activations[0].begin(), activations[0].end(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "the network gave features that are not finite");
  }
  for (const DenseLayer& layer : layers_) {
    std::vector<float> out = dense(layer, activations.back());
    if (layer.layout.activation == Activation::kRelu) {
      for (float& v : out) v = std::max(v, 0.0f);
    }
    activations.push_back(std::move(out));
  }

  HeadResult result{.logits = activations.back(), .maps = {}, .embedding = activations.front()};
  const std::size_t positions = features.positions();
  result.maps.resize(static_cast<std::size_t>(layout_.class_count()) * positions);
  if (layout_.output == HeadOutput::kSigmoid) {
    add_map(features, logit_gradient(layers_, activations, 0), &result.maps[positions]);
    for (std::size_t p = 0; p < positions; ++p) result.maps[p] = -result.maps[positions + p];
  } else {
    for (int c = 0; c < layout_.class_count(); ++c) {
      add_map(features, logit_gradient(layers_, activations, c), &result.maps[static_cast<std::size_t>(c) * positions]);
    }
  }
  return result;
}

}  // namespace cytodrop
