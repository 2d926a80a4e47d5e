// Entries about what a file says beside its pixels.

#include "core/inspect/inspect.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

val Classifier::inspect(const val& file) const {
  return guard([&] { return describe(cytodrop::inspect(copy_in<std::uint8_t>(file, "Uint8Array", "file"))); });
}

}  // namespace cytodrop
