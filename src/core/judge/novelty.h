#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/judge/quality.h"

namespace cytodrop {

/// Shape of a model's statistics of its training images.
struct NoveltyLayout {
  int features = 0;    ///< D, values of an embedding
  int dimensions = 0;  ///< d, directions in which the statistics are kept
  int classes = 0;     ///< K
};

/// Where a cell lies among a model's training images.
struct Place {
  double distance = 0;
  /// From the nearest class, each in standard deviations: d directions of the features, then M of the measures from the mean of all
  /// classes, then, of a model that says how its cells look, M of the measures from that class's mean.
  std::vector<float> deviation;
};

/// Rows of unit length, packed so that a run goes along outputs: packed[block][input][kBlock], padded with 0.
struct Basis {
  static constexpr std::size_t kBlock = 8;
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::vector<float> packed;
};

/// Packs the rows [outputs][inputs].
Basis pack_basis(std::span<const float> rows, std::size_t inputs, std::size_t outputs);

/// out[o] = Σ row[o, i] · in[i], each sum in float64 and in input order.
std::vector<double> project(const Basis& basis, std::span<const double> in);

/// The plain twin of `project`.
std::vector<double> project_plain(const Basis& basis, std::span<const double> in);

/// Tells how far a cell's embedding and the plain measures of its crop lie from those of a model's training images.
class Novelty {
 public:
  /// Takes the statistics from a safetensors file: `mean` [D], `basis` [d, D] with orthonormal rows, `scale` [d],
  /// `class_means` [K, d], `residual_scale` [1], of features that have no scale of their own `feature_scale` [D], by which each is multiplied before all else, and `feature_limit` [D], within which the product is kept, `appearance_mean` [M] and `appearance` [M, M], and, of a model that was shown foreign
  /// images, `exposure` [D] and `exposure_offset` [1]. To tell sets of cells also `look_means` [K, M] and `look` [M, M]. A file that knows
  /// fewer measures has the first of them.
  ///
  /// Raises: kInvalidModel naming a tensor that is missing, has another shape or type, or holds a value that is not finite,
  ///   or for a `residual_scale` below 0.
  Novelty(NoveltyLayout layout, std::span<const std::uint8_t> safetensors);

  /// The Mahalanobis distance to the nearest class, with what lies outside the basis weighed by one number.
  ///
  /// With c the embedding less the mean, times feature_scale, and z = basis · c: the root of the least over k of
  /// Σ_j ((z_j − class_means[k, j]) · scale_j)², plus residual_scale · (‖c‖² − ‖z‖²), plus ‖appearance · (measures − appearance_mean)‖²,
  /// plus max(0, exposure · c + exposure_offset)².
  /// All sums are in float64 and in order, so that every build gives the same bits.
  ///
  /// Args:
  ///   embedding: D finite values.
  ///   measures: M finite values.
  /// Raises: kInvalidArgument for another number of values or one that is not finite.
  /// Source: Lee et al. 2018, "A simple unified framework for detecting out-of-distribution samples and adversarial attacks";
  ///   for the last part Hendrycks et al. 2019, "Deep anomaly detection with outlier exposure".
  double distance(std::span<const float> embedding, const Measures& measures) const { return place(embedding, measures).distance; }

  /// The distance, and of what whole sets of cells are judged: the terms of its first and third sum with their signs, and with k the
  /// nearest class look · (measures − look_means[k]), which adds nothing to the distance. Arguments and errors as for `distance`.
  Place place(std::span<const float> embedding, const Measures& measures) const;

  /// Values of a cell's deviation.
  std::size_t deviation_size() const { return scale_.size() + kMeasureCount + look_size(); }
  /// How many of them, the last ones, are of the look; 0 of a model that says nothing of it.
  std::size_t look_size() const { return look_.empty() ? 0 : kMeasureCount; }

 private:
  std::vector<float> mean_;
  std::vector<float> feature_scale_, feature_limit_;  ///< empty where features are taken as they are
  Basis basis_;
  std::vector<float> scale_;
  std::vector<float> class_means_;
  double residual_scale_ = 0;
  std::vector<float> appearance_mean_;
  std::vector<float> appearance_;
  std::vector<float> exposure_;  ///< empty for a model that was shown no foreign images
  double exposure_offset_ = 0;
  std::vector<float> look_means_;
  std::vector<float> look_;  ///< empty for a model that says nothing of the look
};

}  // namespace cytodrop
