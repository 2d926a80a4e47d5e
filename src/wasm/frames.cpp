// Entries about frames with many cells.

#include <emscripten.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "core/decode/decode.h"
#include "core/measure/morphometry.h"
#include "core/prepare/display_range.h"
#include "core/prepare/prepare.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

namespace {

/// A detector for one kind of cells.
std::string detector_name(const val& value) {
  const std::string word = value.isString() ? value.as<std::string>() : "";
  if (word != "round" && word != "adherent") throw Error(ErrorCode::kInvalidArgument, "a detector is round or adherent");
  return word;
}

constexpr std::string_view kByNetwork = "network_";
constexpr int kMaxParts = 64;

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

DetectSettings detect_settings(const val& given) {
  const DetectSettings settings{.pixel_size_um = pixel_size(given["pixel_size_um"]),
                                .least_diameter = finite_number(given["least_diameter"], "least_diameter", 0, kLargestLength),
                                .most_diameter = finite_number(given["most_diameter"], "most_diameter", 0, kLargestLength),
                                .sensitivity = finite_number(given["sensitivity"], "sensitivity", 0, 1),
                                .split_touching = truth(given["split_touching"], "split_touching"),
                                .keep_cut_by_border = truth(given["keep_cut_by_border"], "keep_cut_by_border"),
                                .method = method(given["method"])};
  if (settings.least_diameter <= settings.most_diameter) return settings;
  throw Error(ErrorCode::kInvalidArgument, "least_diameter must not be larger than most_diameter");
}

/// Four numbers for each cell.
std::vector<Box> boxes_of(const val& boxes) {
  constexpr std::size_t kMaxCells = 256;
  const std::vector<std::int32_t> sides = copy_in<std::int32_t>(boxes, "Int32Array", "boxes");
  if (sides.empty() || sides.size() % 4 != 0 || sides.size() > 4 * kMaxCells) {
    throw Error(ErrorCode::kInvalidArgument, "boxes must hold four numbers for each of 1 to " + std::to_string(kMaxCells) + " cells");
  }
  std::vector<Box> cells;
  for (std::size_t i = 0; i < sides.size(); i += 4) cells.push_back({sides[i], sides[i + 1], sides[i + 2], sides[i + 3]});
  return cells;
}

/// The outlines of cells, as `detect` gives them.
std::vector<std::vector<Point>> outlines_of(const val& outlines, const val& outline_offsets) {
  const std::vector<float> points = copy_in<float>(outlines, "Float32Array", "outlines");
  const std::vector<std::int32_t> offsets = copy_in<std::int32_t>(outline_offsets, "Int32Array", "outline_offsets");
  const bool fits = !offsets.empty() && offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end()) && 2 * static_cast<std::size_t>(offsets.back()) == points.size() &&
                    std::all_of(points.begin(), points.end(), [](float v) { return std::isfinite(v); });
  if (!fits) throw Error(ErrorCode::kInvalidArgument, "outlines must hold two finite numbers for each point, and outline_offsets where each cell's begin and the last end");
  std::vector<std::vector<Point>> found(offsets.size() - 1);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (auto at = static_cast<std::size_t>(offsets[i]); at < static_cast<std::size_t>(offsets[i + 1]); ++at) found[i].push_back({points[2 * at], points[2 * at + 1]});
  }
  return found;
}

/// Boxes with their outlines.
std::vector<FrameCell> cells_of(const val& boxes, const val& outlines, const val& outline_offsets) {
  const std::vector<Box> places = boxes_of(boxes);
  std::vector<std::vector<Point>> around = outlines_of(outlines, outline_offsets);
  if (around.size() != places.size()) throw Error(ErrorCode::kInvalidArgument, "outline_offsets must hold where the outline of each of the boxes begins and the last ends");
  std::vector<FrameCell> cells;
  for (std::size_t i = 0; i < places.size(); ++i) cells.push_back({places[i], std::move(around[i])});
  return cells;
}

void append(std::vector<std::int32_t>& sides, const Box& box) {
  sides.insert(sides.end(), {box.left_px, box.top_px, box.width_px, box.height_px});
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

/// The way back: a range in the samples of an image, in the 0..255 scale.
SampleRange sample_range(const val& range, SampleType type) {
  constexpr double kLargestSample = 3.5e38;
  const val& fields = fields_of(range, "range");
  const auto end = [&](const char* name) {
    return static_cast<float>(finite_number(fields[name], name, -kLargestSample, kLargestSample) * per_sample(type));
  };
  return {end("low"), end("high")};
}

/// Many cells as a few flat arrays: an object for each would cost a call for each of its fields.
val describe(const std::vector<DetectedCell>& cells) {
  std::vector<std::int32_t> boxes, offsets{0};
  std::vector<float> scores, points;
  std::vector<double> areas;
  std::vector<std::uint8_t> cut, ellipses;
  for (const DetectedCell& cell : cells) {
    append(boxes, cell.box);
    scores.push_back(cell.score);
    areas.push_back(cell.area_px);
    for (const Point& point : cell.outline) points.insert(points.end(), {point.x_px, point.y_px});
    offsets.push_back(static_cast<std::int32_t>(points.size() / 2));
    cut.push_back(cell.cut_by_border);
    ellipses.push_back(cell.is_ellipse);
  }
  val object = val::object();
  object.set("boxes", copy_out(boxes));
  object.set("scores", copy_out(scores));
  object.set("areas_px", copy_out(areas));
  object.set("outlines", copy_out(points));
  object.set("outline_offsets", copy_out(offsets));
  object.set("cut_by_border", copy_out(cut));
  object.set("is_ellipse", copy_out(ellipses));
  return object;
}

}  // namespace

val Classifier::load_detector(const val& name, const val& spec_json, const val& network) {
  return guard([&] {
    Detector detector(parse_detector_spec(text(spec_json, "spec_json")), copy_in<std::uint8_t>(network, "Uint8Array", "network"));
    detectors_.insert_or_assign(detector_name(name), std::move(detector));
    for (auto& [number, frame] : frames_) frame.maps.reset();
    return val::null();
  });
}

val Classifier::open_frame(const val& file, const val& page, const val& channel) {
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

val Classifier::detect(const val& number, const val& settings) {
  return guard([&] {
    Frame& frame = open(number);
    const val& given = fields_of(settings, "settings");
    const DetectSettings asked = detect_settings(given);
    const double start_ms = emscripten_get_now();
    val found = describe(asked.method == DetectMethod::kNetwork ? mark(frame, given["method"].as<std::string>().substr(kByNetwork.size()), asked)
                                                                : cytodrop::detect(frame.image.view(), asked));
    found.set("detect_ms", emscripten_get_now() - start_ms);
    return found;
  });
}

val Classifier::look_at_part(const val& number, const val& settings, const val& part, const val& parts) {
  return guard([&] {
    const Frame& frame = open(number);
    const val& given = fields_of(settings, "settings");
    const DetectSettings asked = detect_settings(given);
    const int count = whole_number(parts, "parts", 1, kMaxParts);
    return copy_out(network_of(given, asked).look_at_part(frame.image.view(), asked, whole_number(part, "part", 0, count - 1), count));
  });
}

val Classifier::join_parts(const val& number, const val& settings, const val& values) {
  return guard([&] {
    Frame& frame = open(number);
    const val& given = fields_of(settings, "settings");
    const DetectSettings asked = detect_settings(given);
    const Detector& network = network_of(given, asked);
    const int count = whole_number(fields_of(values, "values")["length"], "parts", 1, kMaxParts);
    std::vector<std::vector<float>> parts;
    for (int i = 0; i < count; ++i) parts.push_back(copy_in<float>(values[i], "Float32Array", "values"));
    frame.maps = network.joined(frame.image.view(), asked, parts);
    frame.maps_of = given["method"].as<std::string>().substr(kByNetwork.size());
    return val::null();
  });
}

val Classifier::detect_part(const val& number, const val& settings, const val& region) {
  return guard([&] {
    const Frame& frame = open(number);
    const val& given = fields_of(settings, "settings");
    const DetectSettings asked = detect_settings(given);
    const Box part = box_of(region, "region");
    if (part.left_px < 0 || part.top_px < 0 || part.left_px > frame.image.width_px() - part.width_px || part.top_px > frame.image.height_px() - part.height_px) {
      throw Error(ErrorCode::kInvalidArgument, "region must lie within the frame");
    }
    const ImageView view = frame.image.view().crop(part);
    const double start_ms = emscripten_get_now();
    std::vector<DetectedCell> cells;
    if (asked.method == DetectMethod::kNetwork) {
      Detector& network = detector(given["method"].as<std::string>().substr(kByNetwork.size()));
      cells = marked_cells(network.look(view, asked), network.spec(), asked);
    } else {
      cells = cytodrop::detect(view, asked);
    }
    for (DetectedCell& cell : cells) {
      cell.box.left_px += part.left_px;
      cell.box.top_px += part.top_px;
      for (Point& point : cell.outline) point = {point.x_px + static_cast<float>(part.left_px), point.y_px + static_cast<float>(part.top_px)};
    }
    val found = describe(cells);
    found.set("detect_ms", emscripten_get_now() - start_ms);
    return found;
  });
}

val Classifier::prepare_cells(const val& number, const val& boxes, const val& outlines, const val& outline_offsets, const val& pixel_size_um) const {
  return guard([&] {
    const Frame& opened = open(number);
    const ImageView frame = opened.image.view();
    const ModelSpec& spec = model().spec;
    if (!spec.frame) {
      throw Error(ErrorCode::kUnsupportedFeature, "this model was trained on images of one cell each and cannot classify the cells of a frame");
    }
    const std::vector<FrameCell> cells = cells_of(boxes, outlines, outline_offsets);
    const double scale = cell_scale(*spec.frame, pixel_size(pixel_size_um));
    const double start_ms = emscripten_get_now();
    std::vector<Measures> measures;
    const std::vector<float> tensor = cytodrop::prepare_cells(frame, opened.range, cells, spec.prepare, *spec.frame, scale, &measures);
    const double prepared_ms = emscripten_get_now();
    std::vector<std::int32_t> crops;
    for (const FrameCell& cell : cells) append(crops, cell_square(cell.box, spec.prepare, *spec.frame, scale));
    std::vector<double> flat;
    for (const Measures& cell : measures) flat.insert(flat.end(), cell.begin(), cell.end());
    val object = val::object();
    object.set("tensor", copy_out(tensor));
    object.set("shape", array_of({static_cast<int>(cells.size()), spec.prepare.channel_count(), spec.prepare.height_px, spec.prepare.width_px}));
    object.set("measures", copy_out(flat));
    object.set("crops", copy_out(crops));
    object.set("scale", scale);
    object.set("prepare_ms", prepared_ms - start_ms);
    return object;
  });
}

val Classifier::measure_outlines(const val& number, const val& outlines, const val& outline_offsets) const {
  return guard([&] {
    const ImageView frame = open(number).image.view();
    std::vector<double> flat;
    for (const std::vector<Point>& outline : outlines_of(outlines, outline_offsets)) {
      const Morphometry cell = morphometry_of(frame, outline);
      flat.insert(flat.end(), {cell.area_px, cell.equivalent_diameter_px, cell.perimeter_px, cell.feret_diameter_px, cell.circularity, cell.elongation, cell.solidity, cell.grey_mean,
                               cell.grey_spread, cell.granularity});
    }
    return copy_out(flat);
  });
}

val Classifier::view_frame(const val& number, const val& region, const val& max_side_px, const val& range) const {
  return guard([&] {
    const Frame& opened = open(number);
    const ImageView frame = opened.image.view();
    const int side = whole_number(max_side_px, "max_side_px", 1, 4096);
    const Box box = region.isNull() ? Box{0, 0, frame.width_px, frame.height_px} : box_of(region, "region");
    const SampleRange shown = range.isNull() ? opened.range : sample_range(range, frame.type);
    const ScreenPicture picture = draw_region(frame, box, side, shown);
    val view = val::object();
    view.set("width_px", picture.width_px);
    view.set("height_px", picture.height_px);
    view.set("rgba", copy_out(picture.rgba));
    return view;
  });
}

val Classifier::frame_pixels(const val& number) const {
  return guard([&] { return pixel_bytes(open(number).image); });
}

val Classifier::close_frame(const val& number) {
  return guard([&] {
    open(number);
    frames_.erase(number.as<int>());
    --live_count;
    return val::null();
  });
}

const Classifier::Frame& Classifier::open(const val& number) const {
  const auto found = number.isNumber() ? frames_.find(whole_number(number, "frame", 0, std::numeric_limits<int>::max())) : frames_.end();
  if (found == frames_.end()) throw Error(ErrorCode::kFrameNotOpen, "the frame is not open");
  return found->second;
}

std::vector<DetectedCell> Classifier::mark(Frame& frame, const std::string& name, const DetectSettings& settings) {
  Detector& network = detector(name);
  if (!frame.maps || frame.maps_of != name || !network.fits(*frame.maps, settings)) {
    frame.maps = network.look(frame.image.view(), settings);
    frame.maps_of = name;
  }
  return marked_cells(*frame.maps, network.spec(), settings);
}

Detector& Classifier::network_of(const val& given, const DetectSettings& asked) {
  if (asked.method != DetectMethod::kNetwork) throw Error(ErrorCode::kInvalidArgument, "only what a network says of a frame comes in parts");
  return detector(given["method"].as<std::string>().substr(kByNetwork.size()));
}

Detector& Classifier::detector(const std::string& name) {
  const auto found = detectors_.find(name);
  if (found == detectors_.end()) throw Error(ErrorCode::kDetectorNotLoaded, "the network that finds cells is not loaded");
  return found->second;
}

}  // namespace cytodrop
