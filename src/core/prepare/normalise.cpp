#include "core/prepare/normalise.h"

#include "core/simd.h"

namespace cytodrop {

void normalise(std::span<const float> lanes, int channels, const std::array<float, 3>& mean,
               const std::array<float, 3>& std, std::span<float> planes) {
  const std::size_t pixels = lanes.size() / 4;
  const Float4 mean4 = {mean[0], mean[1], mean[2], 0};
  const Float4 std4 = {std[0], std[1], std[2], 1};
  std::size_t i = 0;
  for (; i + 4 <= pixels; i += 4) {
    const Float4 a = (load4(&lanes[4 * i]) - mean4) / std4;
    const Float4 b = (load4(&lanes[4 * i + 4]) - mean4) / std4;
    const Float4 c = (load4(&lanes[4 * i + 8]) - mean4) / std4;
    const Float4 d = (load4(&lanes[4 * i + 12]) - mean4) / std4;
    for (int channel = 0; channel < channels; ++channel) {
      store4(&planes[static_cast<std::size_t>(channel) * pixels + i],
             Float4{a[channel], b[channel], c[channel], d[channel]});
    }
  }
  for (; i < pixels; ++i) {
    const Float4 a = (load4(&lanes[4 * i]) - mean4) / std4;
    for (int channel = 0; channel < channels; ++channel) {
      planes[static_cast<std::size_t>(channel) * pixels + i] = a[channel];
    }
  }
}

void normalise_plain(std::span<const float> lanes, int channels, const std::array<float, 3>& mean,
                     const std::array<float, 3>& std, std::span<float> planes) {
  const std::size_t pixels = lanes.size() / 4;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels); ++channel) {
      planes[channel * pixels + i] = (lanes[4 * i + channel] - mean[channel]) / std[channel];
    }
  }
}

}  // namespace cytodrop
