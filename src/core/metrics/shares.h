#pragma once
#include <optional>
#include <span>
#include <vector>

#include "core/metrics/scores.h"

namespace cytodrop {

/// Shares of the types among cells that a model named, freed of the errors that it is known to make.
///
/// Args:
///   named: of each type how many cells were called it.
///   known: true types by named ones, of other cells that were looked at.
/// Returns: shares of the types, at least 0 and summing to 1; nothing where the errors cannot be undone: a type that was never looked at, or two
///   that are named alike.
/// Raises: kInvalidArgument.
/// Source: Rogan and Gladen 1978, "Estimating prevalence from the results of a screening test"; for several types the same with the inverse of
///   the matrix of rates, as Forman 2008, "Quantifying counts and costs via classification". What comes out below 0 is set to 0.
std::optional<std::vector<double>> adjusted_shares(std::span<const double> named, const ConfusionMatrix& known);

/// Shares of the types among cells where they are not as frequent as among the training images, by expectation maximisation.
///
/// Args:
///   probabilities: N × types, C-contiguous, calibrated where the types are as frequent as `trained` says.
///   trained: share of each type among the training images.
///   weights: of each cell, or empty.
/// Returns: the shares, summing to 1; `trained` where no cell counts.
/// Raises: kInvalidArgument.
/// Source: Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities", section 2.2.
std::vector<double> expected_shares(std::span<const double> probabilities, std::span<const double> trained, std::span<const double> weights = {});

}  // namespace cytodrop
