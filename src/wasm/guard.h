// What every entry of the border runs in: an uncaught C++ exception would reach JavaScript as a bare number.

#pragma once

#include <emscripten/val.h>

#include <exception>
#include <new>
#include <string>

#include "core/error.h"

namespace cytodrop {

inline emscripten::val failure(ErrorCode code, const std::string& message) {
  emscripten::val result = emscripten::val::object();
  result.set("ok", false);
  result.set("code", std::string(to_string(code)));
  result.set("message", message);
  return result;
}

/// Runs the body of one entry; the only place where exceptions end.
template <typename Body>
emscripten::val guard(Body body) {
  try {
    emscripten::val result = emscripten::val::object();
    result.set("value", body());
    result.set("ok", true);
    return result;
  } catch (const Error& error) {
    return failure(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::kOutOfMemory, "there is not enough memory");
  } catch (const std::exception& error) {
    return failure(ErrorCode::kInternal, error.what());
  } catch (...) {
    return failure(ErrorCode::kInternal, "an unknown failure");
  }
}

}  // namespace cytodrop
