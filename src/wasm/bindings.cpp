// The whole border between the C++ core and JavaScript by name; cytodrop_core.d.ts describes it, each theme has a file.
//
// Every entry checks what it was given, and one guard turns every failure into {ok: false, code, message}.

#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <string>

#include "classifier.h"
#include "core/explain/deletion.h"

namespace cytodrop {
namespace {

std::string core_version() { return CYTODROP_VERSION; }
int live_objects() { return live_count; }
int deletion_orders() { return kDeletionOrders; }
double heap_bytes() { return static_cast<double>(emscripten_get_heap_size()); }

}  // namespace
}  // namespace cytodrop

EMSCRIPTEN_BINDINGS(cytodrop) {
  using cytodrop::Classifier;
  emscripten::class_<Classifier>("Classifier")
      .constructor<>()
      .function("load_model", &Classifier::load_model)
      .function("prepare", &Classifier::prepare)
      .function("view", &Classifier::view)
      .function("judge", &Classifier::judge)
      .function("judge_batch", &Classifier::judge_batch)
      .function("load_network", &Classifier::load_network)
      .function("run_network", &Classifier::run_network)
      .function("inspect", &Classifier::inspect)
      .function("turn", &Classifier::turn)
      .function("agreement", &Classifier::agreement)
      .function("delete_regions", &Classifier::delete_regions)
      .function("deletion", &Classifier::deletion)
      .function("load_encoder", &Classifier::load_encoder)
      .function("encode", &Classifier::encode)
      .function("encode_lessons", &Classifier::encode_lessons)
      .function("encode_maps", &Classifier::encode_maps)
      .function("load_detector", &Classifier::load_detector)
      .function("open_frame", &Classifier::open_frame)
      .function("detect", &Classifier::detect)
      .function("look_at_part", &Classifier::look_at_part)
      .function("join_parts", &Classifier::join_parts)
      .function("detect_part", &Classifier::detect_part)
      .function("prepare_cells", &Classifier::prepare_cells)
      .function("measure_outlines", &Classifier::measure_outlines)
      .function("view_frame", &Classifier::view_frame)
      .function("frame_pixels", &Classifier::frame_pixels)
      .function("close_frame", &Classifier::close_frame);
  emscripten::function("measure_cells", &cytodrop::measure_cells);
  emscripten::function("compare_models", &cytodrop::compare_models);
  emscripten::function("kappa", &cytodrop::kappa);
  emscripten::function("adjusted_shares", &cytodrop::adjusted_shares);
  emscripten::function("expected_shares", &cytodrop::expected_shares);
  emscripten::function("stratified_share", &cytodrop::stratified_share);
  emscripten::function("plan_lessons", &cytodrop::plan_lessons);
  emscripten::function("leave_part_out", &cytodrop::leave_part_out);
  emscripten::function("learn_head", &cytodrop::learn_head);
  emscripten::function("learn_kind", &cytodrop::learn_kind);
  emscripten::function("suggest_lessons", &cytodrop::suggest_lessons);
  emscripten::function("fit_temperature", &cytodrop::fit_temperature);
  emscripten::function("core_version", &cytodrop::core_version);
  emscripten::function("live_objects", &cytodrop::live_objects);
  emscripten::function("deletion_orders", &cytodrop::deletion_orders);
  emscripten::function("heap_bytes", &cytodrop::heap_bytes);
}
