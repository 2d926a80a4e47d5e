// Entries about the engine that runs a network.

#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

val Classifier::load_network(const val& network, const val& input, const val& output) {
  return guard([&] {
    if (!input.isString() || !output.isString()) throw Error(ErrorCode::kInvalidArgument, "input and output must be texts");
    network_ = Network(copy_in<std::uint8_t>(network, "Uint8Array", "network"), input.as<std::string>(), output.as<std::string>());
    return val::null();
  });
}

val Classifier::run_network(const val& tensor, const val& shape) {
  return guard([&] {
    if (!network_) throw Error(ErrorCode::kModelNotLoaded, "no network is loaded");
    const int rank = shape.isArray() ? shape["length"].as<int>() : 0;
    if (rank < 1 || rank > 4) throw Error(ErrorCode::kInvalidArgument, "shape must be a list of one to four numbers");
    std::vector<int> sides;
    for (int i = 0; i < rank; ++i) sides.push_back(whole_number(shape[i], "a side of shape", 1, 1 << 24));
    const Tensor& features = network_->run(copy_in<float>(tensor, "Float32Array", "tensor"), sides);
    val object = val::object();
    object.set("data", copy_out(features.values));
    object.set("shape", array_of(features.shape));
    return object;
  });
}

}  // namespace cytodrop
