#include <cmath>
#include <cstring>
#include <limits>

#include "catch.h"
#include "core/head/head.h"
#include "core/head/safetensors.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(-1, 1);
  std::vector<float> out(count);
  for (float& v : out) v = values(random);
  return out;
}

/// A head whose layer sizes are given: sizes[0] inputs, ReLU between, no activation at the end.
Head make_head(const std::vector<int>& sizes, HeadOutput output, unsigned seed = 5) {
  HeadLayout layout{.layers = {}, .output = output};
  std::vector<TestTensor> tensors;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const std::string name = "dense_" + std::to_string(l);
    const bool last = l + 2 == sizes.size();
    layout.layers.push_back({name, sizes[l], sizes[l + 1], last ? Activation::kNone : Activation::kRelu});
    tensors.push_back({name + ".weight", {sizes[l + 1], sizes[l]},
                       noise(static_cast<std::size_t>(sizes[l] * sizes[l + 1]), seed + static_cast<unsigned>(l))});
    tensors.push_back({name + ".bias", {sizes[l + 1]}, noise(static_cast<std::size_t>(sizes[l + 1]), seed + 50)});
  }
  return Head(layout, make_safetensors(tensors));
}

float map_mean(const HeadResult& result, std::size_t c, std::size_t positions) {
  float sum = 0;
  for (std::size_t p = 0; p < positions; ++p) sum += result.maps[c * positions + p];
  return sum / static_cast<float>(positions);
}

}  // namespace

TEST_CASE("a head small enough to work out by hand") {
  const HeadLayout layout{{{"d", 2, 3, Activation::kNone}}, HeadOutput::kSoftmax};
  const Head head(layout, make_safetensors({{"d.weight", {3, 2}, {1, 2, 3, 4, -1, 0}}, {"d.bias", {3}, {10, 0, 1}}}));
  const float features[] = {1, 3, /**/ 2, 6};  // 2 channels of 1 × 2
  const HeadResult result = head.run({features, 2, 1, 2});
  CHECK(result.embedding == std::vector<float>{2, 4});
  CHECK(result.logits == std::vector<float>{1 * 2 + 2 * 4 + 10, 3 * 2 + 4 * 4, -2 + 1});
  CHECK(result.maps == std::vector<float>{1 * 1 + 2 * 2, 1 * 3 + 2 * 6, 3 * 1 + 4 * 2, 3 * 3 + 4 * 6, -1, -3});
}

TEST_CASE("dense equals its plain twin bit for bit at odd sizes") {
  for (const int inputs : {1, 2, 7, 64, 1281}) {
    for (const int outputs : {1, 2, 3, 4, 5, 8, 31}) {
      DenseLayer layer{.layout = {"d", inputs, outputs, Activation::kNone}, .packed = {}, .bias = {}};
      const auto padded = static_cast<std::size_t>(layer.padded_outputs());
      layer.packed = noise(static_cast<std::size_t>(inputs) * padded, 1);
      layer.bias = noise(padded, 2);
      const std::vector<float> in = noise(static_cast<std::size_t>(inputs), 3);
      const auto fast = dense(layer, in), plain = dense_plain(layer, in);
      REQUIRE(fast.size() == static_cast<std::size_t>(outputs));
      REQUIRE(std::memcmp(fast.data(), plain.data(), fast.size() * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("the map of one dense layer averages to the logit less the bias") {
  const Head head = make_head({40, 5}, HeadOutput::kSoftmax);
  const std::vector<float> features = noise(40 * 12, 9);
  const HeadResult result = head.run({features.data(), 40, 3, 4});
  const std::vector<float> bias = noise(5, 55);
  REQUIRE(result.maps.size() == 5 * 12);
  for (std::size_t c = 0; c < 5; ++c) CHECK(map_mean(result, c, 12) == Approx(result.logits[c] - bias[c]).margin(1e-5));
}

TEST_CASE("the map of a stack is the gradient of the logit, checked by small differences") {
  const Head head = make_head({6, 16, 8, 3}, HeadOutput::kSoftmax);
  std::vector<float> features = noise(6 * 4, 21);
  const FeatureView view{features.data(), 6, 2, 2};
  const HeadResult result = head.run(view);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t p = 0; p < 4; ++p) {
      // d logit / d feature is the gradient over the number of positions; the map sums it times the feature.
      double expected = 0;
      for (std::size_t d = 0; d < 6; ++d) {
        constexpr float kStep = 1e-3f;
        float& value = features[d * 4 + p];
        const float kept = value;
        value = kept + kStep;
        const double up = head.run(view).logits[c];
        value = kept - kStep;
        const double down = head.run(view).logits[c];
        value = kept;
        expected += (up - down) / (2.0 * kStep) * 4 * kept;
      }
      CHECK(result.maps[c * 4 + p] == Approx(expected).margin(5e-3));
    }
  }
}

TEST_CASE("a sigmoid head explains both classes with opposite signs") {
  const Head head = make_head({10, 4, 1}, HeadOutput::kSigmoid);
  const std::vector<float> features = noise(10 * 6, 4);
  const HeadResult result = head.run({features.data(), 10, 2, 3});
  REQUIRE(result.logits.size() == 1);
  REQUIRE(result.maps.size() == 2 * 6);
  bool any = false;
  for (std::size_t p = 0; p < 6; ++p) {
    CHECK(result.maps[p] == -result.maps[6 + p]);
    any = any || result.maps[p] != 0;
  }
  CHECK(any);
}

TEST_CASE("features that do not fit or are not finite are refused") {
  const Head head = make_head({4, 2}, HeadOutput::kSoftmax);
  std::vector<float> features(5 * 2, 1);
  CHECK(error_of([&] { head.run({features.data(), 5, 1, 2}); }).code() == ErrorCode::kInvalidArgument);
  features[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { head.run({features.data(), 4, 1, 2}); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a head file that does not fit its layout is refused, naming the tensor") {
  const HeadLayout layout{{{"d", 2, 3, Activation::kNone}}, HeadOutput::kSoftmax};
  const TestTensor weight{"d.weight", {3, 2}, std::vector<float>(6)}, bias{"d.bias", {3}, std::vector<float>(3)};
  const auto refusal = [&](const std::vector<TestTensor>& tensors) {
    return error_of([&] { Head(layout, make_safetensors(tensors)); });
  };
  CHECK_NOTHROW(Head(layout, make_safetensors({weight, bias})));
  CHECK(std::string(refusal({weight}).what()).find("d.bias") != std::string::npos);
  CHECK(refusal({{"d.weight", {2, 3}, std::vector<float>(6)}, bias}).code() == ErrorCode::kInvalidModel);
  CHECK(refusal({{"d.weight", {3, 2}, std::vector<float>(6, std::numeric_limits<float>::infinity())}, bias}).code() ==
        ErrorCode::kInvalidModel);
}

TEST_CASE("hostile safetensors files are refused") {
  const FileBytes good = make_safetensors({{"a", {2, 2}, {1, 2, 3, 4}}});
  CHECK(read_safetensors(good, "file").at("a").values == std::vector<float>{1, 2, 3, 4});
  for (std::size_t length = 0; length < good.size(); ++length) {
    const FileBytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK(error_of([&] { read_safetensors(cut, "file"); }).code() == ErrorCode::kInvalidModel);
  }
  const auto with_header = [](const std::string& json) {
    FileBytes file{static_cast<std::uint8_t>(json.size()), 0, 0, 0, 0, 0, 0, 0};
    file.insert(file.end(), json.begin(), json.end());
    file.resize(file.size() + 16);
    return file;
  };
  for (const char* header : {R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,17]}})",
                             R"({"a":{"dtype":"F16","shape":[4],"data_offsets":[0,16]}})",
                             R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})",
                             R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}})",
                             R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})",
                             R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4e50]}})",
                             R"({"a":{"dtype":"F32","shape":[4.5],"data_offsets":[0,16]}})",
                             R"({"a":{"dtype":"F32","shape":4,"data_offsets":[0,16]}})",
                             R"({"a":{"dtype":"F32","shape":"4","data_offsets":[0,16]}})", R"({"a":7})", R"([1])"}) {
    INFO(header);
    CHECK(error_of([&] { read_safetensors(with_header(header), "file"); }).code() == ErrorCode::kInvalidModel);
  }
}
