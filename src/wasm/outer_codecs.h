// Codecs that lie in modules of their own, as the module of the readers calls them.

#pragma once

#include <emscripten/val.h>

namespace cytodrop {

/// Args:
///   name: as the errors kNeedsCodec have it.
///   codec: the module: `Codec` of cytodrop_codec.d.ts.
emscripten::val set_codec(const emscripten::val& name, const emscripten::val& codec);

}  // namespace cytodrop
