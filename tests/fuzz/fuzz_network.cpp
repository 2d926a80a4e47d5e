#include "core/network/network.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    using namespace cytodrop;
    OnnxGraph graph = read_onnx(file);
    if (graph.inputs.empty() || graph.nodes.back().outputs.empty()) return;
    const auto [input, stated] = *graph.inputs.begin();
    const std::string output = graph.nodes.back().outputs[0];
    const Layers layers = build_layers(std::move(graph), input, output);

    std::vector<int> shape{2};
    for (std::size_t i = 1; i < stated.size(); ++i) shape.push_back(stated[i] == 0 ? 9 : stated[i]);
    if (stated.empty() || (stated[0] != 0 && stated[0] != 2)) return;
    if (shape.size() != 4 && shape.size() != 2) return;
    const int image[] = {shape[1], shape.size() > 2 ? shape[2] : 1, shape.size() > 2 ? shape[3] : 1};
    const Plan plan = make_plan(layers, image);
    // Larger ones take longer and tell no more.
    if (plan.steps > 1'000'000 || plan.memory_floats > 1'000'000) return;
    Network network(file, input, output);
    const std::vector<float> values(static_cast<std::size_t>(2 * image[0] * image[1] * image[2]), 0.5f);
    network.run(values, shape);
  });
}
