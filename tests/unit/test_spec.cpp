#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/spec/spec.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;
using Json = nlohmann::json;

namespace {

Json sound_spec() {
  return Json::parse(R"({
    "schema_version": 1, "name": "pair", "classes": [{"id": "live"}, {"id": "dead"}],
    "network": {"features": {"channels": 12}},
    "input": {"width_px": 96, "height_px": 64, "channels": "grey"},
    "crop": {"rule": "centre_square", "side_px": 200},
    "resize": {"rule": "bilinear_half_pixel"},
    "normalisation": {"rule": "mean_std", "mean": [1.5], "std": [2]},
    "head": {"layers": [{"name": "a", "inputs": 12, "outputs": 7, "activation": "relu"},
                        {"name": "b", "inputs": 7, "outputs": 1, "activation": "none"}], "output": "sigmoid"},
    "judge": {"temperature": 1.25, "abstain_below": 0.6}})");
}

/// With everything that a spec may leave out.
Json full_spec() {
  Json spec = sound_spec();
  spec["normalisation"] = {{"rule", "corner_median_spread"}, {"corner_px", 32}, {"least_spread", 2.5}};
  spec["quality"] = {{"brightness", {nullptr, 250.5}}, {"detail_2", {-3, -1}}};
  spec["novelty"] = {{"file", "novelty.safetensors"}, {"rule", "mahalanobis"}, {"dimensions", 12}, {"threshold", 7.25}};
  spec["novelty"]["batch"] = {{"least_cells", 20}, {"shift", 2.5}, {"noise", 40}, {"look", {{"shift", 0.5}, {"noise", 12}}}};
  spec["input"]["range"] = "frame_percentiles";
  spec["frame"] = {{"side_px", 48}, {"pixel_size_um", 1.25}};
  return spec;
}

}  // namespace

TEST_CASE("a sound spec is read field by field") {
  const ModelSpec spec = parse_spec(sound_spec().dump());
  CHECK(spec.name == "pair");
  CHECK(spec.class_ids == std::vector<std::string>{"live", "dead"});
  CHECK(spec.prepare.width_px == 96);
  CHECK(spec.prepare.height_px == 64);
  CHECK(spec.prepare.channels == InputChannels::kGrey);
  CHECK(spec.prepare.crop == CropRule::kCentreSquare);
  CHECK(spec.prepare.crop_side_px == 200);
  CHECK(spec.prepare.resize == ResizeRule::kBilinearHalfPixel);
  CHECK(spec.prepare.mean[0] == 1.5f);
  CHECK(spec.prepare.std[0] == 2.0f);
  CHECK(spec.head.layers.size() == 2);
  CHECK(spec.head.layers[0].activation == Activation::kRelu);
  CHECK(spec.head.output == HeadOutput::kSigmoid);
  CHECK(spec.head.class_count() == 2);
  CHECK(spec.judge.temperature == 1.25);
  CHECK(spec.judge.abstain_below == 0.6);
}

TEST_CASE("each field that is wrong is named") {
  const std::tuple<const char*, Json, const char*> changes[] = {
      {"/schema_version", 2, "schema_version"},
      {"/name", "", "name"},
      {"/classes", Json::array({{{"id", "one"}}}), "classes"},
      {"/classes/1/id", "live", "classes"},
      {"/network/features/channels", 13, "head.layers[0].inputs"},
      {"/input/width_px", 96.5, "input.width_px"},
      {"/input/width_px", 100000, "input.width_px"},
      {"/input/channels", "cmyk", "input.channels"},
      {"/input/range", "stretched", "input.range"},
      {"/crop/rule", 5, "crop.rule"},
      {"/crop/side_px", 0, "crop.side_px"},
      {"/resize/rule", "nearest", "resize.rule"},
      {"/normalisation/mean", Json::array({1, 2, 3}), "normalisation.mean"},
      {"/normalisation/std/0", 0, "normalisation.std[0]"},
      {"/head/layers/1/inputs", 8, "head.layers[1].inputs"},
      {"/head/layers/1/activation", "relu", "head.layers"},
      {"/head/output", "softmax", "head.layers"},
      {"/judge/temperature", 0, "judge.temperature"},
      {"/judge/abstain_below", 1.5, "judge.abstain_below"},
  };
  for (const auto& [pointer, value, field] : changes) {
    Json changed = sound_spec();
    changed[Json::json_pointer(pointer)] = value;
    const Error error = error_of([&] { parse_spec(changed.dump()); });
    INFO(pointer << ": " << error.what());
    CHECK(error.code() == ErrorCode::kInvalidModel);
    CHECK(std::string(error.what()).find(field) != std::string::npos);
  }
}

TEST_CASE("the background rule, the frame and the novelty are read field by field") {
  const ModelSpec plain = parse_spec(sound_spec().dump());
  CHECK(plain.prepare.normalisation == NormalisationRule::kMeanStd);
  CHECK(plain.prepare.range == RangeRule::kAsStored);
  CHECK_FALSE(plain.novelty.has_value());
  CHECK_FALSE(plain.frame.has_value());
  CHECK(plain.judge.foreign_above == std::numeric_limits<double>::infinity());

  const ModelSpec spec = parse_spec(full_spec().dump());
  CHECK(spec.prepare.normalisation == NormalisationRule::kCornerMedianSpread);
  CHECK(spec.prepare.range == RangeRule::kFramePercentiles);
  CHECK(spec.prepare.corner_px == 32);
  CHECK(spec.prepare.least_spread == 2.5f);
  REQUIRE(spec.frame.has_value());
  CHECK(spec.frame->side_px == 48);
  CHECK(spec.frame->pixel_size_um == 1.25);
  Json unknown = full_spec();
  unknown["frame"]["pixel_size_um"] = nullptr;
  CHECK(parse_spec(unknown.dump()).frame->pixel_size_um == 0);
  CHECK(std::isinf(plain.quality[1].high));
  CHECK(std::isinf(spec.quality[1].low));
  CHECK(spec.quality[1].high == 250.5);
  CHECK(spec.quality[7].low == -3);
  CHECK(spec.quality[7].high == -1);
  CHECK(std::isinf(spec.quality[0].high));
  REQUIRE(spec.novelty.has_value());
  CHECK(spec.novelty->features == 12);
  CHECK(spec.novelty->dimensions == 12);
  CHECK(spec.novelty->classes == 2);  // one logit, two classes
  CHECK(spec.judge.foreign_above == 7.25);
  CHECK(spec.judge.batch.features.shift == 2.5);
  CHECK(spec.judge.batch.features.noise == 40);
  CHECK(spec.judge.batch.look.shift == 0.5);
  CHECK(spec.judge.batch.look.noise == 12);
  CHECK(std::isinf(plain.judge.batch.look.shift));
  Json before = full_spec();
  before["novelty"]["batch"].erase("look");
  CHECK(std::isinf(parse_spec(before.dump()).judge.batch.look.shift));
}

TEST_CASE("each field of the background rule, the frame and the novelty that is wrong or missing is named") {
  const std::tuple<const char*, Json, const char*> changes[] = {
      {"/frame", 48, "frame.pixel_size_um"},
      {"/frame/side_px", 4097, "frame.side_px"},
      {"/frame/pixel_size_um", 0, "frame.pixel_size_um"},
      {"/frame/pixel_size_um", "1.25", "frame.pixel_size_um"},
      {"/normalisation/corner_px", 33, "normalisation.corner_px"},
      {"/normalisation/corner_px", 0, "normalisation.corner_px"},
      {"/normalisation/corner_px", 1.5, "normalisation.corner_px"},
      {"/normalisation/least_spread", 0, "normalisation.least_spread"},
      {"/normalisation/rule", "median", "normalisation.rule"},
      {"/quality/brightness", 5, "quality.brightness"},
      {"/quality/brightness", Json::array({1}), "quality.brightness"},
      {"/quality/brightness", Json::array({"1", 2}), "quality.brightness"},
      {"/quality/detail_2", Json::array({2, 1}), "quality.detail_2"},
      {"/quality", 5, "quality"},
      {"/novelty", 5, "novelty.rule"},
      {"/novelty", nullptr, "novelty.rule"},
      {"/novelty/rule", "cosine", "novelty.rule"},
      {"/novelty/dimensions", 13, "novelty.dimensions"},
      {"/novelty/dimensions", 0, "novelty.dimensions"},
      {"/novelty/threshold", 0, "novelty.threshold"},
      {"/novelty/threshold", "7", "novelty.threshold"},
      {"/novelty/batch/least_cells", 1, "novelty.batch.least_cells"},
      {"/novelty/batch/look", 1, "novelty.batch.look.shift"},
      {"/novelty/batch/look/noise", -1, "novelty.batch.look.noise"},
  };
  for (const auto& [pointer, value, field] : changes) {
    Json changed = full_spec();
    changed[Json::json_pointer(pointer)] = value;
    const Error error = error_of([&] { parse_spec(changed.dump()); });
    INFO(pointer << ": " << error.what());
    CHECK(error.code() == ErrorCode::kInvalidModel);
    CHECK(std::string(error.what()).find(field) != std::string::npos);
  }
  for (const auto& [group, key] : {std::pair{"normalisation", "corner_px"}, {"normalisation", "least_spread"}, {"novelty", "rule"},
                                   {"novelty", "dimensions"}, {"novelty", "threshold"}}) {
    Json changed = full_spec();
    changed[group].erase(key);
    const std::string message = error_of([&] { parse_spec(changed.dump()); }).what();
    INFO(message);
    CHECK(message.find(std::string(group) + "." + key + " is missing") != std::string::npos);
  }
}

TEST_CASE("the rule for grey pictures is read field by field, and each field that is wrong or missing is named") {
  Json spec = sound_spec();
  spec["input"]["channels"] = "rgb";
  spec["normalisation"] = {{"rule", "grey_contrast"}, {"tint", 2.5}, {"corner_share", 4}, {"middle", 100}, {"eight_bit", {{"gain", 128}, {"least_spread", 64}}}, {"deeper", {{"gain", 48}, {"least_spread", 0.5}}}};
  const PrepareRules rules = parse_spec(spec.dump()).prepare;
  CHECK(rules.normalisation == NormalisationRule::kGreyContrast);
  CHECK(rules.grey.tint == 2.5f);
  CHECK(rules.grey.corner_share == 4);
  CHECK(rules.grey.middle == 100);
  CHECK(rules.grey.eight_bit.gain == 128);
  CHECK(rules.grey.eight_bit.least_spread == 64);
  CHECK(rules.grey.deeper.gain == 48);
  CHECK(rules.grey.deeper.least_spread == 0.5f);
  // The picture stays on the scale of 0 to 255.
  CHECK(rules.mean[0] == 0);
  CHECK(rules.std[0] == 1);
  const std::tuple<const char*, Json, const char*> changes[] = {
      {"/input/channels", "grey", "normalisation.rule"},
      {"/normalisation/tint", -1, "normalisation.tint"},
      {"/normalisation/tint", 256, "normalisation.tint"},
      {"/normalisation/corner_share", 1, "normalisation.corner_share"},
      {"/normalisation/corner_share", 9, "normalisation.corner_share"},
      {"/normalisation/corner_share", 2.5, "normalisation.corner_share"},
      {"/normalisation/middle", "grey", "normalisation.middle"},
      {"/normalisation/eight_bit", 5, "normalisation.eight_bit.gain"},
      {"/normalisation/eight_bit/gain", -1, "normalisation.eight_bit.gain"},
      {"/normalisation/eight_bit/least_spread", 0, "normalisation.eight_bit.least_spread"},
      {"/normalisation/deeper/gain", nullptr, "normalisation.deeper.gain"},
      {"/normalisation/deeper/least_spread", 1e13, "normalisation.deeper.least_spread"},
  };
  for (const auto& [pointer, value, field] : changes) {
    Json changed = spec;
    changed[Json::json_pointer(pointer)] = value;
    const Error error = error_of([&] { parse_spec(changed.dump()); });
    INFO(pointer << ": " << error.what());
    CHECK(error.code() == ErrorCode::kInvalidModel);
    CHECK(std::string(error.what()).find(field) != std::string::npos);
  }
  for (const char* key : {"tint", "corner_share", "middle", "eight_bit", "deeper"}) {
    Json changed = spec;
    changed["normalisation"].erase(key);
    CHECK(std::string(error_of([&] { parse_spec(changed.dump()); }).what()).find(std::string("normalisation.") + key) != std::string::npos);
  }
}

TEST_CASE("a missing field is named; text that is no JSON is refused") {
  for (const char* key : {"name", "classes", "input", "head", "judge", "normalisation"}) {
    Json changed = sound_spec();
    changed.erase(key);
    CHECK(std::string(error_of([&] { parse_spec(changed.dump()); }).what()).find(key) != std::string::npos);
  }
  for (const std::string& bad : {std::string(), std::string("{"), std::string("[]"), std::string(2'000'000, ' '),
                                 std::string(900'000, '[')}) {
    CHECK(error_of([&] { parse_spec(bad); }).code() == ErrorCode::kInvalidModel);
  }
}
