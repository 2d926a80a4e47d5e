#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cytodrop {

/// Features of cells to learn from. Not owned.
struct Features {
  std::span<const float> values;         ///< N × D, each the mean over the ways to turn the cell's picture
  std::span<const float> turned;         ///< N × D, the variance over these ways; empty where there was one way
  std::span<const std::int32_t> blocks;  ///< lengths of the blocks of D that weigh the same, however many values each has
  std::size_t width = 0;                 ///< D

  std::size_t count() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const float> row(std::size_t cell) const { return values.subspan(cell * width, width); }
};

/// Cells in the space that they span, in which a regression is as good as in that of all features and far cheaper.
///
/// Each feature less its mean is divided by the root of (its variance between cells + kTurnWeight · its mean variance between turns of one
/// cell), and by what makes every block weigh the same. A direction that changes when a cell is turned says little of its type: so
/// weighed, one row a cell is worth more than eight rows, one for each turn (models/cell-encoder/card.md). The space is that of the rows
/// which a pivoted Cholesky decomposition of their products picks, up to kMostRank: an L2 penalty is the same in both.
///
/// Cells that all have the same features span nothing: rank 0.
///
/// Products are summed in float32 within 64 features and in float64 beyond, in one order: equal bits in every build.
class Compact {
 public:
  /// Of some cells. There are at least one. Memory and time go with their number times the rank.
  Compact(const Features& features, std::span<const std::size_t> cells);

  std::size_t rank() const { return landmarks_.size(); }
  std::size_t count() const { return count_; }
  /// Coordinates of the cells, in their order: count × rank.
  std::span<const double> rows() const { return rows_; }

  /// Of each feature: its mean, and what it is divided by.
  std::span<const double> mean() const { return mean_; }
  std::span<const double> scale() const { return scale_; }
  /// What of `scale` makes blocks weigh the same.
  std::span<const double> divisor() const { return divisor_; }

  /// Directions of the compact space, count × rank, as ones of the features less their means and divided: count × D.
  std::vector<double> directions(std::span<const double> coordinates, std::size_t count) const;

  /// A linear function in the compact space as one of the features.
  ///
  /// Args:
  ///   coefficients: types × rank.
  /// Returns: types × D, and adds to `bias`, one for each type.
  std::vector<double> weights(std::span<const double> coefficients, std::span<double> bias) const;

 private:
  std::size_t width_, count_;
  std::vector<double> mean_, scale_, divisor_;  ///< D
  std::vector<float> standard_;          ///< of the landmarks, rank × D
  std::vector<std::size_t> landmarks_;   ///< among the cells
  std::vector<double> rows_;
};

constexpr double kTurnWeight = 3;
constexpr std::size_t kMostRank = 256;

/// The product of two rows of float32, as Compact sums it.
double product(std::span<const float> one, std::span<const float> other);

}  // namespace cytodrop
