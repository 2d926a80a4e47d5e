#include "core/encode/encoder.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "core/explain/turns.h"
#include "core/measure/measurements.h"
#include "core/prepare/normalise.h"
#include "core/spec/field.h"

namespace cytodrop {
namespace {

constexpr int kLargestSidePx = 1'024, kMostFeatures = 65'536;
constexpr double kSmallest = 1e-6, kLargest = 1e6;

float real(const Field& field, double least, double most) { return static_cast<float>(field.number(least, most)); }

std::array<float, 3> three(const Field& field, double least, double most) {
  const std::vector<Field> values = field.items(3, 3);
  return {real(values[0], least, most), real(values[1], least, most), real(values[2], least, most)};
}

}  // namespace

EncoderSpec parse_encoder_spec(std::string_view json_text) {
  const SpecText text("the encoder's spec", json_text);
  const Field root = text.root(), grey = root["grey"];
  EncoderSpec spec;
  const auto contrast = [](const Field& field) { return GreyContrast{real(field["gain"], 0, kLargest), real(field["least_spread"], kSmallest, kLargest)}; };
  spec.grey = {.tint = real(grey["tint"], 0, 255),
               .corner_share = grey["corner_share"].integer(2, kMeasuredSidePx),
               .middle = real(grey["middle"], 0, 255),
               .eight_bit = contrast(grey["eight_bit"]),
               .deeper = contrast(grey["deeper"])};
  for (const Field& network : root["networks"].items(1, 8)) {
    const Field normalisation = network["normalisation"];
    normalisation["rule"].one_of<int>({{"mean_std", 0}});
    spec.networks.push_back({.input = network["input"].text(),
                             .output = network["output"].text(),
                             .side_px = network["side_px"].integer(spec.grey.corner_share, kLargestSidePx),
                             .mean = three(normalisation["mean"], -kLargest, kLargest),
                             .std = three(normalisation["std"], kSmallest, kLargest),
                             .features = network["features"].integer(1, kMostFeatures)});
  }
  root["turns"].integer(kEncoderTurns, kEncoderTurns);
  const Field measurements = root["measurements"];
  measurements["side_px"].integer(kMeasuredSidePx, kMeasuredSidePx);
  measurements["names"].items(kMeasurementCount, kMeasurementCount);
  return spec;
}

Encoder::Encoder(EncoderSpec spec, std::span<const std::vector<std::uint8_t>> onnx) : spec_(std::move(spec)) {
  if (onnx.size() != spec_.networks.size()) throw Error(ErrorCode::kInvalidModel, "the encoder needs a file for each of its networks");
  for (std::size_t i = 0; i < onnx.size(); ++i) {
    networks_.emplace_back(onnx[i], spec_.networks[i].input, spec_.networks[i].output);
    // What is wrong with it is better known now than at the first picture.
    const auto side = static_cast<std::size_t>(spec_.networks[i].side_px);
    run(i, std::vector<float>(3 * side * side), 1);
  }
}

int Encoder::feature_count() const {
  int count = static_cast<int>(kMeasurementCount);
  for (const EncoderNetwork& network : spec_.networks) count += network.features;
  return count;
}

std::vector<float> Encoder::features(const ImageView& image, int turns) {
  if (image.channels != 1 && image.channels != 3) throw Error(ErrorCode::kInvalidArgument, "a picture must be opaque, grey or RGB");
  if (turns != 1 && turns != kEncoderTurns) throw Error(ErrorCode::kInvalidArgument, "turns must be 1 or 8");
  const bool grey = is_grey(image, spec_.grey);
  const auto count = static_cast<std::size_t>(feature_count()), rows = static_cast<std::size_t>(turns);
  std::vector<float> features(rows * count);
  std::size_t column = 0;
  const auto put = [&](std::size_t row, std::span<const float> values) { std::copy(values.begin(), values.end(), features.begin() + static_cast<std::ptrdiff_t>(row * count + column)); };
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const EncoderNetwork& network = spec_.networks[i];
    const std::vector<float> lanes = picture_lanes(image, network.side_px, spec_.grey, grey);
    std::vector<float> input(lanes.size() / 4 * 3);
    normalise(lanes, 3, network.mean, network.std, input);
    if (turns > 1) {
      const std::vector<float> others = turned({.data = input.data(), .channels = 3, .height_px = network.side_px, .width_px = network.side_px});
      input.insert(input.end(), others.begin(), others.end());
    }
    const std::span<const float> found = run(i, input, turns);
    const auto own = static_cast<std::size_t>(network.features);
    for (std::size_t row = 0; row < rows; ++row) put(row, found.subspan(row * own, own));
    column += own;
  }
  const Measurements measured = measure_cell(picture_lanes(image, kMeasuredSidePx, spec_.grey, grey));
  const std::vector<float> rounded(measured.begin(), measured.end());
  for (std::size_t row = 0; row < rows; ++row) put(row, rounded);
  return features;
}

std::span<const float> Encoder::run(std::size_t network, const std::vector<float>& input, int turns) {
  const int side = spec_.networks[network].side_px, shape[] = {turns, 3, side, side};
  const Tensor& output = networks_[network].run(input, shape);
  const auto wanted = static_cast<std::size_t>(spec_.networks[network].features) * static_cast<std::size_t>(turns);
  if (output.values.size() != wanted) throw Error(ErrorCode::kInvalidModel, "a network of the encoder does not give as many features as the spec says");
  return output.values;
}

}  // namespace cytodrop
