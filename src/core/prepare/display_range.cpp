#include "core/prepare/display_range.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/simd.h"

namespace cytodrop {
namespace {

/// Whole numbers in the order of the samples.
std::uint32_t key_of(std::uint16_t sample) { return std::uint32_t{sample} << 16; }
std::uint32_t key_of(float sample) {
  const auto bits = bits_as<std::uint32_t>(sample);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
float value_of(std::uint32_t key, std::uint16_t) { return static_cast<float>(key >> 16) / 257.0f; }
float value_of(std::uint32_t key, float) { return bits_as<float>(key >> 31 ? key & 0x7fffffffu : ~key) * 255.0f; }

template <typename Sample, typename Visit>
void each_key(const ImageView& frame, Visit visit) {
  const std::size_t count = static_cast<std::size_t>(frame.width_px) * static_cast<std::size_t>(frame.channels);
  for (int y = 0; y < frame.height_px; ++y) {
    const auto* row = reinterpret_cast<const Sample*>(frame.row(y));
    for (std::size_t i = 0; i < count; ++i) visit(key_of(row[i]));
  }
}

/// The bin in which the sample of that rank lies; takes the samples in lower bins off the rank.
std::uint32_t bin_of(const std::vector<std::uint32_t>& counts, std::uint64_t& rank) {
  std::uint32_t bin = 0;
  while (rank >= counts[bin]) rank -= counts[bin++];
  return bin;
}

/// Two passes over the upper and the lower half of the keys instead of a sorted copy of the frame.
template <typename Sample>
SampleRange percentiles(const ImageView& frame) {
  const std::uint64_t last = static_cast<std::uint64_t>(frame.width_px) * static_cast<std::uint64_t>(frame.height_px) *
                                 static_cast<std::uint64_t>(frame.channels) - 1;
  std::uint64_t low_rank = last / 1000, high_rank = last - last / 1000;
  std::vector<std::uint32_t> counts(65536);
  each_key<Sample>(frame, [&](std::uint32_t key) { ++counts[key >> 16]; });
  const std::uint32_t low_bin = bin_of(counts, low_rank), high_bin = bin_of(counts, high_rank);
  std::uint32_t low = low_bin << 16, high = high_bin << 16;
  if constexpr (sizeof(Sample) > 2) {
    std::vector<std::uint32_t> in_low(65536), in_high(65536);
    each_key<Sample>(frame, [&](std::uint32_t key) {
      if (key >> 16 == low_bin) ++in_low[key & 0xffff];
      if (key >> 16 == high_bin) ++in_high[key & 0xffff];
    });
    low |= bin_of(in_low, low_rank);
    high |= bin_of(in_high, high_rank);
  }
  const SampleRange range{value_of(low, Sample{}), value_of(high, Sample{})};
  return range.high > range.low ? range : SampleRange{};
}

}  // namespace

SampleRange display_range(const ImageView& frame) {
  if (frame.type == SampleType::kUint16) return percentiles<std::uint16_t>(frame);
  if (frame.type == SampleType::kFloat32) return percentiles<float>(frame);
  return {};
}

void stretch(std::span<float> values, const SampleRange& range) {
  const float scale = 255.0f / (range.high - range.low);
  for (float& value : values) value = std::clamp((value - range.low) * scale, 0.0f, 255.0f);
}

}  // namespace cytodrop
