// Each kernel against its plain twin, bit by bit, at odd sizes.

#include <cstring>
#include <random>

#include "catch.h"
#include "core/network/kernels.h"

using namespace cytodrop;

namespace {

std::mt19937 random_numbers(7);

int any_of(std::initializer_list<int> values) {
  return *(values.begin() + static_cast<std::ptrdiff_t>(random_numbers() % values.size()));
}

std::vector<float> noise(int count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(random_numbers);
  return values;
}

/// A map of noise within a frame of zeros, as a plan would lay it out.
struct TestMap {
  TestMap(int height, int width, int channels, int frame = 0, bool tight = false) {
    map = {.data = nullptr, .height = height, .width = width, .channels = channels,
           .pixel_stride = tight ? channels : round_up_to_4(channels), .row_stride = 0};
    map.row_stride = (width + 2 * frame) * map.pixel_stride;
    memory.resize(static_cast<std::size_t>((height + 2 * frame) * map.row_stride));
    map.data = memory.data() + frame * (map.row_stride + map.pixel_stride);
    from_channels_first(noise(height * width * channels).data(), map);
  }
  TestMap(const TestMap&) = delete;

  std::vector<float> values() const {
    std::vector<float> all(static_cast<std::size_t>(map.height * map.width * map.channels));
    to_channels_first(map, all.data());
    return all;
  }

  std::vector<float> memory;
  Map map;
};

void require_equal_bits(const TestMap& fast, const TestMap& plain) {
  const auto a = fast.values(), b = plain.values();
  REQUIRE(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

Nonlinearity any_nonlinearity() {
  switch (random_numbers() % 6) {
    case 0: return {.low = 0, .high = 6};
    case 1: return {.kind = NonlinearityKind::kSigmoid};
    case 2: return {.kind = NonlinearityKind::kHardSigmoid, .slope = 0.2f, .offset = 0.5f};
    case 3: return {.kind = NonlinearityKind::kSilu};
    case 4: return {.kind = NonlinearityKind::kHardSwish};
    default: return {};
  }
}

void check_convolution(Convolution convolution, int out_height, int out_width, bool tight, bool framed = true) {
  const Window& window = convolution.window;
  const int padding = framed ? any_of({0, 1, 2, 3}) : 0;
  const int in_height = std::max(1, (out_height - 1) * window.stride_y + (window.height - 1) * window.dilation_y + 1 - 2 * padding);
  const int in_width = std::max(1, (out_width - 1) * window.stride_x + (window.width - 1) * window.dilation_x + 1 - 2 * padding);
  INFO((convolution.depthwise ? "depthwise " : "dense ") << window.height << "×" << window.width << " stride " << window.stride_x << ", "
       << convolution.inputs << " → " << convolution.outputs << " channels, " << out_height << " × " << out_width << " pixels, frame " << padding);
  // Wide enough also where the input had to be larger than the padding would leave it.
  const int frame = padding + (window.height - 1) * window.dilation_y + (window.width - 1) * window.dilation_x;
  const TestMap in(in_height, in_width, convolution.inputs, frame, tight), residual(out_height, out_width, convolution.outputs, framed ? 1 : 0);
  convolution.weights = noise(convolution.outputs * convolution.inputs_per_output() * window.height * window.width);
  convolution.bias = noise(round_up_to_4(convolution.outputs));
  convolution.activation = any_nonlinearity();
  convolution.after = any_nonlinearity();
  convolution.packed = pack_weights(convolution);
  for (const Map* added : {static_cast<const Map*>(nullptr), &residual.map}) {
    const TestMap fast(out_height, out_width, convolution.outputs, framed ? 2 : 0), slow(out_height, out_width, convolution.outputs);
    convolve(convolution, in.map, padding, padding, added, fast.map);
    plain::convolve(convolution, in.map, padding, padding, added, slow.map);
    require_equal_bits(fast, slow);
  }
}

}  // namespace

TEST_CASE("dense convolutions equal their plain twin to the last bit") {
  for (int repeat = 0; repeat < 150; ++repeat) {
    const int stride = any_of({1, 1, 2, 3}), dilation = any_of({1, 1, 1, 2});
    const Window window{.height = any_of({1, 1, 2, 3, 5}), .width = any_of({1, 1, 2, 3, 4}), .stride_y = stride, .stride_x = stride,
                        .dilation_y = dilation, .dilation_x = dilation};
    check_convolution({.inputs = any_of({1, 2, 3, 4, 5, 8, 13, 17}), .outputs = any_of({1, 3, 4, 5, 8, 9, 12, 19}), .window = window},
                      any_of({1, 2, 3, 5, 7}), any_of({1, 3, 4, 6, 11}), repeat % 2 == 0);
  }
}

TEST_CASE("1×1 convolutions over maps without gaps equal their plain twin to the last bit") {
  for (int repeat = 0; repeat < 60; ++repeat) {
    check_convolution({.inputs = any_of({1, 3, 4, 6, 8, 13}), .outputs = any_of({3, 4, 8, 12, 19})}, any_of({1, 2, 3, 5, 7}), any_of({1, 3, 4, 6, 11}),
                      repeat % 2 == 0, false);
  }
}

TEST_CASE("depthwise convolutions equal their plain twin to the last bit") {
  for (int repeat = 0; repeat < 150; ++repeat) {
    const int size = any_of({1, 3, 3, 5, 7}), stride = any_of({1, 2, 3}), dilation = any_of({1, 1, 1, 2}), channels = any_of({1, 3, 4, 7, 8, 13});
    const Window window{.height = size, .width = any_of({size, size, 2}), .stride_y = stride, .stride_x = stride,
                        .dilation_y = dilation, .dilation_x = dilation};
    check_convolution({.inputs = channels, .outputs = channels, .depthwise = true, .window = window}, any_of({1, 2, 3, 5, 7}),
                      any_of({1, 3, 4, 5, 9}), false);
  }
}

TEST_CASE("the other kernels equal their plain twins to the last bit") {
  for (int repeat = 0; repeat < 60; ++repeat) {
    const int height = any_of({1, 2, 5, 7}), width = any_of({1, 3, 8}), channels = any_of({1, 3, 4, 9, 16});
    const TestMap a(height, width, channels, 1), b(height, width, channels), gate(1, 1, channels, 1);
    const TestMap fast(height, width, channels, 2), slow(height, width, channels);
    add(a.map, b.map, fast.map);
    plain::add(a.map, b.map, slow.map);
    require_equal_bits(fast, slow);
    for (const Map& factor : {b.map, gate.map}) {
      multiply(a.map, factor, fast.map);
      plain::multiply(factor, a.map, slow.map);
      require_equal_bits(fast, slow);
    }
    const Nonlinearity activation = any_nonlinearity();
    activate(activation, a.map, fast.map);
    plain::activate(activation, a.map, slow.map);
    require_equal_bits(fast, slow);

    const TestMap fast_mean(1, 1, channels), slow_mean(1, 1, channels);
    mean(a.map, fast_mean.map);
    plain::mean(a.map, slow_mean.map);
    require_equal_bits(fast_mean, slow_mean);

    const Window window{.height = 3, .width = 2, .stride_y = 2, .stride_x = 1};
    max_pool(window, a.map, 1, 1, fast.map);
    plain::max_pool(window, a.map, 1, 1, slow.map);
    require_equal_bits(fast, slow);
  }
}
