#include <array>

#include "core/head/head.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    using namespace cytodrop;
    const HeadLayout layout{.layers = {{.name = "a", .inputs = 3, .outputs = 2, .activation = Activation::kRelu},
                                       {.name = "b", .inputs = 2, .outputs = 3}}};
    const std::array<float, 6> features{1, -2, 3, 0.5f, 0, -1};
    if (Head(layout, file).run({.data = features.data(), .channels = 3, .height = 1, .width = 2}).logits.size() != 3) __builtin_trap();
  });
}
