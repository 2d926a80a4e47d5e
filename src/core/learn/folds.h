#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace cytodrop {

/// Parts of labelled cells, each of which is once left out of learning and tested on.
struct Folds {
  std::vector<int> of;     ///< of each cell, from 0
  int count = 0;           ///< 0: there are too few cells of a type to leave any out
  bool is_grouped = true;  ///< no group stands on both sides; false where a type has only one group
};

/// Parts of nearly equal size and mixture of types.
///
/// Groups are taken largest first, those of one size in an order drawn by lot, each into the part that has least of its types.
/// Where a type has fewer than two groups, every cell is its own group.
///
/// Args:
///   labels: N, from 0 to types − 1.
///   groups: N, any numbers: of cells of one picture, day or patient the same.
///   most: parts at most; no more than the type with fewest groups has.
Folds make_folds(std::span<const std::int32_t> labels, std::span<const std::int32_t> groups, int types, int most);

}  // namespace cytodrop
