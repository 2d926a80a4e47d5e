#include "core/network/layers.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/network/attributes.h"
#include "core/network/kernels.h"
#include "core/network/refuse.h"

namespace cytodrop {
namespace {

using namespace refuse;

Window window_of(const OnnxNode& node, int height, int width) {
  const auto strides = integers_of(node, "strides", 2, 1), dilations = integers_of(node, "dilations", 2, 1);
  const auto pads = integers_of(node, "pads", 4, 0);
  Window window{.height = height, .width = width, .stride_y = strides[0], .stride_x = strides[1],
                .dilation_y = dilations[0], .dilation_x = dilations[1],
                .top = pads[0], .left = pads[1], .bottom = pads[2], .right = pads[3]};
  for (const int size : {height, width, window.stride_y, window.stride_x, window.dilation_y, window.dilation_x}) {
    if (size < 1 || size > 4'096) invalid(node.type + " has an impossible kernel, stride or dilation");
  }
  if (const auto found = node.attributes.find("auto_pad"); found != node.attributes.end() && found->second.text != "NOTSET") {
    const std::string& text = found->second.text;
    if (text != "VALID" && text != "SAME_UPPER" && text != "SAME_LOWER") invalid("auto_pad is " + text);
    window.top = window.left = window.bottom = window.right = 0;
    window.auto_pad = text == "VALID" ? AutoPad::kNone : text == "SAME_UPPER" ? AutoPad::kSameUpper : AutoPad::kSameLower;
  }
  return window;
}

/// Builds the layers of one graph, node by node, in the file's order.
class Builder {
 public:
  Builder(OnnxGraph graph, const std::string& input, const std::string& output) : graph_(std::move(graph)) {
    const auto found = graph_.inputs.find(input);
    if (found == graph_.inputs.end() || graph_.constants.contains(input)) invalid("it has no input " + input);
    result_.input_shape = found->second;
    values_[input] = 0;
    const std::vector<const OnnxNode*> needed = needed_nodes(output);
    for (const OnnxNode* node : needed) add(*node);
    result_.output = value(output, "the network");
    finish();
  }

  Layers take() { return std::move(result_); }

 private:
  /// The nodes that `output` depends on, in order, while counting how often each name is read.
  ///
  /// ONNX lists nodes after those they read: one pass from the end finds them, and a cycle shows as an undefined name.
  std::vector<const OnnxNode*> needed_nodes(const std::string& output) {
    std::vector<const OnnxNode*> needed;
    uses_[output] = 1;
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (std::none_of(node->outputs.begin(), node->outputs.end(), [&](const auto& name) { return uses_.contains(name); })) continue;
      for (const std::string& name : node->inputs) ++uses_[name];
      needed.push_back(&*node);
    }
    std::reverse(needed.begin(), needed.end());
    return needed;
  }

  void add(const OnnxNode& node) {
    if (node.outputs.empty()) invalid(node.type + " has no output");
    if (values_.contains(node.outputs[0]) || node.outputs[0].empty()) invalid("the name " + node.outputs[0] + " is given twice");
    const std::string& type = node.type;
    if (type == "Conv") return add_convolution(node);
    if (type == "BatchNormalization") return add_batch_normalisation(node);
    if (type == "Gemm") return add_gemm(node);
    if (type == "Add") return add_sum(node);
    if (type == "Mul") return add_product(node);
    if (type == "Clip") return add_activation(node, clip_of(node));
    if (type == "Relu") return add_activation(node, {.low = 0});
    if (type == "Sigmoid") return add_activation(node, {.kind = NonlinearityKind::kSigmoid});
    if (type == "HardSwish") return add_activation(node, {.kind = NonlinearityKind::kHardSwish});
    if (type == "HardSigmoid") {
      return add_activation(node, {.kind = NonlinearityKind::kHardSigmoid, .slope = number_of(node, "alpha", 0.2f),
                                   .offset = number_of(node, "beta", 0.5f)});
    }
    if (type == "GlobalAveragePool" || type == "ReduceMean") return add_mean(node);
    if (type == "MaxPool") return add_max_pool(node);
    if (type == "Concat") return add_concatenation(node);
    if (type == "Flatten" || type == "Reshape") return add_reshape(node);
    if (type == "DepthToSpace") return add_depth_to_space(node);
    if (type == "Identity") return name_value(node, value(input_name(node, 0), node.type));
    if (type == "Constant") return add_constant(node);
    if (type == "Cast") return add_cast(node);
    unsupported(type.empty() ? "one without a name" : type);
  }

  const std::string& input_name(const OnnxNode& node, std::size_t index) const {
    if (index >= node.inputs.size()) invalid(node.type + " has too few inputs");
    return node.inputs[index];
  }

  bool has_input(const OnnxNode& node, std::size_t index) const {
    return index < node.inputs.size() && !node.inputs[index].empty();
  }

  int value(const std::string& name, const std::string& reader) const {
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    if (graph_.constants.contains(name)) unsupported(reader + " with a constant operand");
    invalid(reader + " reads " + name + ", which nothing before it gives");
  }

  const OnnxTensor& constant(const OnnxNode& node, std::size_t index) {
    const auto found = graph_.constants.find(input_name(node, index));
    if (found == graph_.constants.end()) {
      if (values_.contains(node.inputs[index])) unsupported(node.type + " whose weights are computed");
      invalid(node.type + " misses its constant " + node.inputs[index]);
    }
    // Layers copy their weights: many that read one large constant would ask for far more memory than the file's size.
    constexpr std::size_t kMaxFloats = 100'000'000;
    read_floats_ += found->second.floats.size();
    if (read_floats_ > kMaxFloats) too_large("it has too many weights");
    return found->second;
  }

  const std::vector<float>& floats(const OnnxNode& node, std::size_t index, std::size_t count) {
    const OnnxTensor& tensor = constant(node, index);
    if (tensor.floats.size() != count) invalid(node.type + " has a constant of the wrong size or type");
    return tensor.floats;
  }

  void name_value(const OnnxNode& node, int id) { values_[node.outputs[0]] = id; }

  /// Gives a value the name of what was fused into its maker; the name before has no reader left.
  void rename_value(const std::string& before, const OnnxNode& node) {
    const int id = values_.at(before);
    values_.erase(before);
    name_value(node, id);
  }

  /// Appends a layer that makes the node's first output.
  void append(const OnnxNode& node, Layer layer) {
    layer.output = result_.value_count++;
    name_value(node, layer.output);
    result_.layers.push_back(std::move(layer));
  }

  /// The layer that makes a value; null for the network's input.
  Layer* maker(int id) {
    const auto found = std::find_if(result_.layers.rbegin(), result_.layers.rend(), [&](const Layer& layer) { return layer.output == id; });
    return found == result_.layers.rend() ? nullptr : &*found;
  }

  /// The convolution that makes a value which only `uses` places read, so that more can be fused into it; else null.
  Layer* convolution_of(const std::string& name, int uses = 1) {
    if (uses_.at(name) != uses) return nullptr;
    const auto found = values_.find(name);
    Layer* layer = found == values_.end() ? nullptr : maker(found->second);
    // An Identity lets two names stand for one value: whoever reads the other name must not see what is fused.
    if (!layer || layer->kind != LayerKind::kConvolution) return nullptr;
    const auto is_it = [&](const auto& entry) { return entry.second == layer->output; };
    return std::count_if(values_.begin(), values_.end(), is_it) == 1 ? layer : nullptr;
  }

  void add_convolution(const OnnxNode& node) {
    const OnnxTensor& weights = constant(node, 1);
    if (weights.dims.size() != 4) unsupported("Conv over another number of dimensions than two");
    const int outputs = weights.dims[0], depth = weights.dims[1];
    const int groups = small(integer_of(node, "group", 1), node);
    if (outputs < 1 || depth < 1 || groups < 1) invalid("Conv has weights of an impossible shape");
    const bool depthwise = groups > 1;
    if (depthwise && (depth != 1 || outputs != groups)) unsupported("Conv in " + std::to_string(groups) + " groups");
    if (integers_of(node, "kernel_shape", 2, 0) != std::vector<int>{weights.dims[2], weights.dims[3]} &&
        node.attributes.contains("kernel_shape")) {
      invalid("Conv has weights of another size than its kernel");
    }
    Convolution convolution{.inputs = depthwise ? groups : depth, .outputs = outputs, .depthwise = depthwise,
                            .window = window_of(node, weights.dims[2], weights.dims[3]), .weights = weights.floats};
    if (weights.floats.empty()) invalid("Conv has weights that are not floats");
    const auto biases = static_cast<std::size_t>(outputs);
    convolution.bias = has_input(node, 2) ? floats(node, 2, biases) : std::vector<float>(biases);
    append(node, {.kind = LayerKind::kConvolution, .inputs = {value(node.inputs[0], "Conv")}, .convolution = std::move(convolution)});
  }

  void add_batch_normalisation(const OnnxNode& node) {
    const auto channels = constant(node, 1).floats.size();
    if (channels == 0 || channels > 65'536) invalid("BatchNormalization has no scale");
    const auto &scale = floats(node, 1, channels), &shift = floats(node, 2, channels);
    const auto &mean = floats(node, 3, channels), &variance = floats(node, 4, channels);
    const float epsilon = number_of(node, "epsilon", 1e-5f);
    Layer* layer = convolution_of(input_name(node, 0));
    if (layer && layer->residual < 0 && layer->convolution.activation.is_none()) {
      rename_value(node.inputs[0], node);
    } else {
      // On its own it is a depthwise convolution of one tap.
      const int count = static_cast<int>(channels);
      Convolution one_tap{.inputs = count, .outputs = count, .depthwise = true, .window = {},
                          .weights = std::vector<float>(channels, 1.0f), .packed = {}, .bias = std::vector<float>(channels)};
      append(node, {.kind = LayerKind::kConvolution, .inputs = {value(node.inputs[0], node.type)}, .convolution = std::move(one_tap)});
      layer = &result_.layers.back();
    }
    Convolution& convolution = layer->convolution;
    if (static_cast<std::size_t>(convolution.outputs) != channels) invalid("BatchNormalization has another number of channels than its input");
    const std::size_t depth = convolution.weights.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const float factor = scale[c] / std::sqrt(variance[c] + epsilon);
      for (std::size_t i = 0; i < depth; ++i) convolution.weights[c * depth + i] *= factor;
      convolution.bias[c] = (convolution.bias[c] - mean[c]) * factor + shift[c];
    }
  }

  /// A matrix product is a convolution of one tap over one pixel.
  void add_gemm(const OnnxNode& node) {
    const OnnxTensor& weights = constant(node, 1);
    if (integer_of(node, "transA", 0) != 0) unsupported("Gemm with transA");
    if (weights.dims.size() != 2 || weights.floats.empty()) invalid("Gemm has weights of an impossible shape");
    const bool transposed = integer_of(node, "transB", 0) != 0;
    const int outputs = weights.dims[transposed ? 0 : 1], inputs = weights.dims[transposed ? 1 : 0];
    const float alpha = number_of(node, "alpha", 1), beta = number_of(node, "beta", 1);
    const auto rows = static_cast<std::size_t>(outputs), columns = static_cast<std::size_t>(inputs);
    Convolution convolution{.inputs = inputs, .outputs = outputs, .depthwise = false, .window = {}, .weights = weights.floats,
                            .packed = {}, .bias = std::vector<float>(rows)};
    for (std::size_t o = 0; o < rows; ++o) {
      for (std::size_t i = 0; i < columns; ++i) {
        convolution.weights[o * columns + i] = alpha * weights.floats[transposed ? o * columns + i : i * rows + o];
      }
    }
    if (has_input(node, 2)) {
      const OnnxTensor& bias = constant(node, 2);
      if (bias.floats.size() != 1 && (bias.floats.size() != rows || bias.dims.back() != outputs)) unsupported("Gemm with a matrix added");
      for (std::size_t o = 0; o < rows; ++o) convolution.bias[o] = beta * bias.floats[bias.floats.size() == 1 ? 0 : o];
    }
    append(node, {.kind = LayerKind::kConvolution, .inputs = {value(node.inputs[0], "Gemm")}, .convolution = std::move(convolution)});
  }

  void add_sum(const OnnxNode& node) {
    const int a = value(input_name(node, 0), "Add"), b = value(input_name(node, 1), "Add");
    Layer *of_a = convolution_of(node.inputs[0]), *of_b = convolution_of(node.inputs[1]);
    // The later of two convolutions: what it adds must be there before it.
    Layer* layer = std::max(of_a, of_b);
    if (!layer || layer->residual >= 0) return append(node, {.kind = LayerKind::kAdd, .inputs = {a, b}});
    layer->residual = layer == of_a ? b : a;
    rename_value(node.inputs[layer == of_a ? 0 : 1], node);
    std::rotate(layer, layer + 1, result_.layers.data() + result_.layers.size());
  }

  void add_product(const OnnxNode& node) {
    const int a = value(input_name(node, 0), "Mul"), b = value(input_name(node, 1), "Mul");
    // x · sigmoid(x) is SiLU and x · hard_sigmoid(x) is HardSwish; exporters write both as two nodes.
    for (const bool swapped : {false, true}) {
      const std::string &name = node.inputs[swapped ? 1 : 0], &gate_name = node.inputs[swapped ? 0 : 1];
      const int of = swapped ? b : a, gate = swapped ? a : b;
      Layer* layer = maker(gate);
      if (!layer || layer->kind != LayerKind::kActivation || layer->inputs[0] != of || uses_.at(gate_name) != 1) continue;
      Nonlinearity& activation = layer->activation;
      if (activation.kind == NonlinearityKind::kSigmoid) {
        activation = {.kind = NonlinearityKind::kSilu};
      } else if (activation.kind == NonlinearityKind::kHardSigmoid && std::abs(activation.slope - 1.0f / 6.0f) < 1e-6f && activation.offset == 0.5f) {
        activation = {.kind = NonlinearityKind::kHardSwish};
      } else {
        continue;
      }
      Layer* convolution = convolution_of(name, 2);
      if (!convolution || !fuse(*convolution, activation)) return rename_value(gate_name, node);
      result_.layers.erase(result_.layers.begin() + (layer - result_.layers.data()));
      values_.erase(gate_name);
      return rename_value(name, node);
    }
    append(node, {.kind = LayerKind::kMultiply, .inputs = {a, b}});
  }

  Nonlinearity clip_of(const OnnxNode& node) {
    Nonlinearity clamp{};
    clamp.low = has_input(node, 1) ? floats(node, 1, 1)[0] : number_of(node, "min", clamp.low);
    clamp.high = has_input(node, 2) ? floats(node, 2, 1)[0] : number_of(node, "max", clamp.high);
    return clamp;
  }

  /// Hands an activation to a convolution; false where it has one at that place already.
  static bool fuse(Layer& layer, const Nonlinearity& activation) {
    Nonlinearity& place = layer.residual >= 0 ? layer.convolution.after : layer.convolution.activation;
    if (!place.is_none()) return false;
    place = activation;
    return true;
  }

  void add_activation(const OnnxNode& node, const Nonlinearity& activation) {
    const int in = value(input_name(node, 0), node.type);
    Layer* convolution = convolution_of(node.inputs[0]);
    if (convolution && fuse(*convolution, activation)) return rename_value(node.inputs[0], node);
    append(node, {.kind = LayerKind::kActivation, .inputs = {in}, .activation = activation});
  }

  void add_mean(const OnnxNode& node) {
    bool flat = false;
    if (node.type == "ReduceMean") {
      std::vector<std::int64_t> axes;
      if (const auto found = node.attributes.find("axes"); found != node.attributes.end()) axes = found->second.integers;
      if (has_input(node, 1)) axes = constant(node, 1).integers;
      for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
      if (std::set(axes.begin(), axes.end()) != std::set<std::int64_t>{2, 3}) unsupported("ReduceMean over other axes than height and width");
      flat = integer_of(node, "keepdims", 1) == 0;
    }
    append(node, {.kind = LayerKind::kMean, .inputs = {value(input_name(node, 0), node.type)}, .flat = flat});
  }

  void add_max_pool(const OnnxNode& node) {
    if (integer_of(node, "ceil_mode", 0) != 0) unsupported("MaxPool with ceil_mode");
    if (node.outputs.size() > 1) unsupported("MaxPool with indices");
    const auto kernel = integers_of(node, "kernel_shape", 2, 0);
    append(node, {.kind = LayerKind::kMaxPool, .inputs = {value(input_name(node, 0), node.type)},
                  .window = window_of(node, kernel[0], kernel[1])});
  }

  void add_concatenation(const OnnxNode& node) {
    const std::int64_t axis = integer_of(node, "axis", 1);
    if (axis != 1 && axis != -3) unsupported("Concat along another axis than the channels");
    Layer layer{.kind = LayerKind::kConcatenate};
    for (const std::string& name : node.inputs) layer.inputs.push_back(value(name, node.type));
    if (layer.inputs.empty()) invalid("Concat has no input");
    append(node, std::move(layer));
  }

  void add_reshape(const OnnxNode& node) {
    Layer layer{.kind = LayerKind::kReshape, .inputs = {value(input_name(node, 0), node.type)}, .shape = {0, -1}};
    if (node.type == "Flatten") {
      if (integer_of(node, "axis", 1) != 1) unsupported("Flatten along another axis than the first");
    } else {
      layer.shape = constant(node, 1).integers;
      if (integer_of(node, "allowzero", 0) != 0 || (layer.shape.size() != 2 && layer.shape.size() != 4)) {
        unsupported("Reshape to another number of dimensions than two or four");
      }
    }
    append(node, std::move(layer));
  }

  void add_depth_to_space(const OnnxNode& node) {
    const std::int64_t block = integer_of(node, "blocksize", 0);
    // The other order of channels, which is the default, is TensorFlow's.
    const auto mode = node.attributes.find("mode");
    if (mode == node.attributes.end() || mode->second.text != "CRD") unsupported("DepthToSpace in another mode than CRD");
    if (block < 1 || block > 64) invalid("DepthToSpace with a blocksize of " + std::to_string(block));
    append(node, {.kind = LayerKind::kDepthToSpace, .inputs = {value(input_name(node, 0), node.type)}, .block = static_cast<int>(block)});
  }

  void add_constant(const OnnxNode& node) {
    const auto found = node.attributes.find("value");
    if (found == node.attributes.end()) unsupported("Constant without a tensor");
    graph_.constants[node.outputs[0]] = found->second.tensor;
  }

  /// Weights stored as float16 stand before a Cast, for which nothing is left to do: the reader has widened them.
  void add_cast(const OnnxNode& node) {
    constexpr int kFloat = 1;
    const bool is_constant = graph_.constants.contains(input_name(node, 0));
    if (!is_constant || constant(node, 0).floats.empty() || integer_of(node, "to", 0) != kFloat) {
      unsupported("Cast of anything but constants to float32");
    }
    graph_.constants[node.outputs[0]] = constant(node, 0);
  }

  /// Lays weights and biases out as the kernels read them, now that nothing is folded into them any more.
  void finish() {
    for (Layer& layer : result_.layers) {
      if (layer.kind != LayerKind::kConvolution) continue;
      Convolution& convolution = layer.convolution;
      convolution.packed = pack_weights(convolution);
      convolution.weights = {};
      convolution.bias.resize(static_cast<std::size_t>(round_up_to_4(convolution.outputs)));
    }
  }

  OnnxGraph graph_;
  std::map<std::string, int> values_;  ///< name → number
  std::map<std::string, int> uses_;    ///< name → how often it is read
  std::size_t read_floats_ = 0;
  Layers result_;
};

}  // namespace

Layers build_layers(OnnxGraph graph, const std::string& input, const std::string& output) {
  return Builder(std::move(graph), input, output).take();
}

}  // namespace cytodrop
