#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/learn/alike.h"
#include "core/learn/compact.h"
#include "core/learn/folds.h"
#include "core/learn/kind.h"

namespace cytodrop {

/// Labelled cells, and what is known before of them. Not owned.
struct Lessons {
  Features features;
  std::span<const std::int32_t> labels;  ///< N, from 0 to types − 1
  std::span<const std::int32_t> groups;  ///< N; see make_folds
  std::span<const double> known;         ///< N × types, the logits of the head towards which is learned, or empty
  int types = 0;

  std::size_t count() const { return labels.size(); }
};

/// Raises: kInvalidArgument where lengths do not fit each other, a value is not finite, a variance is below 0, a label is no type, or there are fewer than two types.
void check_lessons(const Lessons& lessons);

/// A dense layer on features, of which a known head's logits are added.
struct LearnedHead {
  std::vector<double> weights;  ///< types × D
  std::vector<double> bias;     ///< types
  double strength = 0;          ///< inverse of the penalty; 0: the known head stays as it is
};

/// Inverses of the penalty that are tried.
constexpr double kStrengths[] = {3, 10, 30, 100, 300};
/// Taken where there are too few cells to choose.
constexpr double kUsualStrength = 100;

/// Learns a head; types weigh the same, however many cells each has.
///
/// Raises: kInvalidArgument, kOutOfMemory.
LearnedHead learn_head(const Lessons& lessons, double strength);

/// The strength with the least mean loss on cells that were left out; of a known head 0 where none is better than it by more than the
/// standard error of their difference, so that few labels do not make it worse.
double choose_strength(const Lessons& lessons);

/// The head of that strength; what takes longest is done once.
LearnedHead learn_best_head(const Lessons& lessons);

/// How good a head learned from so many cells is on others.
struct CurvePoint {
  double learned_from = 0;  ///< cells
  double balanced_accuracy = 0;  ///< share named rightly, mean over the types
};

/// One part of the folds, named by a head that was learned from the others, with a strength chosen within these: nested, so that the choice
/// does not flatter the figure.
struct LeftOut {
  std::vector<std::size_t> cells;    ///< of the part
  std::vector<double> logits;        ///< of these, each with one for every type
  std::vector<double> distances;     ///< of these, to the kind of the others
  double strength = 0;               ///< that was chosen
  std::vector<CurvePoint> curve;     ///< a quarter, half and all of the others learned from
};

/// The folds in which lessons are tested. Of a type with one cell there are none.
Folds folds_of(const Lessons& lessons);

/// Raises: kInvalidArgument.
LeftOut leave_out(const Lessons& lessons, const Folds& folds, int part);

/// What all cells look like, to tell others from.
///
/// Raises: kInvalidArgument.
Kind kind_of(const Lessons& lessons);

/// Pairs of cells of nearly the same picture among them.
///
/// Raises: kInvalidArgument.
std::vector<Alike> alike_among(const Lessons& lessons);

/// The temperature at which logits of cells that were not learned from lose least; types weigh the same.
///
/// Of n cells of a type one in n + 2 is taken for wrong: that none of few was wrong does not show that none ever will be.
///
/// Source: Guo et al. 2017; Platt 1999 for the one in n + 2. By golden section between 0.05 and 20.
double fit_temperature(std::span<const double> logits, std::span<const std::int32_t> labels, int types);

/// Logits of a cell.
std::vector<double> apply(const LearnedHead& head, std::span<const float> features, std::span<const double> known);

}  // namespace cytodrop
