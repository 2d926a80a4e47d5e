#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cytodrop {

/// Numbers drawn by lot, the same everywhere: SplitMix64 (Steele et al. 2014).
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// From 0 to below `count`; of 2^53 steps, so that for any count of cells the shares are even to 1 in 10^9.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(static_cast<double>(next() >> 11) * 0x1p-53 * static_cast<double>(count)); }

  /// Puts values into a drawn order (Fisher and Yates 1938).
  template <typename Value>
  void shuffle(std::vector<Value>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace cytodrop
