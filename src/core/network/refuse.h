#pragma once
#include <string>

#include "core/error.h"

namespace cytodrop::refuse {

// The three ways in which a network is refused.

[[noreturn]] inline void invalid(const std::string& what) {
  throw Error(ErrorCode::kInvalidModel, "the network file is not valid: " + what);
}

[[noreturn]] inline void unsupported(const std::string& what) {
  throw Error(ErrorCode::kUnsupportedOperator, "the network has an operator that this engine does not run: " + what);
}

[[noreturn]] inline void too_large(const std::string& what) {
  throw Error(ErrorCode::kTooLarge, "the network is too large for this engine: " + what);
}

}  // namespace cytodrop::refuse
