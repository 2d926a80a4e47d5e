// Entries about images of one cell each.

#include <emscripten.h>

#include <algorithm>
#include <cmath>

#include "core/decode/decode.h"
#include "core/judge/judge.h"
#include "core/judge/quality.h"
#include "core/prepare/prepare.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

namespace {

val describe(const Verdict& verdict, const HeadResult& head, const FeatureView& features) {
  val object = val::object();
  object.set("class_index", verdict.class_index);
  object.set("probability", verdict.probability);
  object.set("unsure", verdict.unsure);
  object.set("novelty", std::isnan(verdict.novelty) ? val::null() : val(verdict.novelty));
  object.set("foreign", verdict.foreign);
  object.set("probabilities", copy_out(verdict.probabilities));
  object.set("logits", copy_out(head.logits));
  object.set("maps", copy_out(head.maps));
  object.set("map_height", features.height);
  object.set("map_width", features.width);
  return object;
}

val describe(const std::vector<QualityFlag>& flags) {
  val array = val::array();
  for (const QualityFlag& flag : flags) {
    val object = val::object();
    object.set("flag", std::string(flag.name));
    object.set("measure", std::string(kMeasureNames[flag.measure]));
    object.set("value", flag.value);
    object.set("limit", flag.limit);
    array.call<void>("push", object);
  }
  return array;
}

/// Features and measures of several cells, as many as their shape says.
struct JudgeInput {
  CellShape shape;
  std::vector<float> features;
  std::vector<double> measures;

  JudgeInput(const val& features_array, const val& sides, const val& measures_array) : shape(cell_shape(sides, "cells", kMaxCells)) {
    features = copy_in<float>(features_array, "Float32Array", "features");
    const double wanted = static_cast<double>(shape.cells) * shape.channels * shape.height * shape.width;
    if (static_cast<double>(features.size()) != wanted) {
      throw Error(ErrorCode::kInvalidArgument, "features must have as many values as their shape says, not " + std::to_string(features.size()));
    }
    measures = copy_in<double>(measures_array, "Float64Array", "measures");
    if (measures.size() != count() * kMeasureCount) {
      throw Error(ErrorCode::kInvalidArgument,
                  "measures must have " + std::to_string(kMeasureCount) + " values for each cell, not " + std::to_string(measures.size()));
    }
  }

  std::size_t count() const { return static_cast<std::size_t>(shape.cells); }

  FeatureView features_of(std::size_t cell) const {
    return {.data = features.data() + cell * (features.size() / count()), .channels = shape.channels, .height = shape.height, .width = shape.width};
  }

  Measures measures_of(std::size_t cell) const {
    Measures own;
    std::copy_n(measures.begin() + static_cast<std::ptrdiff_t>(cell * kMeasureCount), kMeasureCount, own.begin());
    return own;
  }

 private:
  static constexpr int kMaxCells = 4096;
};

}  // namespace

val Classifier::load_model(const val& spec_json, const val& head_file, const val& novelty_file) {
  return guard([&] {
    ModelSpec spec = parse_spec(text(spec_json, "spec_json"));
    Head head(spec.head, copy_in<std::uint8_t>(head_file, "Uint8Array", "head"));
    const auto novelty_bytes = copy_in<std::uint8_t>(novelty_file, "Uint8Array", "novelty");
    if (novelty_bytes.empty() == spec.novelty.has_value()) {
      throw Error(ErrorCode::kInvalidModel, spec.novelty ? "the model's spec names novelty.file, and it is empty"
                                                         : "there is a novelty file, and the model's spec has no novelty");
    }
    std::optional<Novelty> novelty;
    if (spec.novelty) novelty.emplace(*spec.novelty, novelty_bytes);
    model_.emplace(Model{std::move(spec), std::move(head), std::move(novelty)});
    return val::null();
  });
}

val Classifier::prepare(const val& file, const val& scale) const {
  return guard([&] {
    const PrepareRules rules = at_scale(model().spec.prepare, finite_number(scale, "scale", kLeastScale, kMostScale));
    const double start_ms = emscripten_get_now();
    const DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
    const double decoded_ms = emscripten_get_now();
    Seen seen;
    const std::vector<float> tensor = cytodrop::prepare(decoded.image.view(), rules, std::nullopt, &seen);
    const double prepared_ms = emscripten_get_now();

    val object = val::object();
    object.set("image", describe(decoded));
    object.set("crop", describe(seen.crop));
    object.set("tensor", copy_out(tensor));
    object.set("shape", array_of({1, rules.channel_count(), rules.height_px, rules.width_px}));
    object.set("measures", copy_out(std::vector<double>(seen.measures.begin(), seen.measures.end())));
    object.set("pixels", pixel_bytes(decoded.image));
    object.set("decode_ms", decoded_ms - start_ms);
    object.set("prepare_ms", prepared_ms - decoded_ms);
    return object;
  });
}

val Classifier::view(const val& file, const val& max_side_px, const val& scale) const {
  return guard([&] {
    const int side = whole_number(max_side_px, "max_side_px", 1, 4096);
    const DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
    const PrepareRules rules = at_scale(model().spec.prepare, finite_number(scale, "scale", kLeastScale, kMostScale));
    Box box;
    const ScreenPicture picture = draw_crop(decoded.image.view(), rules, side, box);
    val object = val::object();
    object.set("width_px", picture.width_px);
    object.set("height_px", picture.height_px);
    object.set("rgba", copy_out(picture.rgba));
    object.set("crop", describe(box));
    object.set("image", describe(decoded));
    return object;
  });
}

val Classifier::judge(const val& features, const val& shape, const val& measures) const {
  return guard([&] {
    const Model& loaded = model();
    const JudgeInput input(features, shape, measures);
    val verdicts = val::array();
    for (std::size_t i = 0; i < input.count(); ++i) {
      const FeatureView cell = input.features_of(i);
      const Measures own = input.measures_of(i);
      const HeadResult head = loaded.head.run(cell);
      const Place place = loaded.novelty ? loaded.novelty->place(head.embedding, own) : Place{std::nan(""), {}};
      val verdict = describe(cytodrop::judge(head.logits, loaded.spec.head.output, loaded.spec.judge, place.distance), head, cell);
      verdict.set("deviation", copy_out(place.deviation));
      verdict.set("quality", describe(quality_flags(own, loaded.spec.quality)));
      verdicts.call<void>("push", verdict);
    }
    return verdicts;
  });
}

val Classifier::judge_batch(const val& deviations) const {
  return guard([&] {
    const Model& loaded = model();
    if (!loaded.novelty) throw Error(ErrorCode::kUnsupportedFeature, "the model has no statistics of its training images");
    const BatchVerdict found = cytodrop::judge_batch(copy_in<float>(deviations, "Float32Array", "deviations"), loaded.novelty->deviation_size(), loaded.novelty->look_size(), loaded.spec.judge.batch);
    const auto or_null = [](double limit) { return std::isfinite(limit) ? val(limit) : val::null(); };
    val object = val::object();
    object.set("cells", static_cast<double>(found.cells));
    object.set("shift", found.shift);
    object.set("limit", or_null(found.limit));
    object.set("look_shift", found.look_shift);
    object.set("look_limit", or_null(found.look_limit));
    object.set("foreign", found.foreign);
    return object;
  });
}

const Classifier::Model& Classifier::model() const {
  if (!model_) throw Error(ErrorCode::kModelNotLoaded, "no model is loaded");
  return *model_;
}

}  // namespace cytodrop
