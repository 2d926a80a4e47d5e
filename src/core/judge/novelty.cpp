#include "core/judge/novelty.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/head/safetensors.h"
#include "core/simd.h"

namespace cytodrop {
namespace {

double squared_length(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return sum;
}

/// Columns of a tensor of measures: a file may be from before the last of them, and then knows the first.
std::int64_t known_measures(const NamedTensors& tensors, const char* name) {
  constexpr auto kMeasures = static_cast<std::int64_t>(kMeasureCount);
  const auto found = tensors.find(name);
  return found == tensors.end() || found->second.shape.empty() ? kMeasures : std::clamp<std::int64_t>(found->second.shape.back(), 1, kMeasures);
}

/// Rows of `width` brought to kMeasureCount by zeros.
std::vector<float> padded(const std::vector<float>& rows, std::int64_t width) {
  const auto columns = static_cast<std::size_t>(width);
  std::vector<float> wide(rows.size() / columns * kMeasureCount);
  for (std::size_t i = 0; i < rows.size(); ++i) wide[i / columns * kMeasureCount + i % columns] = rows[i];
  return wide;
}

/// matrix · (measures − mean), one value a measure.
std::vector<double> apart(std::span<const float> matrix, std::span<const float> mean, const Measures& measures) {
  std::vector<double> values;
  for (std::size_t row = 0; row < kMeasureCount; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < kMeasureCount; ++i) sum += static_cast<double>(matrix[row * kMeasureCount + i]) * (measures[i] - static_cast<double>(mean[i]));
    values.push_back(sum);
  }
  return values;
}

}  // namespace

Basis pack_basis(std::span<const float> rows, std::size_t inputs, std::size_t outputs) {
  constexpr std::size_t kBlock = Basis::kBlock;
  Basis basis{.inputs = inputs, .outputs = outputs, .packed = {}};
  basis.packed.resize((outputs + kBlock - 1) / kBlock * kBlock * inputs);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) basis.packed[(o / kBlock * inputs + i) * kBlock + o % kBlock] = rows[o * inputs + i];
  }
  return basis;
}

std::vector<double> project(const Basis& basis, std::span<const double> in) {
  std::vector<double> out((basis.outputs + Basis::kBlock - 1) / Basis::kBlock * Basis::kBlock);
  const float* row = basis.packed.data();
  for (std::size_t o = 0; o < out.size(); o += Basis::kBlock) {
    Double2 sum[4] = {};
    for (std::size_t i = 0; i < basis.inputs; ++i, row += Basis::kBlock) {
      const Double2 x = {in[i], in[i]};
      const Float4 a = load4(row), b = load4(row + 4);
      sum[0] += low2(a) * x;
      sum[1] += high2(a) * x;
      sum[2] += low2(b) * x;
      sum[3] += high2(b) * x;
    }
    for (std::size_t k = 0; k < Basis::kBlock; ++k) out[o + k] = sum[k / 2][k % 2];
  }
  out.resize(basis.outputs);
  return out;
}

std::vector<double> project_plain(const Basis& basis, std::span<const double> in) {
  std::vector<double> out;
  for (std::size_t o = 0; o < basis.outputs; ++o) {
    double sum = 0;
    for (std::size_t i = 0; i < basis.inputs; ++i) {
      sum += static_cast<double>(basis.packed[(o / Basis::kBlock * basis.inputs + i) * Basis::kBlock + o % Basis::kBlock]) * in[i];
    }
    out.push_back(sum);
  }
  return out;
}

Novelty::Novelty(NoveltyLayout layout, std::span<const std::uint8_t> safetensors) {
  const std::string file_name = "novelty file";
  const NamedTensors tensors = read_safetensors(safetensors, file_name);
  const auto values = [&](const char* name, const std::vector<std::int64_t>& shape) {
    return tensor_values(tensors, file_name, name, shape);
  };
  mean_ = values("mean", {layout.features});
  if (tensors.contains("feature_scale") || tensors.contains("feature_limit")) {
    feature_scale_ = values("feature_scale", {layout.features});
    feature_limit_ = values("feature_limit", {layout.features});
    for (const float limit : feature_limit_) {
      if (limit < 0) throw Error(ErrorCode::kInvalidModel, "the tensor feature_limit of the novelty file has a value below 0");
    }
  }
  basis_ = pack_basis(values("basis", {layout.dimensions, layout.features}), mean_.size(), static_cast<std::size_t>(layout.dimensions));
  scale_ = values("scale", {layout.dimensions});
  class_means_ = values("class_means", {layout.classes, layout.dimensions});
  const auto measures = known_measures(tensors, "appearance_mean");
  appearance_mean_ = padded(values("appearance_mean", {measures}), measures);
  appearance_ = padded(values("appearance", {measures, measures}), measures);
  appearance_.resize(kMeasureCount * kMeasureCount);
  residual_scale_ = static_cast<double>(values("residual_scale", {1}).front());
  if (tensors.contains("exposure") || tensors.contains("exposure_offset")) {
    exposure_ = values("exposure", {layout.features});
    exposure_offset_ = static_cast<double>(values("exposure_offset", {1}).front());
  }
  if (tensors.contains("look") || tensors.contains("look_means")) {
    const auto seen = known_measures(tensors, "look");
    look_means_ = padded(values("look_means", {layout.classes, seen}), seen);
    look_ = padded(values("look", {seen, seen}), seen);
    look_.resize(kMeasureCount * kMeasureCount);
  }
  if (residual_scale_ < 0) throw Error(ErrorCode::kInvalidModel, "the tensor residual_scale of the novelty file is below 0");
}

Place Novelty::place(std::span<const float> embedding, const Measures& measures) const {
  if (embedding.size() != mean_.size() ||
      !std::all_of(embedding.begin(), embedding.end(), [](float v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "the novelty needs an embedding of " + std::to_string(mean_.size()) + " finite values");
  }
  if (!std::all_of(measures.begin(), measures.end(), [](double v) { return std::isfinite(v); })) {
    throw Error(ErrorCode::kInvalidArgument, "the novelty needs measures that are finite");
  }
  std::vector<double> centred(embedding.begin(), embedding.end());
  for (std::size_t i = 0; i < centred.size(); ++i) centred[i] -= static_cast<double>(mean_[i]);
  for (std::size_t i = 0; i < feature_scale_.size(); ++i) {
    const auto limit = static_cast<double>(feature_limit_[i]);
    centred[i] = std::clamp(centred[i] * static_cast<double>(feature_scale_[i]), -limit, limit);
  }
  const std::vector<double> z = project(basis_, centred);

  double nearest = std::numeric_limits<double>::infinity();
  std::size_t nearest_class = 0;
  for (std::size_t first = 0; first < class_means_.size(); first += z.size()) {
    double sum = 0;
    for (std::size_t j = 0; j < z.size(); ++j) {
      const double off = (z[j] - static_cast<double>(class_means_[first + j])) * static_cast<double>(scale_[j]);
      sum += off * off;
    }
    if (sum < nearest) nearest_class = first / z.size();
    nearest = std::min(nearest, sum);
  }
  Place place;
  place.deviation.reserve(deviation_size());
  for (std::size_t j = 0; j < z.size(); ++j) {
    place.deviation.push_back(static_cast<float>((z[j] - static_cast<double>(class_means_[nearest_class * z.size() + j])) * static_cast<double>(scale_[j])));
  }
  // Rounding may leave a little less than nothing outside the basis.
  const double outside = std::max(0.0, squared_length(centred) - squared_length(z));
  const std::vector<double> appearance = apart(appearance_, appearance_mean_, measures);
  for (const double value : appearance) place.deviation.push_back(static_cast<float>(value));
  if (look_size() > 0) {
    for (const double value : apart(look_, std::span(look_means_).subspan(nearest_class * kMeasureCount, kMeasureCount), measures)) {
      place.deviation.push_back(static_cast<float>(value));
    }
  }
  double exposed = exposure_offset_;
  for (std::size_t i = 0; i < exposure_.size(); ++i) exposed += static_cast<double>(exposure_[i]) * centred[i];
  exposed = std::max(0.0, exposed);
  place.distance = std::sqrt(nearest + residual_scale_ * outside + squared_length(appearance) + exposed * exposed);
  return place;
}

}  // namespace cytodrop
