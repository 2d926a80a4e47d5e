#include "core/network/plan.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

#include "core/network/refuse.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxFloats = 100'000'000;            ///< of one value and of all memory
constexpr int kMostSide = 1'000'000;
constexpr std::uint64_t kMaxSteps = 200'000'000'000;  ///< for one image: a minute at most

using namespace refuse;

/// One direction of a window over `size` pixels: how many outputs, and the zeros before and after that they reach.
struct Reach {
  int count;
  int before;
  int after;
};

Reach reach(AutoPad auto_pad, int size, int kernel, int stride, int dilation, int before, int after) {
  const std::int64_t extent = static_cast<std::int64_t>(kernel - 1) * dilation + 1;
  std::int64_t count;
  if (auto_pad == AutoPad::kNone) {
    if (size + before + after < extent) invalid("a kernel is larger than its input");
    count = (size + before + after - extent) / stride + 1;
  } else {
    count = (size + stride - 1) / stride;
    const std::int64_t all = std::max<std::int64_t>((count - 1) * stride + extent - size, 0);
    before = static_cast<int>((all + (auto_pad == AutoPad::kSameLower ? 1 : 0)) / 2);
  }
  const std::int64_t past = (count - 1) * stride + extent - before - size;
  return {static_cast<int>(count), before, static_cast<int>(std::max<std::int64_t>(past, 0))};
}

class Planner {
 public:
  Planner(const Layers& layers, std::span<const int> shape) : layers_(layers) {
    plan_.values.resize(static_cast<std::size_t>(layers.value_count));
    set(0, {.channels = shape[0], .height = shape[1], .width = shape[2], .flat = layers.input_shape.size() == 2});
    for (const Layer& layer : layers.layers) {
      plan_.corners.emplace_back();
      infer(layer);
    }
    place();
  }

  Plan take() { return std::move(plan_); }

 private:
  Placement& value(int id) { return plan_.values[static_cast<std::size_t>(id)]; }
  const Shape& shape(int id) { return value(id).shape; }

  /// States the shape of a value whose numbers are each made of `taps` others.
  void set(int id, const Shape& shape, std::uint64_t taps = 1) {
    const auto pixels = static_cast<std::uint64_t>(shape.height) * static_cast<std::uint64_t>(shape.width);
    const std::uint64_t floats = pixels * static_cast<std::uint64_t>(shape.channels);
    plan_.steps += floats * taps;
    if (pixels > kMaxFloats || floats > kMaxFloats) too_large("its values take too much memory");
    if (plan_.steps > kMaxSteps) too_large("it takes too much time");
    value(id) = {.shape = shape, .pixel_stride = round_up_to_4(shape.channels)};
  }

  /// The shape of what a window makes; its input's frame grows to what the window reaches where `framed`.
  Shape slide(const Window& window, int from, bool framed) {
    Placement& in = value(from);
    const Reach y = reach(window.auto_pad, in.shape.height, window.height, window.stride_y, window.dilation_y, window.top, window.bottom);
    const Reach x = reach(window.auto_pad, in.shape.width, window.width, window.stride_x, window.dilation_x, window.left, window.right);
    if (framed) {
      in.top = std::max(in.top, y.before);
      in.left = std::max(in.left, x.before);
      in.bottom = std::max(in.bottom, y.after);
      in.right = std::max(in.right, x.after);
    }
    plan_.corners.back() = {.top = y.before, .left = x.before};
    return {.channels = in.shape.channels, .height = y.count, .width = x.count, .flat = in.shape.flat};
  }

  void infer(const Layer& layer) {
    const Shape in = shape(layer.inputs[0]);
    switch (layer.kind) {
      case LayerKind::kConvolution: return infer_convolution(layer);
      case LayerKind::kActivation: return set(layer.output, in);
      case LayerKind::kAdd:
        if (in != shape(layer.inputs[1])) unsupported("Add of different shapes");
        return set(layer.output, in);
      case LayerKind::kMultiply: {
        const Shape other = shape(layer.inputs[1]);
        const auto is_gate = [&](const Shape& gate) {
          return gate.height == 1 && gate.width == 1 && in.channels == other.channels && !in.flat && !other.flat;
        };
        if (!is_gate(in) && !is_gate(other) && in != other) unsupported("Mul of shapes that are neither the same nor a gate");
        return set(layer.output, is_gate(in) ? other : in);
      }
      case LayerKind::kMean:
        if (in.flat) unsupported("a mean over a list");
        return set(layer.output, {.channels = in.channels, .height = 1, .width = 1, .flat = layer.flat});
      case LayerKind::kMaxPool:
        if (in.flat) unsupported("MaxPool of a list");
        return set(layer.output, slide(layer.window, layer.inputs[0], false), layer.window.taps());
      case LayerKind::kConcatenate: {
        Shape whole = in;
        whole.channels = 0;
        for (const int id : layer.inputs) {
          const Shape& part = shape(id);
          if (part.height != in.height || part.width != in.width || part.flat != in.flat) invalid("Concat of different sizes");
          whole.channels += part.channels;
          if (whole.channels > 1'000'000) too_large("its values take too much memory");
        }
        return set(layer.output, whole);
      }
      case LayerKind::kDepthToSpace: {
        if (in.flat || in.channels % (layer.block * layer.block) != 0) invalid("DepthToSpace of " + std::to_string(in.channels) + " channels to squares of " + std::to_string(layer.block));
        if (in.height > kMostSide / layer.block || in.width > kMostSide / layer.block) too_large("its values take too much memory");
        return set(layer.output, {.channels = in.channels / (layer.block * layer.block), .height = in.height * layer.block, .width = in.width * layer.block});
      }
      case LayerKind::kReshape: return set(layer.output, reshaped(layer.shape, in));
    }
  }

  void infer_convolution(const Layer& layer) {
    const Convolution& convolution = layer.convolution;
    const int channels = shape(layer.inputs[0]).channels;
    if (channels != convolution.inputs) {
      invalid("a convolution takes " + std::to_string(convolution.inputs) + " channels and gets " + std::to_string(channels));
    }
    Shape out = slide(convolution.window, layer.inputs[0], true);
    out.channels = convolution.outputs;
    set(layer.output, out, convolution.window.taps() * static_cast<std::uint64_t>(convolution.inputs_per_output()));
    if (layer.residual >= 0 && shape(layer.residual) != out) unsupported("Add of different shapes");
  }

  /// Source: ONNX operator Reshape; the first side is the batch, of which a run sees one image at a time.
  static Shape reshaped(const std::vector<std::int64_t>& shape, const Shape& in) {
    const std::int64_t all = static_cast<std::int64_t>(in.channels) * in.height * in.width;
    const std::int64_t before[] = {1, in.channels, in.height, in.width};
    std::vector<std::int64_t> sides(shape.begin() + 1, shape.end());
    std::int64_t known = 1, left_open = 0;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      if (sides[i] == 0) sides[i] = before[i + 1];
      if (sides[i] < -1 || sides[i] > all || sides[i] == 0) invalid("Reshape to another number of values");
      if (sides[i] == -1) {
        ++left_open;
      } else {
        known *= sides[i];
      }
      if (known > all) invalid("Reshape to another number of values");
    }
    if (shape[0] > 1 || (shape[0] == -1 && (left_open > 0 || known != all))) unsupported("Reshape across the batch");
    if (left_open > 1 || all % known != 0 || (left_open == 0 && known != all)) invalid("Reshape to another number of values");
    std::replace(sides.begin(), sides.end(), std::int64_t{-1}, all / known);
    const auto side = [&](std::size_t i) { return i < sides.size() ? static_cast<int>(sides[i]) : 1; };
    return {.channels = side(0), .height = side(1), .width = side(2), .flat = sides.size() == 1};
  }

  /// Greedy by size: the largest value first, each at the lowest place where it overlaps none that lives at the same time.
  ///
  /// Source: Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference", section 5.
  void place() {
    const int last = static_cast<int>(layers_.layers.size());
    struct Life {
      int first = -1;
      int last = -1;
    };
    std::vector<Life> lives(plan_.values.size());
    std::vector<bool> only_dense(plan_.values.size(), true);
    const auto live = [&](int id, int layer) {
      Life& life = lives[static_cast<std::size_t>(id)];
      if (life.first < 0) life.first = layer;
      life.last = layer;
    };
    live(0, 0);
    for (int i = 0; i < last; ++i) {
      const Layer& layer = layers_.layers[static_cast<std::size_t>(i)];
      for (const int id : layer.inputs) {
        live(id, i);
        if (layer.kind != LayerKind::kConvolution || layer.convolution.depthwise) only_dense[static_cast<std::size_t>(id)] = false;
      }
      if (layer.residual >= 0) {
        live(layer.residual, i);
        only_dense[static_cast<std::size_t>(layer.residual)] = false;
      }
      live(layer.output, i);
    }
    live(layers_.output, last);
    // What no vector reads or writes needs no padding between its pixels: three channels of colour lie side by side.
    if (only_dense[0]) value(0).pixel_stride = shape(0).channels;

    std::vector<std::size_t> order(plan_.values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t id) { return lives[id].first < 0; });
    for (const std::size_t id : order) {
      const Placement& placement = plan_.values[id];
      const auto height = static_cast<std::uint64_t>(placement.top + placement.shape.height + placement.bottom);
      const auto width = static_cast<std::uint64_t>(placement.left + placement.shape.width + placement.right);
      if (height * width > kMaxFloats || height * width * static_cast<std::uint64_t>(placement.pixel_stride) > kMaxFloats) too_large("its values take too much memory");
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return plan_.values[a].size() > plan_.values[b].size(); });
    std::vector<std::size_t> placed;  // in the order of their offsets
    for (const std::size_t id : order) {
      Placement& mine = plan_.values[id];
      mine.offset = 0;
      for (const std::size_t other : placed) {
        const Placement& theirs = plan_.values[other];
        const bool together = lives[id].first <= lives[other].last && lives[other].first <= lives[id].last;
        if (together && theirs.offset < mine.offset + mine.size()) mine.offset = std::max(mine.offset, theirs.offset + theirs.size());
      }
      const auto after = std::find_if(placed.begin(), placed.end(), [&](std::size_t other) { return plan_.values[other].offset > mine.offset; });
      placed.insert(after, id);
      plan_.memory_floats = std::max(plan_.memory_floats, mine.offset + mine.size());
    }
    if (plan_.memory_floats > kMaxFloats) too_large("its values take too much memory");
  }

  const Layers& layers_;
  Plan plan_;
};

}  // namespace

Map Placement::map(float* memory) const {
  return {.data = memory + offset + static_cast<std::size_t>(top * row_stride() + left * pixel_stride),
          .height = shape.height, .width = shape.width, .channels = shape.channels, .pixel_stride = pixel_stride, .row_stride = row_stride()};
}

Plan make_plan(const Layers& layers, std::span<const int> shape) { return Planner(layers, shape).take(); }

}  // namespace cytodrop
