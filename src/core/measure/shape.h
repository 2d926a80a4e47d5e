#pragma once
#include "core/measure/pixels.h"

namespace cytodrop {

/// Adds what `measure_cell` says of the body and its core.
void add_shapes(const Axes& axes, Writer& out);

}  // namespace cytodrop
