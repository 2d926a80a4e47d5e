// The fast kernels without weights: they go over whole maps once.

#include <algorithm>
#include <limits>

#include "core/network/activation.h"
#include "core/network/kernels.h"

namespace cytodrop {
namespace {

/// Runs body(value) for every value, channel by channel, as the border has them.
template <typename Body>
void channels_first(const Map& map, Body body) {
  for (int c = 0; c < map.channels; ++c) {
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) body(map.at(y, x)[c]);
    }
  }
}

}  // namespace

void add(const Map& a, const Map& b, const Map& out) {
  each_channel<4>(out, [&](int y, int x, int c) { store4(out.at(y, x) + c, load4(a.at(y, x) + c) + load4(b.at(y, x) + c)); });
}

void multiply(const Map& a, const Map& b, const Map& out) {
  const auto at = [](const Map& map, int y, int x) { return map.height == 1 && map.width == 1 ? map.data : map.at(y, x); };
  each_channel<4>(out, [&](int y, int x, int c) { store4(out.at(y, x) + c, load4(at(a, y, x) + c) * load4(at(b, y, x) + c)); });
}

void mean(const Map& in, const Map& out) {
  const Float4 count = splat4(static_cast<float>(in.height * in.width));
  for (int c = 0; c < in.channels; c += 4) {
    Float4 sum = splat4(0);
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) sum += load4(in.at(y, x) + c);
    }
    store4(out.data + c, sum / count);
  }
}

void max_pool(const Window& window, const Map& in, int top, int left, const Map& out) {
  each_channel<4>(out, [&](int y, int x, int c) {
    Float4 largest = splat4(-std::numeric_limits<float>::infinity());
    for (int ky = 0; ky < window.height; ++ky) {
      const int in_y = y * window.stride_y + ky * window.dilation_y - top;
      if (in_y < 0 || in_y >= in.height) continue;
      for (int kx = 0; kx < window.width; ++kx) {
        const int in_x = x * window.stride_x + kx * window.dilation_x - left;
        if (in_x >= 0 && in_x < in.width) largest = most(largest, load4(in.at(in_y, in_x) + c));
      }
    }
    store4(out.at(y, x) + c, largest);
  });
}

void concatenate(std::span<const Map> parts, const Map& out) {
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      float* to = out.at(y, x);
      for (const Map& part : parts) to = std::copy_n(part.at(y, x), part.channels, to);
    }
  }
}

void reshape(const Map& in, const Map& out) {
  int to = 0;
  channels_first(in, [&](const float& value) {
    out.at(to / out.width % out.height, to % out.width)[to / out.width / out.height] = value;
    ++to;
  });
}

void depth_to_space(int block, const Map& in, const Map& out) {
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      const float* from = in.at(y, x);
      for (int dy = 0; dy < block; ++dy) {
        for (int dx = 0; dx < block; ++dx) {
          float* to = out.at(y * block + dy, x * block + dx);
          for (int c = 0; c < out.channels; ++c) to[c] = from[(c * block + dy) * block + dx];
        }
      }
    }
  }
}

void from_channels_first(const float* in, const Map& out) {
  channels_first(out, [&](float& value) { value = *in++; });
}

void to_channels_first(const Map& in, float* out) {
  channels_first(in, [&](const float& value) { *out++ = value; });
}

}  // namespace cytodrop
