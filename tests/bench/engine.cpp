// Times the inference engine, whole and layer by layer, beside the most multiply-adds this build can do; prints JSON.
//
//   bench_engine NETWORK INPUT OUTPUT SECONDS SIDE...     SIDE: of the input, batch first

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/network/network.h"
#include "core/simd.h"

using Json = nlohmann::ordered_json;

namespace cytodrop {

/// Sees into a network: what its layers are, and when each begins.
struct LayerTimer {
  using Clock = std::chrono::steady_clock;
  static inline std::vector<Clock::time_point> starts;

  static const Layers& layers(const Network& network) { return network.layers_; }
  static const Shape& value(const Network& network, int id) { return network.plan_.values[static_cast<std::size_t>(id)].shape; }
  static void watch(Network& network) {
    network.before_layer_ = [](std::size_t) { starts.push_back(Clock::now()); };
  }
  static void leave(Network& network) { network.before_layer_ = nullptr; }
};

}  // namespace cytodrop

namespace {

using namespace cytodrop;
using Clock = LayerTimer::Clock;

double ms_between(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// kSums sums that depend on nothing but themselves, `turns` multiply-adds each, all in registers.
template <std::size_t... kSums>
float multiply_and_add(std::index_sequence<kSums...>, float factor_of_all, int turns) {
  const Float4 factor = splat4(factor_of_all), addend = splat4(1 - factor_of_all);
  Float4 sum[] = {splat4(static_cast<float>(kSums))...};
  for (int turn = 0; turn < turns; ++turn) ((sum[kSums] = sum[kSums] * factor + addend), ...);
  Float4 all = splat4(0);
  ((all += sum[kSums]), ...);
  return all[0];
}

/// GFLOP/s of the fastest of many short bursts.
template <std::size_t kSums>
double multiply_add_rate() {
  constexpr int kTurns = 10'000;
  volatile float factor = 0.5f, result = 0;  // unknown to the compiler; the sums stay near 1
  // Through a pointer: else the linker's optimiser inlines the loop, against any attribute, into a function that runs once, and
  // V8 compiles a function well only for its next call: half the true figure.
  float (*volatile burst)(float, int) = [](float f, int turns) { return multiply_and_add(std::make_index_sequence<kSums>{}, f, turns); };
  double best = 0;
  for (int i = 0; i < 400; ++i) {
    const auto start = Clock::now();
    result = burst(factor, kTurns);
    best = std::max(best, 2.0 * 4 * kSums * kTurns / ms_between(start, Clock::now()) / 1e6);
  }
  static_cast<void>(result);
  return best;
}

/// The most that this build does of multiply, then add; how many sums hide the latency is the processor's business.
double peak_gflops() { return std::max({multiply_add_rate<8>(), multiply_add_rate<10>(), multiply_add_rate<12>(), multiply_add_rate<13>()}); }

std::string kind_of(const Layer& layer, const Shape& out) {
  constexpr const char* kNames[] = {"convolution", "activation", "add", "multiply", "mean", "max pool", "concatenate", "reshape"};
  if (layer.kind != LayerKind::kConvolution) return kNames[static_cast<int>(layer.kind)];
  const Window& window = layer.convolution.window;
  const std::string size = std::to_string(window.height) + "×" + std::to_string(window.width);
  if (layer.convolution.depthwise) return "depthwise " + size;
  if (size == "1×1") return out.height * out.width == 1 ? "1×1 on one pixel" : size;
  return "dense " + size;
}

double macs_of(const Layer& layer, const Shape& out) {
  if (layer.kind != LayerKind::kConvolution) return 0;
  const Window& window = layer.convolution.window;
  return 1.0 * out.height * out.width * out.channels * layer.convolution.inputs_per_output() * window.height * window.width;
}

std::string shape_of(const Shape& value) {
  return std::to_string(value.channels) + "×" + std::to_string(value.height) + "×" + std::to_string(value.width);
}

Json measure(Network& network, double seconds, const std::vector<int>& shape) {
  std::size_t count = 1;
  for (const int side : shape) count *= static_cast<std::size_t>(side);
  std::vector<float> input(count);
  std::uint32_t state = 1;
  for (float& value : input) value = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) / 8388608.0f - 1.0f;
  const auto images = static_cast<std::size_t>(shape[0]);

  const std::vector<Layer>& layers = LayerTimer::layers(network).layers;
  std::vector<std::vector<double>> layer_ms(layers.size());
  std::vector<double> whole_ms, ends_ms;
  // By turns with and without watching, so that the whole time is nobody's but the network's.
  const auto begin = Clock::now();
  for (int run = -2; run < 4 || ms_between(begin, Clock::now()) < seconds * 1000; ++run) {
    const bool watched = run % 2 != 0;
    if (watched) {
      LayerTimer::starts.clear();
      LayerTimer::watch(network);
    } else {
      LayerTimer::leave(network);
    }
    const auto start = Clock::now();
    network.run(input, shape);
    const double whole = ms_between(start, Clock::now());
    if (run < 0) continue;  // warms up: V8 compiles the hot functions anew
    if (!watched) {
      whole_ms.push_back(whole / static_cast<double>(images));
      continue;
    }
    double in_layers = 0;
    for (std::size_t image = 0; image < images; ++image) {
      const auto* const starts = LayerTimer::starts.data() + image * (layers.size() + 1);
      for (std::size_t i = 0; i < layers.size(); ++i) layer_ms[i].push_back(ms_between(starts[i], starts[i + 1]));
      in_layers += ms_between(starts[0], starts[layers.size()]);
    }
    ends_ms.push_back((whole - in_layers) / static_cast<double>(images));
  }

  const double peak = peak_gflops();
  double all_macs = 0;
  Json by_layer = Json::array();
  const auto report = [&](const std::string& kind, const std::string& text, double macs, double ms) {
    const double gflops = 2 * macs / ms / 1e6;
    by_layer.push_back({{"kind", kind}, {"shape", text}, {"macs", macs}, {"ms", ms}, {"gflops", gflops}, {"share_of_peak", gflops / peak}});
    all_macs += macs;
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Shape& out = LayerTimer::value(network, layers[i].output);
    report(kind_of(layers[i], out), shape_of(LayerTimer::value(network, layers[i].inputs[0])) + " → " + shape_of(out), macs_of(layers[i], out),
           median(layer_ms[i]));
  }
  report("reordering input and output", "", 0, median(ends_ms));
  return {{"peak_gflops", peak}, {"macs", all_macs}, {"ms", median(whole_ms)}, {"least_ms", *std::min_element(whole_ms.begin(), whole_ms.end())},
          {"runs", whole_ms.size()}, {"layers", by_layer}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::cerr << "bench_engine NETWORK INPUT OUTPUT SECONDS SIDE...\n";
    return 2;
  }
  try {
    std::ifstream file(argv[1], std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    Network network({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, argv[2], argv[3]);
    std::vector<int> shape;
    for (int i = 5; i < argc; ++i) shape.push_back(std::atoi(argv[i]));
    std::cout << measure(network, std::atof(argv[4]), shape).dump() << '\n';
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
