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
  basis_ = pack_basis(values("basis", {layout.dimensions, layout.features}), mean_.size(), static_cast<std::size_t>(layout.dimensions));
  scale_ = values("scale", {layout.dimensions});
  class_means_ = values("class_means", {layout.classes, layout.dimensions});
  constexpr auto kMeasures = static_cast<std::int64_t>(kMeasureCount);
  appearance_mean_ = values("appearance_mean", {kMeasures});
  appearance_ = values("appearance", {kMeasures, kMeasures});
  residual_scale_ = static_cast<double>(values("residual_scale", {1}).front());
  if (tensors.contains("exposure") || tensors.contains("exposure_offset")) {
    exposure_ = values("exposure", {layout.features});
    exposure_offset_ = static_cast<double>(values("exposure_offset", {1}).front());
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
  const std::vector<double> z = project(basis_, centred);

  double nearest = std::numeric_limits<double>::infinity();
  std::size_t nearest_first = 0;
  for (std::size_t first = 0; first < class_means_.size(); first += z.size()) {
    double sum = 0;
    for (std::size_t j = 0; j < z.size(); ++j) {
      const double off = (z[j] - static_cast<double>(class_means_[first + j])) * static_cast<double>(scale_[j]);
      sum += off * off;
    }
    if (sum < nearest) nearest_first = first;
    nearest = std::min(nearest, sum);
  }
  Place place;
  place.deviation.reserve(deviation_size());
  for (std::size_t j = 0; j < z.size(); ++j) {
    place.deviation.push_back(static_cast<float>((z[j] - static_cast<double>(class_means_[nearest_first + j])) * static_cast<double>(scale_[j])));
  }
  // Rounding may leave a little less than nothing outside the basis.
  const double outside = std::max(0.0, squared_length(centred) - squared_length(z));
  double appearance = 0;
  for (std::size_t row = 0; row < kMeasureCount; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < kMeasureCount; ++i) {
      sum += static_cast<double>(appearance_[row * kMeasureCount + i]) * (measures[i] - static_cast<double>(appearance_mean_[i]));
    }
    appearance += sum * sum;
    place.deviation.push_back(static_cast<float>(sum));
  }
  double exposed = exposure_offset_;
  for (std::size_t i = 0; i < exposure_.size(); ++i) exposed += static_cast<double>(exposure_[i]) * centred[i];
  exposed = std::max(0.0, exposed);
  place.distance = std::sqrt(nearest + residual_scale_ * outside + appearance + exposed * exposed);
  return place;
}

}  // namespace cytodrop
