// The inference engine: shipped networks against what the training code computed.

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/network/network.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

TEST_CASE("every shipped classifier's network gives the features that the training code gives, to 1e-4 of their range, for any batch") {
  int networks = 0;
  for (const fs::path& folder : shipped_classifiers()) {
    ++networks;
    const Json spec = Json::parse(read_file(folder / "spec.json")).at("network");
    Network network(read_file(folder / spec.at("file").get<std::string>()), spec.at("input"), spec.at("output"));

    std::vector<float> batch, expected;
    std::vector<int> shape, features_shape;
    const Json golden = Json::parse(read_file(folder / "golden/golden.json"));
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (const Json& item : golden.at("cases")) {
        INFO(folder.filename() << " " << item.at("image"));
        const auto tensor = read_floats(folder / "golden" / item.at("tensor").get<std::string>());
        const auto features = read_floats(folder / "golden" / item.at("features").get<std::string>());
        shape = item.at("tensor_shape").get<std::vector<int>>();
        features_shape = item.at("features_shape").get<std::vector<int>>();
        const Tensor& out = network.run(tensor, shape);
        CHECK(out.shape == features_shape);
        REQUIRE(out.values.size() == features.size());
        double worst = 0;
        for (std::size_t i = 0; i < features.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(out.values[i]) - features[i]));
        // Up to 6: what a network is trained to tell apart from little contrast, it multiplies rounding of too.
        CHECK(worst <= 1e-4 * std::max(1.0f, *std::max_element(features.begin(), features.end())));
        batch.insert(batch.end(), tensor.begin(), tensor.end());
        expected.insert(expected.end(), out.values.begin(), out.values.end());
      }
    }
    shape[0] = features_shape[0] = static_cast<int>(2 * golden.at("cases").size());
    const Tensor& out = network.run(batch, shape);
    CHECK(out.shape == features_shape);
    REQUIRE(out.values.size() == expected.size());
    CHECK(std::memcmp(out.values.data(), expected.data(), expected.size() * sizeof(float)) == 0);
  }
  REQUIRE(networks > 0);
}
