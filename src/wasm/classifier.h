// One core's state behind the border: a model, a network, an encoder, detectors and open frames. cytodrop_core.d.ts describes the entries.

#pragma once

#include <emscripten/val.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/detect/detect.h"
#include "core/detect/detector.h"
#include "core/detect/marked_cells.h"
#include "core/encode/encoder.h"
#include "core/head/head.h"
#include "core/image.h"
#include "core/judge/novelty.h"
#include "core/network/network.h"
#include "core/prepare/cells.h"
#include "core/spec/spec.h"

namespace cytodrop {

/// Classifiers made and not deleted, and the frames open in them.
inline int live_count = 0;

class Classifier {
  using val = emscripten::val;

 public:
  Classifier() { ++live_count; }
  ~Classifier() { live_count -= 1 + static_cast<int>(frames_.size()); }
  Classifier(const Classifier&) = delete;
  Classifier& operator=(const Classifier&) = delete;

  // Images of one cell: classify.cpp
  val load_model(const val& spec_json, const val& head_file, const val& novelty_file);
  val prepare(const val& file, const val& scale) const;
  val view(const val& file, const val& max_side_px, const val& scale) const;
  val judge(const val& features, const val& shape, const val& measures) const;
  val judge_batch(const val& deviations) const;

  // The engine: network.cpp
  val load_network(const val& network, const val& input, const val& output);
  val run_network(const val& tensor, const val& shape);

  // What files say of themselves: inspect.cpp
  val inspect(const val& file) const;

  // Beyond the verdict: explain.cpp
  val turn(const val& tensor, const val& shape) const;
  val agreement(const val& probabilities, const val& class_count, const val& class_index) const;
  val delete_regions(const val& tensor, const val& shape, const val& map, const val& map_height, const val& map_width, const val& order) const;
  val deletion(const val& whole, const val& probabilities, const val& regions) const;

  // Features for new types: encode.cpp
  val load_encoder(const val& spec_json, const val& networks);
  val encode(const val& file, const val& turns);
  val encode_lessons(const val& tensor, const val& shape);
  val encode_maps(const val& tensor, const val& shape);

  // Frames with many cells: frames.cpp
  val load_detector(const val& name, const val& spec_json, const val& network);
  val open_frame(const val& file, const val& page, const val& channel);
  val detect(const val& number, const val& settings);
  val look_at_part(const val& number, const val& settings, const val& part, const val& parts);
  val join_parts(const val& number, const val& settings, const val& values);
  val detect_part(const val& number, const val& settings, const val& region);
  val prepare_cells(const val& number, const val& boxes, const val& outlines, const val& outline_offsets, const val& pixel_size_um) const;
  val measure_outlines(const val& frame, const val& outlines, const val& outline_offsets) const;
  val view_frame(const val& number, const val& region, const val& max_side_px, const val& range) const;
  val frame_pixels(const val& number) const;
  val close_frame(const val& number);

 private:
  struct Model {
    ModelSpec spec;
    Head head;
    std::optional<Novelty> novelty;
  };

  struct Frame {
    Image image;
    SampleRange range;
    std::optional<CellMaps> maps;  ///< what a detector said of it last
    std::string maps_of;           ///< that detector's name
  };

  /// Raises: kModelNotLoaded.
  const Model& model() const;
  Encoder& encoder();
  /// An open frame; it stays where it is until it is closed. Raises: kFrameNotOpen.
  const Frame& open(const val& number) const;
  Frame& open(const val& number) { return const_cast<Frame&>(std::as_const(*this).open(number)); }
  /// Asks the network only where its maps of this frame would be others than those it gave last.
  std::vector<DetectedCell> mark(Frame& frame, const std::string& name, const DetectSettings& settings);
  /// Raises: kInvalidArgument where no network is asked for; kDetectorNotLoaded.
  Detector& network_of(const val& given, const DetectSettings& asked);
  /// Raises: kDetectorNotLoaded.
  Detector& detector(const std::string& name);

  std::map<int, Frame> frames_;
  int last_frame_ = 0;
  std::optional<Model> model_;
  std::optional<Network> network_;
  std::optional<Encoder> encoder_;
  std::map<std::string, Detector> detectors_;  ///< by name
};

// Cells of known type, without a model: metrics.cpp
emscripten::val measure_cells(const emscripten::val& cells, const emscripten::val& draws);
emscripten::val compare_models(const emscripten::val& first, const emscripten::val& second, const emscripten::val& draws);
emscripten::val kappa(const emscripten::val& matrix);
emscripten::val adjusted_shares(const emscripten::val& named, const emscripten::val& known);
emscripten::val expected_shares(const emscripten::val& probabilities, const emscripten::val& trained, const emscripten::val& weights);
emscripten::val stratified_share(const emscripten::val& strata);

// Learning from labelled cells, without a model: learn.cpp
emscripten::val plan_lessons(const emscripten::val& lessons);
emscripten::val leave_part_out(const emscripten::val& lessons, const emscripten::val& part);
emscripten::val learn_head(const emscripten::val& lessons, const emscripten::val& strength);
emscripten::val learn_kind(const emscripten::val& lessons, const emscripten::val& distances);
emscripten::val suggest_lessons(const emscripten::val& lessons, const emscripten::val& labelled, const emscripten::val& uncertainties, const emscripten::val& count);
emscripten::val fit_temperature(const emscripten::val& logits, const emscripten::val& labels, const emscripten::val& types);

}  // namespace cytodrop
