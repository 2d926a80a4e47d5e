#include "core/spec/spec.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "core/spec/field.h"
#include "core/spec/prepare_field.h"

namespace cytodrop {
namespace {

// Bounds as in models/spec.schema.json.
constexpr int kMaxFrameSidePx = 4096, kMaxWidth = 8192;
constexpr double kSmallest = 1e-12, kLargest = 1e12;

FrameRule read_frame(const Field& frame) {
  const Field pixel_size = frame["pixel_size_um"];
  return {.side_px = frame["side_px"].integer(8, kMaxFrameSidePx),
          .pixel_size_um = pixel_size.is_null() ? 0 : pixel_size.number(kSmallest, kLargest),
          .cut_out = frame.has("surroundings") && frame["surroundings"].one_of<bool>({{"kept", false}, {"black", true}})};
}

HeadLayout read_head(const Field& head) {
  HeadLayout layout;
  for (const Field& layer : head["layers"].items(1, 8)) {
    layout.layers.push_back({.name = layer["name"].text(),
                             .inputs = layer["inputs"].integer(1, kMaxWidth),
                             .outputs = layer["outputs"].integer(1, kMaxWidth),
                             .activation = layer["activation"].one_of<Activation>({{"none", Activation::kNone}, {"relu", Activation::kRelu}})});
    const std::size_t count = layout.layers.size();
    if (count > 1 && layout.layers[count - 2].outputs != layout.layers[count - 1].inputs) {
      layer["inputs"].reject("does not fit the layer before it");
    }
  }
  if (layout.layers.back().activation != Activation::kNone) head["layers"].reject("must end without an activation");
  layout.output = head["output"].one_of<HeadOutput>({{"softmax", HeadOutput::kSoftmax}, {"sigmoid", HeadOutput::kSigmoid}});
  if (layout.output == HeadOutput::kSigmoid && layout.logit_count() != 1) head["layers"].reject("must end in one output for a sigmoid");
  return layout;
}

void read_novelty(const Field& novelty, ModelSpec& spec) {
  novelty["rule"].one_of<int>({{"mahalanobis", 0}});
  spec.novelty = NoveltyLayout{.features = spec.feature_channels,
                               .dimensions = novelty["dimensions"].integer(1, spec.feature_channels),
                               .classes = spec.head.class_count()};
  spec.judge.foreign_above = novelty["threshold"].number(kSmallest, kLargest);
  if (!novelty.has("batch")) return;
  const Field batch = novelty["batch"];
  const auto limit = [](const Field& field) { return BatchLimit{.shift = field["shift"].number(0, kLargest), .noise = field["noise"].number(0, kLargest)}; };
  spec.judge.batch = {.least_cells = batch["least_cells"].integer(2, 1000), .features = limit(batch), .look = batch.has("look") ? limit(batch["look"]) : BatchLimit{}};
}

void read_quality(const Field& quality, QualityRules& rules) {
  if (!quality.is_object()) quality.reject("must be an object");
  for (std::size_t i = 0; i < kMeasureCount; ++i) {
    const std::string name(kMeasureNames[i]);
    if (!quality.has(name.c_str())) continue;
    const std::vector<Field> ends = quality[name.c_str()].items(2, 2);
    if (!ends[0].is_null()) rules[i].low = ends[0].number(-kLargest, kLargest);
    if (!ends[1].is_null()) rules[i].high = ends[1].number(-kLargest, kLargest);
    if (rules[i].low > rules[i].high) quality[name.c_str()].reject("has its ends in the wrong order");
  }
}

}  // namespace

ModelSpec parse_spec(std::string_view json_text) {
  const SpecText text("the model's spec", json_text);
  const Field root = text.root();

  const Field version = root["schema_version"];
  if (version.integer(0, std::numeric_limits<int>::max()) != 1) version.reject("is newer than this program; update it");
  ModelSpec spec;
  spec.name = root["name"].text();
  for (const Field& item : root["classes"].items(2, 64)) spec.class_ids.push_back(item["id"].text());
  if (std::set<std::string>(spec.class_ids.begin(), spec.class_ids.end()).size() != spec.class_ids.size()) {
    root["classes"].reject("must have different ids");
  }
  spec.prepare = read_prepare(root);
  if (root.has("frame")) spec.frame = read_frame(root["frame"]);
  if (spec.frame && spec.prepare.crop == CropRule::kStainedCell) root["frame"].reject("does not go with crop.rule stained_cell");
  spec.feature_channels = root["network"]["features"]["channels"].integer(1, kMaxWidth);
  spec.head = read_head(root["head"]);
  if (spec.head.layers.front().inputs != spec.feature_channels) {
    root["head"]["layers"].items(1, 8)[0]["inputs"].reject("does not fit network.features.channels");
  }
  if (spec.head.class_count() != static_cast<int>(spec.class_ids.size())) {
    root["head"]["layers"].reject("does not end in one output per class");
  }
  spec.judge.temperature = root["judge"]["temperature"].number(kSmallest, kLargest);
  spec.judge.abstain_below = root["judge"]["abstain_below"].number(0, 1);
  if (root.has("quality")) read_quality(root["quality"], spec.quality);
  if (root.has("novelty")) read_novelty(root["novelty"], spec);
  return spec;
}

}  // namespace cytodrop
