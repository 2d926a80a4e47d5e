#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "core/explain/input.h"

namespace cytodrop {

/// Contribution of each region to the logit of one class, height × width. Not owned.
struct MapView {
  const float* data = nullptr;
  int height = 0;
  int width = 0;

  int regions() const { return height * width; }
};

/// In which order the regions of a map are deleted: number 0 by the map, hottest first; 1 from the middle outwards, where a
/// cell lies whatever the map says; 2 and on at random, each number its own order.
constexpr int kMapOrder = 0, kMiddleOrder = 1, kFirstRandomOrder = 2;
constexpr int kRandomOrders = 19;
constexpr int kDeletionOrders = kFirstRandomOrder + kRandomOrders;
/// Areas that differ by less are equal: where the probability hardly falls at all only rounding is left to compare.
constexpr double kNoise = 1e-4;
/// A hundredth of probability, below which nobody would say that the map explains anything.
constexpr double kLeastGap = 0.01;

/// Steps until everything is deleted: one for each region, sixteen at most.
int deletion_steps(const MapView& map);

/// The regions of a map, row by row from 0, in the order in which they are deleted. The first of equals comes first.
///
/// The same numbers on every machine: integers only, and the order of the map's own values.
///
/// Raises: kUnsupportedFeature for a map of fewer than four regions, which has nothing to compare; kInvalidArgument for a value
///   that is not finite, or an order that there is not.
std::vector<int> deletion_order(const MapView& map, int order);

/// The input with more and more of it deleted.
///
/// A deleted region holds, in every channel, the median of the four corner squares of an eighth of the smaller side: the
/// background. Region (r, c) covers the rows ⌊r · H / height⌋ to ⌊(r + 1) · H / height⌋, its columns alike.
///
/// Returns: steps × C × H × W float32; after step s of n ⌊s · regions / n⌋ regions are gone, after the last one all.
/// Raises: as deletion_order; kInvalidArgument for a map with more rows or columns than the input.
std::vector<float> deleted(const InputView& input, const MapView& map, int order);

/// Whether a map explains the verdict.
enum class Explained {
  kLittle,
  kPerhaps,  ///< better than the mean of the random orders by kLeastGap, and than kPerhapsBeaten of them: by chance one map in four
  kClearly,  ///< and than all of them: by chance one map in twenty
};
constexpr int kPerhapsBeaten = 15;

/// The word as it crosses the border and stands in exports: "little", "perhaps" or "clearly".
std::string_view to_string(Explained explained);

/// What the deletions did to the probability of the class that the map is of.
struct Deletion {
  std::vector<double> shares;       ///< steps + 1 shares of the regions deleted, 0 first, 1 last
  std::vector<double> by_map;       ///< probability at each share
  std::vector<double> from_middle;
  std::vector<double> at_random;    ///< mean of the random orders
  double map_area = 0;  ///< under by_map by the trapezium rule, 0 to 1; a map that marks what counts has a small one
  double middle_area = 0;
  double random_area = 0;
  int beaten = 0;  ///< random orders whose area is larger than the map's by more than kNoise
  int random_orders = 0;
  Explained explains = Explained::kLittle;
};

/// Draws the curves and compares them.
///
/// Args:
///   whole: probability of the class with nothing deleted.
///   probabilities: kDeletionOrders × steps.
///   regions: of the map.
/// Raises: kInvalidArgument.
/// Source: Petsiuk et al. 2018, "RISE", the deletion metric; Samek et al. 2017, "Evaluating the visualization of what a deep
///   neural network has learned", which compares with deletion at random.
Deletion deletion(double whole, std::span<const double> probabilities, int regions);

}  // namespace cytodrop
