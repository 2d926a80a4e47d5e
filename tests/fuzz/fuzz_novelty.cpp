#include <array>
#include <cmath>

#include "core/judge/novelty.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    using namespace cytodrop;
    const std::array<float, 3> embedding{1, -2, 3e38f};
    const double distance = Novelty({.features = 3, .dimensions = 2, .classes = 2}, file).distance(embedding, Measures{});
    if (!(distance >= 0) || std::isinf(distance)) __builtin_trap();
  });
}
