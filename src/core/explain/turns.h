#pragma once
#include <span>
#include <vector>

#include "core/explain/input.h"

namespace cytodrop {

/// Ways to turn and mirror an input so that it keeps its shape, the input as it is among them: 8 for a square, else 4.
int turn_count(const InputView& input);

/// The input in every other way: a cell has no up and no left, so that a verdict should not depend on them.
///
/// Way k is mirrored left to right where k > 3, then turned clockwise by k mod 4 quarters; of an oblong only even quarters.
///
/// Returns: (turn_count − 1) × C × H × W float32, ways in rising order without way 0, the input as it is.
std::vector<float> turned(const InputView& input);

/// The mean of maps of the first four or of all eight ways of a square input, each turned back.
///
/// Args:
///   maps: 4 or 8 × C × H × W, in the order of the ways, that of the input as it is first.
///   one: the shape of one of them; a square.
/// Returns: C × H × W; each sum is in float32, in the order of the ways.
/// Raises: kInvalidArgument.
std::vector<float> mean_turned_back(std::span<const float> maps, const InputView& one);

/// How far a verdict holds when the picture is turned.
struct Agreement {
  int agree = 0;  ///< pictures whose most probable class is the named one
  int of = 0;     ///< pictures, the one that was not turned among them
  double least_probability = 0;  ///< of the named class over the pictures
  double mean_probability = 0;
};

/// Compares the verdicts of one cell's turned pictures.
///
/// Args:
///   probabilities: of, × classes; of a tie the first class is the most probable, as in `judge`.
///   named: the class that the picture as it is was called.
/// Raises: kInvalidArgument.
Agreement agreement(std::span<const double> probabilities, int class_count, int named);

}  // namespace cytodrop
