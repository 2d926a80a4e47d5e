#include "core/network/network.h"

#include <algorithm>
#include <utility>

#include "core/network/refuse.h"

namespace cytodrop {
namespace {

std::string text_of(std::span<const int> shape) {
  std::string text;
  for (const int side : shape) text += (text.empty() ? "" : " × ") + (side == 0 ? std::string("any") : std::to_string(side));
  return text;
}

/// Zeros around a map; memory is shared, so that the value there before may have left its own.
void clear_frame(const Placement& placement, float* memory) {
  float* const first = memory + placement.offset;
  const int row = placement.row_stride(), left = placement.left * placement.pixel_stride, right = placement.right * placement.pixel_stride;
  std::fill_n(first, placement.top * row, 0.0f);
  std::fill_n(first + (placement.top + placement.shape.height) * row, placement.bottom * row, 0.0f);
  if (left == 0 && right == 0) return;
  for (int y = placement.top; y < placement.top + placement.shape.height; ++y) {
    std::fill_n(first + y * row, left, 0.0f);
    std::fill_n(first + (y + 1) * row - right, right, 0.0f);
  }
}

}  // namespace

Network::Network(std::span<const std::uint8_t> onnx, const std::string& input, const std::string& output)
    : layers_(build_layers(read_onnx(onnx), input, output)) {
  const std::vector<int>& shape = layers_.input_shape;
  if (shape.size() != 4 && shape.size() != 2) refuse::unsupported("an input of " + std::to_string(shape.size()) + " dimensions instead of two or four");
  // What is wrong is better known now than at the first image.
  if (std::find(shape.begin() + 1, shape.end(), 0) == shape.end()) plan_for(std::span(shape).subspan(1));
}

void Network::plan_for(std::span<const int> image_shape) {
  if (std::equal(image_shape.begin(), image_shape.end(), planned_.begin(), planned_.end())) return;
  const int sides[] = {image_shape[0], image_shape.size() > 1 ? image_shape[1] : 1, image_shape.size() > 1 ? image_shape[2] : 1};
  planned_.clear();
  plan_ = make_plan(layers_, sides);
  memory_.assign(plan_.memory_floats, 0.0f);
  maps_.clear();
  for (const Placement& placement : plan_.values) maps_.push_back(placement.map(memory_.data()));
  planned_.assign(image_shape.begin(), image_shape.end());
}

const Tensor& Network::run(std::span<const float> input, std::span<const int> shape) {
  const std::vector<int>& stated = layers_.input_shape;
  const auto fits = [](int given, int wanted) { return given >= 1 && (wanted == 0 || given == wanted); };
  if (!std::equal(shape.begin(), shape.end(), stated.begin(), stated.end(), fits)) {
    throw Error(ErrorCode::kInvalidArgument, "the network takes " + text_of(stated) + " values, not " + text_of(shape));
  }
  std::uint64_t count = 1;
  for (const int side : shape) {
    count *= static_cast<std::uint64_t>(side);
    if (count > input.size()) break;
  }
  if (count != input.size()) {
    throw Error(ErrorCode::kInvalidArgument, "the input must have as many values as its shape says, not " + std::to_string(input.size()));
  }
  plan_for(shape.subspan(1));

  const auto images = static_cast<std::size_t>(shape[0]);
  const Shape& out = plan_.values[static_cast<std::size_t>(layers_.output)].shape;
  output_.shape.assign({shape[0], out.channels});
  if (!out.flat) output_.shape.insert(output_.shape.end(), {out.height, out.width});
  const std::size_t in_floats = input.size() / images;
  const auto out_floats = static_cast<std::size_t>(out.channels) * static_cast<std::size_t>(out.height * out.width);
  output_.values.resize(images * out_floats);
  for (std::size_t i = 0; i < images; ++i) run_image(input.data() + i * in_floats, output_.values.data() + i * out_floats);
  return output_;
}

void Network::run_image(const float* input, float* output) {
  const auto map = [&](int id) -> const Map& { return maps_[static_cast<std::size_t>(id)]; };
  clear_frame(plan_.values[0], memory_.data());
  from_channels_first(input, maps_[0]);
  for (std::size_t i = 0; i < layers_.layers.size(); ++i) {
    if (before_layer_) before_layer_(i);
    const Layer& layer = layers_.layers[i];
    const Corner corner = plan_.corners[i];
    const Map &in = map(layer.inputs[0]), &out = map(layer.output);
    clear_frame(plan_.values[static_cast<std::size_t>(layer.output)], memory_.data());
    switch (layer.kind) {
      case LayerKind::kConvolution:
        convolve(layer.convolution, in, corner.top, corner.left, layer.residual < 0 ? nullptr : &map(layer.residual), out);
        break;
      case LayerKind::kActivation: activate(layer.activation, in, out); break;
      case LayerKind::kAdd: add(in, map(layer.inputs[1]), out); break;
      case LayerKind::kMultiply: multiply(in, map(layer.inputs[1]), out); break;
      case LayerKind::kMean: mean(in, out); break;
      case LayerKind::kMaxPool: max_pool(layer.window, in, corner.top, corner.left, out); break;
      case LayerKind::kConcatenate:
        parts_.clear();
        for (const int id : layer.inputs) parts_.push_back(map(id));
        concatenate(parts_, out);
        break;
      case LayerKind::kReshape: reshape(in, out); break;
      case LayerKind::kDepthToSpace: depth_to_space(layer.block, in, out); break;
    }
  }
  if (before_layer_) before_layer_(layers_.layers.size());
  to_channels_first(map(layers_.output), output);
}

}  // namespace cytodrop
