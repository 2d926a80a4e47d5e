#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/learn/compact.h"

namespace cytodrop {

/// Cells worth a label next: those of which the head is unsure, far from each other and from those that have one.
///
/// One after the other that with the largest product of uncertainty and distance to the nearest labelled or chosen cell. Uncertainty alone
/// asks about many cells that are alike. Measured on five sets, in rounds of ten, on three of them this saves half of the labels or more
/// (docs/teaching.md).
///
/// Args:
///   features: labelled cells first, then the others.
///   labelled: how many.
///   uncertainties: of the others, at least 0.
///   count: how many to choose; fewer where there are not so many.
/// Returns: places among the others, the most telling first.
/// Raises: kInvalidArgument.
/// Source: Settles 2009, "Active learning literature survey", information density; Sener and Savarese 2018 for the distance.
std::vector<std::size_t> suggest(const Features& features, std::size_t labelled, std::span<const double> uncertainties, std::size_t count);

}  // namespace cytodrop
