// The whole border between the C++ core and JavaScript; cytodrop_core.d.ts describes it.
//
// Every entry checks what it was given, and one guard turns every failure into {ok: false, code, message}: an uncaught
// C++ exception would reach JavaScript as a bare number.

#include <emscripten.h>
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decode/decode.h"
#include "core/detect/detect.h"
#include "core/detect/detector.h"
#include "core/detect/marked_cells.h"
#include "core/error.h"
#include "core/explain/deletion.h"
#include "core/explain/turns.h"
#include "core/head/head.h"
#include "core/inspect/inspect.h"
#include "core/judge/judge.h"
#include "core/judge/novelty.h"
#include "core/judge/quality.h"
#include "core/network/network.h"
#include "core/prepare/cells.h"
#include "core/prepare/prepare.h"
#include "core/spec/spec.h"

namespace cytodrop {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

constexpr std::size_t kMaxFileBytes = 512'000'000;
constexpr int kMaxClasses = 8192;

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
  const double number = value.isNumber() ? value.as<double>() : std::nan("");
  if (!(number >= least && number <= most) || number != static_cast<int>(number)) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a whole number from " +
                                                 std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int>(number);
}

double finite_number(const val& value, const char* argument, double least, double most) {
  const double number = value.isNumber() ? value.as<double>() : std::nan("");
  if (!(number >= least && number <= most)) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

bool truth(const val& value, const char* argument) {
  if (!value.isTrue() && !value.isFalse()) throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be true or false");
  return value.isTrue();
}

/// An object whose fields can be asked for: of null or undefined that would throw in JavaScript.
const val& fields_of(const val& value, const char* argument) {
  if (value.isNull() || value.isUndefined()) throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be an object");
  return value;
}

/// A detector for one kind of cells.
std::string detector_name(const val& value) {
  const std::string word = value.isString() ? value.as<std::string>() : "";
  if (word != "round" && word != "adherent") throw Error(ErrorCode::kInvalidArgument, "a detector is round or adherent");
  return word;
}

constexpr std::string_view kByNetwork = "network_";

/// One of the two ways without a network, or kNetwork for `network_` and a detector's name.
DetectMethod method(const val& value) {
  const std::string word = value.isString() ? value.as<std::string>() : "";
  if (word == "round") return DetectMethod::kRound;
  if (word == "adherent") return DetectMethod::kAdherent;
  if (word == "network_round" || word == "network_adherent") return DetectMethod::kNetwork;
  throw Error(ErrorCode::kInvalidArgument, "method must be network_round, network_adherent, round or adherent");
}

constexpr double kLargestLength = 1e6;

/// A pixel size in µm, 0 for null: not known.
double pixel_size(const val& value) { return value.isNull() ? 0 : finite_number(value, "pixel_size_um", 1e-6, kLargestLength); }

Box box_of(const val& value, const char* argument) {
  constexpr int kFar = 1'000'000'000, kMaxSide = 100'000;
  const val& fields = fields_of(value, argument);
  const Box box{whole_number(fields["left_px"], "left_px", -kFar, kFar), whole_number(fields["top_px"], "top_px", -kFar, kFar),
                whole_number(fields["width_px"], "width_px", 1, kMaxSide), whole_number(fields["height_px"], "height_px", 1, kMaxSide)};
  if (std::int64_t{box.width_px} * box.height_px > kMaxPixels) throw Error(ErrorCode::kTooLarge, std::string(argument) + " has too many pixels");
  return box;
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

val describe(const FileFacts& facts) {
  val object = val::object();
  object.set("format", std::string(to_string(facts.header.format)));
  object.set("width_px", facts.header.width_px);
  object.set("height_px", facts.header.height_px);
  object.set("channels", facts.header.channels);
  object.set("bits_per_channel", facts.header.bits_per_channel);
  object.set("pages", facts.pages);
  object.set("page_channels", facts.channels);
  object.set("pixel_size_um", facts.pixel_size_um > 0 ? val(facts.pixel_size_um) : val::null());
  object.set("pixel_size_source", facts.pixel_size_source.empty() ? val::null() : val(std::string(facts.pixel_size_source)));
  return object;
}

val describe(const FileContent& content) {
  val tags = val::array(), notes = val::array();
  for (const Tag& tag : content.tags) {
    val object = val::object();
    object.set("group", tag.group);
    object.set("name", tag.name);
    object.set("value", tag.value);
    object.set("mark", std::string(to_string(tag.mark)));
    tags.call<void>("push", object);
  }
  for (const std::string& note : content.notes) notes.call<void>("push", note);
  val object = val::object();
  object.set("facts", content.facts ? describe(*content.facts) : val::null());
  object.set("problem", content.problem);
  object.set("tags", tags);
  object.set("notes", notes);
  return object;
}

/// Size and samples of an image, from which its hash is made: "WIDTHxHEIGHTxCHANNELS:BITS\n" in ASCII, then the samples row by row,
/// copied straight into an array of JavaScript's: a frame may fill most of the core's own memory.
val pixel_bytes(const ImageView& image) {
  const std::string head = std::to_string(image.width_px) + "x" + std::to_string(image.height_px) + "x" + std::to_string(image.channels) + ":" +
                           std::to_string(8 * sample_bytes(image.type)) + "\n";
  const std::size_t row_bytes = static_cast<std::size_t>(image.width_px) * image.pixel_bytes();
  val bytes = val::global("Uint8Array").new_(static_cast<double>(head.size() + row_bytes * static_cast<std::size_t>(image.height_px)));
  const auto put = [&](const void* from, std::size_t count, std::size_t at) {
    bytes.call<void>("set", val(typed_memory_view(count, static_cast<const std::uint8_t*>(from))), static_cast<double>(at));
  };
  put(head.data(), head.size(), 0);
  for (int y = 0; y < image.height_px; ++y) put(image.row(y), row_bytes, head.size() + static_cast<std::size_t>(y) * row_bytes);
  return bytes;
}

/// How many steps of the 0..255 scale one sample of an image makes.
double per_sample(SampleType type) { return type == SampleType::kUint8 ? 1 : type == SampleType::kUint16 ? 1 / 257.0 : 255; }

/// A range in the samples of an image.
val describe(const SampleRange& range, SampleType type) {
  const auto sample = [&](float value) { return type == SampleType::kFloat32 ? value / per_sample(type) : std::round(value / per_sample(type)); };
  val object = val::object();
  object.set("low", sample(range.low));
  object.set("high", sample(range.high));
  return object;
}

/// Many cells as a few flat arrays: an object for each would cost a call for each of its fields.
val describe(const std::vector<DetectedCell>& cells) {
  std::vector<std::int32_t> boxes, offsets{0};
  std::vector<float> scores, points;
  std::vector<double> areas;
  std::vector<std::uint8_t> cut;
  for (const DetectedCell& cell : cells) {
    boxes.insert(boxes.end(), {cell.box.left_px, cell.box.top_px, cell.box.width_px, cell.box.height_px});
    scores.push_back(cell.score);
    areas.push_back(cell.area_px);
    for (const Point& point : cell.outline) points.insert(points.end(), {point.x_px, point.y_px});
    offsets.push_back(static_cast<std::int32_t>(points.size() / 2));
    cut.push_back(cell.cut_by_border);
  }
  val object = val::object();
  object.set("boxes", copy_out(boxes));
  object.set("scores", copy_out(scores));
  object.set("areas_px", copy_out(areas));
  object.set("outlines", copy_out(points));
  object.set("outline_offsets", copy_out(offsets));
  object.set("cut_by_border", copy_out(cut));
  return object;
}

/// One prepared input that JavaScript passed, with its shape [1, C, H, W].
struct OneInput {
  std::vector<float> values;
  InputView view;

  OneInput(const val& tensor, const val& shape) : values(copy_in<float>(tensor, "Float32Array", "tensor")) {
    constexpr int kMaxSide = 8192;
    if (!shape.isArray() || shape["length"].as<int>() != 4) throw Error(ErrorCode::kInvalidArgument, "shape must be a list of 4 numbers: 1, channels, height, width");
    whole_number(shape[0], "shape[0]", 1, 1);
    view = {values.data(), whole_number(shape[1], "shape[1]", 1, kMaxSide), whole_number(shape[2], "shape[2]", 1, kMaxSide), whole_number(shape[3], "shape[3]", 1, kMaxSide)};
    if (static_cast<double>(view.channels) * view.height_px * view.width_px != static_cast<double>(values.size())) {
      throw Error(ErrorCode::kInvalidArgument, "tensor must have as many values as its shape says, not " + std::to_string(values.size()));
    }
  }

  /// Several of its kind.
  val output(const std::vector<float>& several) const {
    val object = val::object();
    object.set("data", copy_out(several));
    object.set("shape", array_of({static_cast<int>(several.size() / values.size()), view.channels, view.height_px, view.width_px}));
    return object;
  }
};

int live_count = 0;

class Classifier {
 public:
  Classifier() { ++live_count; }
  ~Classifier() { live_count -= 1 + static_cast<int>(frames_.size()); }
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
      Measures measures;
      const std::vector<float> tensor = cytodrop::prepare(decoded.image.view(), spec.prepare, std::nullopt, &measures);
      const double prepared_ms = emscripten_get_now();

      val object = val::object();
      object.set("image", describe(decoded));
      object.set("crop", describe(crop_box(spec.prepare, decoded.image.width_px(), decoded.image.height_px())));
      object.set("tensor", copy_out(tensor));
      object.set("shape", array_of({1, spec.prepare.channel_count(), spec.prepare.height_px, spec.prepare.width_px}));
      object.set("measures", copy_out(std::vector<double>(measures.begin(), measures.end())));
      object.set("pixels", pixel_bytes(decoded.image.view()));
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

  val judge(const val& features, const val& shape, const val& measures) const {
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
      const std::vector<double> measured = copy_in<double>(measures, "Float64Array", "measures");
      if (measured.size() != static_cast<std::size_t>(cells) * kMeasureCount) {
        throw Error(ErrorCode::kInvalidArgument, "measures must have " + std::to_string(kMeasureCount) + " values for each cell, not " + std::to_string(measured.size()));
      }
      val verdicts = val::array();
      const std::size_t stride = values.size() / static_cast<std::size_t>(cells);
      for (std::size_t i = 0; i < static_cast<std::size_t>(cells); ++i) {
        FeatureView cell = first;
        cell.data = values.data() + i * stride;
        const HeadResult head = loaded.head.run(cell);
        Measures own;
        std::copy_n(measured.begin() + static_cast<std::ptrdiff_t>(i * kMeasureCount), kMeasureCount, own.begin());
        const double novelty = loaded.novelty ? loaded.novelty->distance(head.embedding, own) : std::nan("");
        val verdict = describe(cytodrop::judge(head.logits, loaded.spec.head.output, loaded.spec.judge, novelty), head, cell);
        verdict.set("quality", describe(quality_flags(own, loaded.spec.quality)));
        verdicts.call<void>("push", verdict);
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

  val inspect(const val& file) const {
    return guard([&] { return describe(cytodrop::inspect(copy_in<std::uint8_t>(file, "Uint8Array", "file"))); });
  }

  val turn(const val& tensor, const val& shape) const {
    return guard([&] {
      const OneInput input(tensor, shape);
      return input.output(turned(input.view));
    });
  }

  val agreement(const val& probabilities, const val& class_count, const val& class_index) const {
    return guard([&] {
      const Agreement found = cytodrop::agreement(copy_in<double>(probabilities, "Float64Array", "probabilities"), whole_number(class_count, "class_count", 1, kMaxClasses),
                                                  whole_number(class_index, "class_index", 0, kMaxClasses));
      val object = val::object();
      object.set("agree", found.agree);
      object.set("of", found.of);
      object.set("least_probability", found.least_probability);
      object.set("mean_probability", found.mean_probability);
      return object;
    });
  }

  val delete_regions(const val& tensor, const val& shape, const val& map, const val& map_height, const val& map_width, const val& order) const {
    return guard([&] {
      constexpr int kMaxSide = 8192;
      const OneInput input(tensor, shape);
      const std::vector<float> values = copy_in<float>(map, "Float32Array", "map");
      const MapView view{values.data(), whole_number(map_height, "map_height", 1, kMaxSide), whole_number(map_width, "map_width", 1, kMaxSide)};
      if (static_cast<std::size_t>(view.regions()) != values.size()) throw Error(ErrorCode::kInvalidArgument, "map must have map_height × map_width values, not " + std::to_string(values.size()));
      return input.output(deleted(input.view, view, whole_number(order, "order", 0, kDeletionOrders - 1)));
    });
  }

  val deletion(const val& whole, const val& probabilities, const val& regions) const {
    return guard([&] {
      constexpr int kMaxRegions = 1 << 26;
      const Deletion found = cytodrop::deletion(finite_number(whole, "whole", 0, 1), copy_in<double>(probabilities, "Float64Array", "probabilities"), whole_number(regions, "regions", 1, kMaxRegions));
      val object = val::object();
      object.set("shares", copy_out(found.shares));
      object.set("by_map", copy_out(found.by_map));
      object.set("from_middle", copy_out(found.from_middle));
      object.set("at_random", copy_out(found.at_random));
      object.set("map_area", found.map_area);
      object.set("middle_area", found.middle_area);
      object.set("random_area", found.random_area);
      object.set("beaten", found.beaten);
      object.set("random_orders", found.random_orders);
      object.set("explains", std::string(to_string(found.explains)));
      return object;
    });
  }

  val load_detector(const val& name, const val& spec_json, const val& network) {
    return guard([&] {
      if (!spec_json.isString()) throw Error(ErrorCode::kInvalidArgument, "spec_json must be a text");
      Detector detector(parse_detector_spec(spec_json.as<std::string>()), copy_in<std::uint8_t>(network, "Uint8Array", "network"));
      detectors_.insert_or_assign(detector_name(name), std::move(detector));
      for (auto& [number, frame] : frames_) frame.maps.reset();
      return val::null();
    });
  }

  val open_frame(const val& file, const val& page, const val& channel) {
    return guard([&] {
      constexpr int kMaxPages = 1'000'000, kMaxChannels = 1'000;
      constexpr std::size_t kMaxFrames = 4;
      const DecodeOptions options{.page = whole_number(page, "page", 0, kMaxPages), .channel = whole_number(channel, "channel", -1, kMaxChannels)};
      if (frames_.size() >= kMaxFrames) throw Error(ErrorCode::kInvalidArgument, "too many frames are open; close one first");
      const double start_ms = emscripten_get_now();
      DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"), options);
      const double decoded_ms = emscripten_get_now();
      val object = val::object();
      object.set("frame", ++last_frame_);
      object.set("image", describe(decoded));
      object.set("pages", decoded.pages);
      object.set("channels", decoded.channels);
      object.set("pixel_size_um", decoded.pixel_size_um > 0 ? val(decoded.pixel_size_um) : val::null());
      object.set("damaged", decoded.damaged);
      const SampleRange range = display_range(decoded.image.view());
      object.set("range", describe(range, decoded.image.type()));
      object.set("decode_ms", decoded_ms - start_ms);
      frames_.emplace(last_frame_, Frame{std::move(decoded.image), range, std::nullopt, ""});
      ++live_count;
      return object;
    });
  }

  val detect(const val& number, const val& settings) {
    return guard([&] {
      Frame& frame = open(number);
      const val& given = fields_of(settings, "settings");
      const DetectSettings asked{.pixel_size_um = pixel_size(given["pixel_size_um"]),
                                 .least_diameter = finite_number(given["least_diameter"], "least_diameter", 0, kLargestLength),
                                 .most_diameter = finite_number(given["most_diameter"], "most_diameter", 0, kLargestLength),
                                 .sensitivity = finite_number(given["sensitivity"], "sensitivity", 0, 1),
                                 .split_touching = truth(given["split_touching"], "split_touching"),
                                 .keep_cut_by_border = truth(given["keep_cut_by_border"], "keep_cut_by_border"),
                                 .method = method(given["method"])};
      if (!(asked.least_diameter <= asked.most_diameter)) {
        throw Error(ErrorCode::kInvalidArgument, "least_diameter must not be larger than most_diameter");
      }
      const double start_ms = emscripten_get_now();
      const std::vector<DetectedCell> cells = asked.method == DetectMethod::kNetwork ? mark(frame, given["method"].as<std::string>().substr(kByNetwork.size()), asked) : cytodrop::detect(frame.image.view(), asked);
      val found = describe(cells);
      found.set("detect_ms", emscripten_get_now() - start_ms);
      return found;
    });
  }

  val prepare_cells(const val& number, const val& boxes, const val& pixel_size_um) const {
    return guard([&] {
      const Frame& opened = open(number);
      const ImageView frame = opened.image.view();
      const ModelSpec& spec = model().spec;
      if (!spec.frame) {
        throw Error(ErrorCode::kUnsupportedFeature, "this model was trained on images of one cell each and cannot classify the cells of a frame");
      }
      constexpr std::size_t kMaxCells = 256;
      const std::vector<std::int32_t> sides = copy_in<std::int32_t>(boxes, "Int32Array", "boxes");
      if (sides.empty() || sides.size() % 4 != 0 || sides.size() > 4 * kMaxCells) {
        throw Error(ErrorCode::kInvalidArgument, "boxes must hold four numbers for each of 1 to " + std::to_string(kMaxCells) + " cells");
      }
      std::vector<Box> cells;
      for (std::size_t i = 0; i < sides.size(); i += 4) cells.push_back({sides[i], sides[i + 1], sides[i + 2], sides[i + 3]});
      const double scale = cell_scale(*spec.frame, pixel_size(pixel_size_um));
      const double start_ms = emscripten_get_now();
      std::vector<Measures> measures;
      const std::vector<float> tensor = cytodrop::prepare_cells(frame, opened.range, cells, spec.prepare, *spec.frame, scale, &measures);
      const double prepared_ms = emscripten_get_now();
      std::vector<std::int32_t> crops;
      for (const Box& cell : cells) {
        const Box square = cell_square(cell, spec.prepare, *spec.frame, scale);
        crops.insert(crops.end(), {square.left_px, square.top_px, square.width_px, square.height_px});
      }
      val object = val::object();
      object.set("tensor", copy_out(tensor));
      object.set("shape", array_of({static_cast<int>(cells.size()), spec.prepare.channel_count(), spec.prepare.height_px, spec.prepare.width_px}));
      std::vector<double> flat;
      for (const Measures& cell : measures) flat.insert(flat.end(), cell.begin(), cell.end());
      object.set("measures", copy_out(flat));
      object.set("crops", copy_out(crops));
      object.set("scale", scale);
      object.set("prepare_ms", prepared_ms - start_ms);
      return object;
    });
  }

  val view_frame(const val& number, const val& region, const val& max_side_px, const val& range) const {
    return guard([&] {
      const Frame& opened = open(number);
      const ImageView frame = opened.image.view();
      const int side = whole_number(max_side_px, "max_side_px", 1, 4096);
      const Box box = region.isNull() ? Box{0, 0, frame.width_px, frame.height_px} : box_of(region, "region");
      constexpr double kLargestSample = 3.5e38;
      const auto end = [&](const char* name) { return finite_number(fields_of(range, "range")[name], name, -kLargestSample, kLargestSample); };
      SampleRange shown = opened.range;
      if (!range.isNull()) {
        const double scale = per_sample(frame.type);
        shown = {static_cast<float>(end("low") * scale), static_cast<float>(end("high") * scale)};
      }
      const ScreenPicture picture = draw_region(frame, box, side, shown);
      val view = val::object();
      view.set("width_px", picture.width_px);
      view.set("height_px", picture.height_px);
      view.set("rgba", copy_out(picture.rgba));
      return view;
    });
  }

  val frame_pixels(const val& number) const {
    return guard([&] { return pixel_bytes(open(number).image.view()); });
  }

  val close_frame(const val& number) {
    return guard([&] {
      open(number);
      frames_.erase(number.as<int>());
      --live_count;
      return val::null();
    });
  }

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

  const Model& model() const {
    if (!model_) throw Error(ErrorCode::kModelNotLoaded, "no model is loaded");
    return *model_;
  }

  /// The pixels of an open frame; they stay where they are until it is closed.
  const Frame& open(const val& number) const {
    const auto found = number.isNumber() ? frames_.find(whole_number(number, "frame", 0, std::numeric_limits<int>::max())) : frames_.end();
    if (found == frames_.end()) throw Error(ErrorCode::kFrameNotOpen, "the frame is not open");
    return found->second;
  }
  Frame& open(const val& number) { return const_cast<Frame&>(std::as_const(*this).open(number)); }

  /// Asks the network only where its maps of this frame would be others than those it gave last.
  std::vector<DetectedCell> mark(Frame& frame, const std::string& name, const DetectSettings& settings) {
    const auto found = detectors_.find(name);
    if (found == detectors_.end()) throw Error(ErrorCode::kDetectorNotLoaded, "the network that finds cells is not loaded");
    Detector& detector = found->second;
    if (!frame.maps || frame.maps_of != name || !detector.fits(*frame.maps, settings)) {
      frame.maps = detector.look(frame.image.view(), settings);
      frame.maps_of = name;
    }
    return marked_cells(*frame.maps, detector.spec(), settings);
  }

  std::map<int, Frame> frames_;
  int last_frame_ = 0;
  std::optional<Model> model_;
  std::optional<Network> network_;
  std::map<std::string, Detector> detectors_;  ///< by name
};

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
      .function("load_network", &Classifier::load_network)
      .function("run_network", &Classifier::run_network)
      .function("inspect", &Classifier::inspect)
      .function("turn", &Classifier::turn)
      .function("agreement", &Classifier::agreement)
      .function("delete_regions", &Classifier::delete_regions)
      .function("deletion", &Classifier::deletion)
      .function("load_detector", &Classifier::load_detector)
      .function("open_frame", &Classifier::open_frame)
      .function("detect", &Classifier::detect)
      .function("prepare_cells", &Classifier::prepare_cells)
      .function("view_frame", &Classifier::view_frame)
      .function("frame_pixels", &Classifier::frame_pixels)
      .function("close_frame", &Classifier::close_frame);
  emscripten::function("core_version", &cytodrop::core_version);
  emscripten::function("live_objects", &cytodrop::live_objects);
  emscripten::function("deletion_orders", &cytodrop::deletion_orders);
  emscripten::function("heap_bytes", &cytodrop::heap_bytes);
}
