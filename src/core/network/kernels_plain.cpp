#include <algorithm>
#include <limits>

#include "core/network/activation.h"
#include "core/network/kernels.h"

namespace cytodrop::plain {
namespace {

float activated(const Nonlinearity& activation, float x) {
  switch (activation.kind) {
    case NonlinearityKind::kClamp: return clamp(x, activation.low, activation.high);
    case NonlinearityKind::kSigmoid: return sigmoid(x);
    case NonlinearityKind::kHardSigmoid: return hard_sigmoid(x, activation.slope, activation.offset);
    case NonlinearityKind::kSilu: return silu(x);
    case NonlinearityKind::kHardSwish: return hard_swish(x);
  }
  return x;
}

}  // namespace

void convolve(const Convolution& convolution, const Map& in, int top, int left, const Map* residual, const Map& out) {
  const Window& window = convolution.window;
  const int depth = convolution.inputs_per_output();
  each_channel<1>(out, [&](int y, int x, int output) {
    float sum = convolution.bias[static_cast<std::size_t>(output)];
    for (int ky = 0; ky < window.height; ++ky) {
      for (int kx = 0; kx < window.width; ++kx) {
        const float* pixel = in.at(y * window.stride_y + ky * window.dilation_y - top,
                                   x * window.stride_x + kx * window.dilation_x - left);
        for (int i = 0; i < depth; ++i) {
          const int weight = ((output * depth + i) * window.height + ky) * window.width + kx;
          sum += pixel[convolution.depthwise ? output : i] * convolution.weights[static_cast<std::size_t>(weight)];
        }
      }
    }
    sum = activated(convolution.activation, sum);
    if (residual) sum = activated(convolution.after, sum + residual->at(y, x)[output]);
    out.at(y, x)[output] = sum;
  });
}

void activate(const Nonlinearity& activation, const Map& in, const Map& out) {
  each_channel<1>(out, [&](int y, int x, int c) { out.at(y, x)[c] = activated(activation, in.at(y, x)[c]); });
}

void add(const Map& a, const Map& b, const Map& out) {
  each_channel<1>(out, [&](int y, int x, int c) { out.at(y, x)[c] = a.at(y, x)[c] + b.at(y, x)[c]; });
}

void multiply(const Map& a, const Map& b, const Map& out) {
  const auto at = [](const Map& map, int y, int x) { return map.height == 1 && map.width == 1 ? map.data : map.at(y, x); };
  each_channel<1>(out, [&](int y, int x, int c) { out.at(y, x)[c] = at(a, y, x)[c] * at(b, y, x)[c]; });
}

void mean(const Map& in, const Map& out) {
  for (int c = 0; c < in.channels; ++c) {
    float sum = 0;
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) sum += in.at(y, x)[c];
    }
    out.data[c] = sum / static_cast<float>(in.height * in.width);
  }
}

void max_pool(const Window& window, const Map& in, int top, int left, const Map& out) {
  each_channel<1>(out, [&](int y, int x, int c) {
    float largest = -std::numeric_limits<float>::infinity();
    for (int ky = 0; ky < window.height; ++ky) {
      for (int kx = 0; kx < window.width; ++kx) {
        const int in_y = y * window.stride_y + ky - top, in_x = x * window.stride_x + kx - left;
        if (in_y < 0 || in_y >= in.height || in_x < 0 || in_x >= in.width) continue;
        largest = most(largest, in.at(in_y, in_x)[c]);
      }
    }
    out.at(y, x)[c] = largest;
  });
}

}  // namespace cytodrop::plain
