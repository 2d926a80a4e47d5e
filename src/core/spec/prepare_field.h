#pragma once
#include "core/prepare/prepare.h"
#include "core/spec/field.h"

namespace cytodrop {

/// How a spec, of a model or of an encoder, says that images become its networks' input: its fields input, crop, resize and normalisation.
///
/// Raises: kInvalidModel naming the field.
PrepareRules read_prepare(const Field& spec);

}  // namespace cytodrop
