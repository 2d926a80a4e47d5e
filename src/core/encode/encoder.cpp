#include "core/encode/encoder.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "core/explain/turns.h"
#include "core/head/head.h"
#include "core/measure/measurements.h"
#include "core/spec/field.h"
#include "core/spec/prepare_field.h"

namespace cytodrop {
namespace {

constexpr int kMostFeatures = 65'536, kMostGrid = 64;
constexpr double kSmallest = 1e-6, kLargest = 1e6;

std::array<float, 3> three(const Field& field, double least, double most) {
  const std::vector<Field> values = field.items(3, 3);
  const auto real = [&](std::size_t i) { return static_cast<float>(values[i].number(least, most)); };
  return {real(0), real(1), real(2)};
}

PrepareRules read_picture(const Field& root) {
  PrepareRules rules = read_prepare(root);
  const bool is_square = rules.width_px == rules.height_px && rules.width_px % kMeasuredSidePx == 0;
  if (!is_square) root["input"]["width_px"].reject("must be that of a square, and a multiple of " + std::to_string(kMeasuredSidePx));
  if (rules.normalisation != NormalisationRule::kGreyContrast) root["normalisation"]["rule"].reject("must be grey_contrast");
  return rules;
}

/// Measurements of a picture, from the means of its squares.
std::vector<float> measured(std::span<const float> picture, std::size_t side) {
  const std::size_t step = side / kMeasuredSidePx, plane = side * side;
  std::vector<float> lanes(4 * kMeasuredSidePx * kMeasuredSidePx);
  for (std::size_t i = 0; i < lanes.size(); i += 4) {
    const std::size_t top = i / 4 / kMeasuredSidePx * step, left = i / 4 % kMeasuredSidePx * step;
    for (std::size_t c = 0; c < 3; ++c) {
      float sum = 0;
      for (std::size_t y = top; y < top + step; ++y) {
        for (std::size_t x = left; x < left + step; ++x) sum += picture[c * plane + y * side + x];
      }
      lanes[i + c] = sum / static_cast<float>(step * step);
    }
  }
  const Measurements found = measure_cell(lanes);
  return {found.begin(), found.end()};
}

}  // namespace

EncoderSpec parse_encoder_spec(std::string_view json_text) {
  const SpecText text("the encoder's spec", json_text);
  const Field root = text.root();
  EncoderSpec spec{.prepare = read_picture(root), .networks = {}, .grid = root["grid"].integer(2, kMostGrid), .turns = root["turns"].integer(kQuarterTurns, kEncoderTurns)};
  if (spec.turns != kQuarterTurns && spec.turns != kEncoderTurns) root["turns"].reject("must be 4 or 8");
  for (const Field& network : root["networks"].items(1, 8)) {
    const Field normalisation = network["normalisation"];
    normalisation["rule"].one_of<int>({{"mean_std", 0}});
    spec.networks.push_back({.input = network["input"].text(),
                             .output = network["output"].text(),
                             .mean = three(normalisation["mean"], -kLargest, kLargest),
                             .std = three(normalisation["std"], kSmallest, kLargest),
                             .features = network["features"].integer(1, kMostFeatures)});
  }
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
    run(i, std::vector<float>(3 * side() * side()), 1);
  }
}

int Encoder::feature_count() const {
  int count = static_cast<int>(kMeasurementCount);
  for (const EncoderNetwork& network : spec_.networks) count += network.features;
  return count;
}

std::vector<float> Encoder::features(std::span<const float> picture, int turns) {
  if (turns != 1 && turns != kQuarterTurns && turns != kEncoderTurns) throw Error(ErrorCode::kInvalidArgument, "turns must be 1, 4 or 8");
  const auto count = static_cast<std::size_t>(feature_count()), rows = static_cast<std::size_t>(turns);
  std::vector<float> features(rows * count);
  std::size_t column = 0;
  const auto put = [&](std::size_t row, std::span<const float> values) { std::copy(values.begin(), values.end(), features.begin() + static_cast<std::ptrdiff_t>(row * count + column)); };
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const EncoderNetwork& network = spec_.networks[i];
    const std::span<const float> found = run(i, input_of(network, picture, turns), turns);
    const std::size_t own = found.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
      put(row, global_average_pool({.data = found.data() + row * own, .channels = network.features, .height = spec_.grid, .width = spec_.grid}));
    }
    column += static_cast<std::size_t>(network.features);
  }
  const std::vector<float> measurements = measured(picture, side());
  for (std::size_t row = 0; row < rows; ++row) put(row, measurements);
  return features;
}

std::vector<float> Encoder::maps(std::span<const float> picture) {
  std::vector<float> maps;
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const EncoderNetwork& network = spec_.networks[i];
    const std::span<const float> found = run(i, input_of(network, picture, spec_.turns), spec_.turns);
    const std::vector<float> upright = mean_turned_back(found, {.data = found.data(), .channels = network.features, .height_px = spec_.grid, .width_px = spec_.grid});
    maps.insert(maps.end(), upright.begin(), upright.end());
  }
  for (const float value : measured(picture, side())) maps.insert(maps.end(), cells(), value);
  return maps;
}

std::vector<float> Encoder::input_of(const EncoderNetwork& network, std::span<const float> picture, int turns) const {
  const std::size_t plane = side() * side();
  if (picture.size() != 3 * plane) throw Error(ErrorCode::kInvalidArgument, "the encoder needs a picture of 3 × " + std::to_string(side()) + " × " + std::to_string(side()));
  std::vector<float> input(picture.size());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = (picture[i] - network.mean[i / plane]) / network.std[i / plane];
  if (turns > 1) {
    const std::vector<float> others = turned({.data = input.data(), .channels = 3, .height_px = spec_.prepare.height_px, .width_px = spec_.prepare.width_px});
    input.insert(input.end(), others.begin(), others.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(turns - 1) * picture.size()));
  }
  return input;
}

std::span<const float> Encoder::run(std::size_t network, const std::vector<float>& input, int turns) {
  const int shape[] = {turns, 3, spec_.prepare.height_px, spec_.prepare.width_px};
  const Tensor& output = networks_[network].run(input, shape);
  const std::vector<int> wanted = {turns, spec_.networks[network].features, spec_.grid, spec_.grid};
  if (output.shape != wanted) throw Error(ErrorCode::kInvalidModel, "a network of the encoder does not give the maps that the spec says");
  return output.values;
}

}  // namespace cytodrop
