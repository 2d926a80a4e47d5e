// The whole border between the C++ core and JavaScript; cytodrop_core.d.ts describes it.
//
// Every entry checks what it was given, and one guard turns every failure into {ok: false, code, message}: an uncaught
// C++ exception would reach JavaScript as a bare number.

#include <emscripten.h>
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <cmath>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/head/head.h"
#include "core/judge/judge.h"
#include "core/judge/novelty.h"
#include "core/network/network.h"
#include "core/prepare/prepare.h"
#include "core/spec/spec.h"

namespace cytodrop {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

constexpr std::size_t kMaxFileBytes = 512'000'000;

val failure(ErrorCode code, const std::string& message) {
  val result = val::object();
  result.set("ok", false);
  result.set("code", std::string(to_string(code)));
  result.set("message", message);
  return result;
}

/// Runs the body of one entry; the only place where exceptions end.
template <typename Body>
val guard(Body body) {
  try {
    val result = val::object();
    result.set("value", body());
    result.set("ok", true);
    return result;
  } catch (const Error& error) {
    return failure(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::kOutOfMemory, "there is not enough memory");
  } catch (const std::exception& error) {
    return failure(ErrorCode::kInternal, error.what());
  } catch (...) {
    return failure(ErrorCode::kInternal, "an unknown failure");
  }
}

/// A copy of a typed array that JavaScript passed.
///
/// Raises: kInvalidArgument when it is not an array of that type or is too long.
template <typename Value>
std::vector<Value> copy_in(const val& array, const char* type_name, const char* argument) {
  if (!array.instanceof(val::global(type_name))) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a " + type_name + ", not " +
                                                 array.typeOf().as<std::string>());
  }
  const auto length = array["length"].as<double>();
  if (length * sizeof(Value) > static_cast<double>(kMaxFileBytes)) {
    throw Error(ErrorCode::kTooLarge, std::string(argument) + " is larger than " +
                                          std::to_string(kMaxFileBytes / 1'000'000) + " MB");
  }
  std::vector<Value> copy(static_cast<std::size_t>(length));
  if (!copy.empty()) val(typed_memory_view(copy.size(), copy.data())).call<void>("set", array);
  return copy;
}

/// A copy that JavaScript owns: a view would have length 0 after the next growth of memory.
template <typename Value>
val copy_out(const std::vector<Value>& values) {
  return val(typed_memory_view(values.size(), values.data())).template call<val>("slice");
}

int whole_number(const val& value, const char* argument, int least, int most) {
  const double number = value.isNumber() ? value.as<double>() : -1;
  if (!(number >= least && number <= most) || number != static_cast<int>(number)) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a whole number from " +
                                                 std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int>(number);
}

val array_of(const std::vector<int>& numbers) {
  val array = val::array();
  for (const int number : numbers) array.call<void>("push", number);
  return array;
}

val describe(const Box& box) {
  val object = val::object();
  object.set("left_px", box.left_px);
  object.set("top_px", box.top_px);
  object.set("width_px", box.width_px);
  object.set("height_px", box.height_px);
  return object;
}

val describe(const DecodedImage& decoded) {
  val object = val::object();
  object.set("format", std::string(to_string(decoded.header.format)));
  object.set("width_px", decoded.image.width_px());
  object.set("height_px", decoded.image.height_px());
  object.set("channels", decoded.header.channels);
  object.set("bits_per_channel", decoded.header.bits_per_channel);
  object.set("exif_orientation", decoded.header.exif_orientation);
  object.set("pages", decoded.pages);
  object.set("page_channels", decoded.channels);
  object.set("pixel_size_um", decoded.pixel_size_um > 0 ? val(decoded.pixel_size_um) : val::null());
  object.set("damaged", decoded.damaged);
  return object;
}

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

int live_count = 0;

class Classifier {
 public:
  Classifier() { ++live_count; }
  ~Classifier() { --live_count; }
  Classifier(const Classifier&) = delete;
  Classifier& operator=(const Classifier&) = delete;

  val load_model(const val& spec_json, const val& head_file, const val& novelty_file) {
    return guard([&] {
      if (!spec_json.isString()) throw Error(ErrorCode::kInvalidArgument, "spec_json must be a text");
      ModelSpec spec = parse_spec(spec_json.as<std::string>());
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

  val prepare(const val& file) const {
    return guard([&] {
      const ModelSpec& spec = model().spec;
      const double start_ms = emscripten_get_now();
      const DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
      const double decoded_ms = emscripten_get_now();
      const std::vector<float> tensor = cytodrop::prepare(decoded.image.view(), spec.prepare);
      const double prepared_ms = emscripten_get_now();

      val object = val::object();
      object.set("image", describe(decoded));
      object.set("crop", describe(crop_box(spec.prepare, decoded.image.width_px(), decoded.image.height_px())));
      object.set("tensor", copy_out(tensor));
      object.set("shape", array_of({1, spec.prepare.channel_count(), spec.prepare.height_px, spec.prepare.width_px}));
      object.set("decode_ms", decoded_ms - start_ms);
      object.set("prepare_ms", prepared_ms - decoded_ms);
      return object;
    });
  }

  val view(const val& file, const val& max_side_px) const {
    return guard([&] {
      const int side = whole_number(max_side_px, "max_side_px", 1, 4096);
      const DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
      const Box box = crop_box(model().spec.prepare, decoded.image.width_px(), decoded.image.height_px());
      const ScreenPicture picture = draw_for_screen(decoded.image.view(), box, side);
      val object = val::object();
      object.set("width_px", picture.width_px);
      object.set("height_px", picture.height_px);
      object.set("rgba", copy_out(picture.rgba));
      object.set("crop", describe(box));
      object.set("image", describe(decoded));
      return object;
    });
  }

  val judge(const val& features, const val& shape) const {
    return guard([&] {
      const Model& loaded = model();
      constexpr int kMaxBatch = 4096, kMaxSide = 8192;
      if (!shape.isArray() || shape["length"].as<int>() != 4) {
        throw Error(ErrorCode::kInvalidArgument, "shape must be a list of 4 numbers: cells, channels, height, width");
      }
      const int cells = whole_number(shape[0], "shape[0]", 1, kMaxBatch);
      const FeatureView first{.data = nullptr,
                              .channels = whole_number(shape[1], "shape[1]", 1, kMaxSide),
                              .height = whole_number(shape[2], "shape[2]", 1, kMaxSide),
                              .width = whole_number(shape[3], "shape[3]", 1, kMaxSide)};
      const std::vector<float> values = copy_in<float>(features, "Float32Array", "features");
      const double wanted = static_cast<double>(cells) * first.channels * first.height * first.width;
      if (static_cast<double>(values.size()) != wanted) {
        throw Error(ErrorCode::kInvalidArgument,
                    "features must have as many values as their shape says, not " + std::to_string(values.size()));
      }
      val verdicts = val::array();
      const std::size_t stride = values.size() / static_cast<std::size_t>(cells);
      for (std::size_t i = 0; i < static_cast<std::size_t>(cells); ++i) {
        FeatureView cell = first;
        cell.data = values.data() + i * stride;
        const HeadResult head = loaded.head.run(cell);
        const double novelty = loaded.novelty ? loaded.novelty->distance(head.embedding) : std::nan("");
        verdicts.call<void>("push", describe(cytodrop::judge(head.logits, loaded.spec.head.output, loaded.spec.judge, novelty), head, cell));
      }
      return verdicts;
    });
  }

  val load_network(const val& network, const val& input, const val& output) {
    return guard([&] {
      if (!input.isString() || !output.isString()) throw Error(ErrorCode::kInvalidArgument, "input and output must be texts");
      network_ = Network(copy_in<std::uint8_t>(network, "Uint8Array", "network"), input.as<std::string>(), output.as<std::string>());
      return val::null();
    });
  }

  val run_network(const val& tensor, const val& shape) {
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

 private:
  struct Model {
    ModelSpec spec;
    Head head;
    std::optional<Novelty> novelty;
  };

  const Model& model() const {
    if (!model_) throw Error(ErrorCode::kModelNotLoaded, "no model is loaded");
    return *model_;
  }

  std::optional<Model> model_;
  std::optional<Network> network_;
};

std::string core_version() { return CYTODROP_VERSION; }
int live_objects() { return live_count; }
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
      .function("load_network", &Classifier::load_network)
      .function("run_network", &Classifier::run_network);
  emscripten::function("core_version", &cytodrop::core_version);
  emscripten::function("live_objects", &cytodrop::live_objects);
  emscripten::function("heap_bytes", &cytodrop::heap_bytes);
}
