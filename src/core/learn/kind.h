#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/learn/compact.h"

namespace cytodrop {

/// What the cells that were learned from look like, to tell others from: the tensors of a novelty file, see core/judge/novelty.h.
struct Kind {
  std::vector<double> mean, feature_scale, feature_limit;  ///< D
  std::vector<double> basis;                ///< d × D, at least one, orthonormal rows in scaled features
  std::vector<double> scale;                ///< d
  std::vector<double> class_means;          ///< types × d
  double residual_scale = 0;

  std::size_t dimensions() const { return scale.size(); }
};

/// Fits it: the first directions of the scaled features, in which the covariance within types is shrunk towards a sphere, and one variance
/// in all others.
///
/// Of n cells in all there are at most (n − types) / 3 directions, so that a variance is told by three cells at least; the covariance is shrunk by
/// d / (n − types + d). No feature counts for more than kMostSpreads: of one that hardly
/// differs between few cells the spread says nothing. What is left outside is measured on the cells themselves, which lie nearer than others will: distances have to be
/// judged by those of cells that were left out. These are told by a kind of fewer cells, and compare only where it weighs what it
/// keeps and what is outside as the kind of all does: by the number of all.
///
/// Args:
///   labels: of the compact cells; a type without a cell has the mean of the first with one.
///   in_all: n; more than the compact cells where some are left out.
/// Source: Tipping and Bishop 1999 for the one variance; the directions by orthogonal iteration (Golub and Van Loan, 8.2), turned by
///   Jacobi's method (8.5).
constexpr double kMostSpreads = 4;
Kind fit_kind(const Compact& compact, std::span<const std::int32_t> labels, int types, std::size_t in_all);

/// How far a cell lies from the nearest type: as Novelty::distance without its other terms.
double distance(const Kind& kind, std::span<const float> features);

/// The distance below which 98 of 100 cells of the kind lie, told by distances of cells that were left out; of fewer than fifty a
/// seventh above the largest, for the largest of few says little. Infinity where there are none.
///
/// Raises: kInvalidArgument for one below 0 or that is not finite.
double usual_distance(std::span<const double> distances);

}  // namespace cytodrop
