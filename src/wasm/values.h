// Values as they cross the border: checked on the way in, copied on the way out.

#pragma once

#include <emscripten/val.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/image.h"
#include "core/inspect/inspect.h"
#include "core/prepare/prepare.h"

namespace cytodrop {

constexpr std::size_t kMaxFileBytes = 512'000'000;

/// A copy of a typed array that JavaScript passed.
///
/// Raises: kInvalidArgument when it is not an array of that type or is too long.
template <typename Value>
std::vector<Value> copy_in(const emscripten::val& array, const char* type_name, const char* argument) {
  if (!array.instanceof(emscripten::val::global(type_name))) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a " + type_name + ", not " +
                                                 array.typeOf().as<std::string>());
  }
  const auto length = array["length"].as<double>();
  if (length * sizeof(Value) > static_cast<double>(kMaxFileBytes)) {
    throw Error(ErrorCode::kTooLarge, std::string(argument) + " is larger than " +
                                          std::to_string(kMaxFileBytes / 1'000'000) + " MB");
  }
  std::vector<Value> copy(static_cast<std::size_t>(length));
  if (!copy.empty()) emscripten::val(emscripten::typed_memory_view(copy.size(), copy.data())).call<void>("set", array);
  return copy;
}

/// A copy that JavaScript owns: a view would have length 0 after the next growth of memory.
template <typename Value>
emscripten::val copy_out(const std::vector<Value>& values) {
  return emscripten::val(emscripten::typed_memory_view(values.size(), values.data())).template call<emscripten::val>("slice");
}

/// The sides of inputs, features and maps.
constexpr int kMaxSide = 8192;

/// The next ones raise kInvalidArgument with what was expected.
int whole_number(const emscripten::val& value, const char* argument, int least, int most);
double finite_number(const emscripten::val& value, const char* argument, double least, double most);
bool truth(const emscripten::val& value, const char* argument);
std::string text(const emscripten::val& value, const char* argument);

/// An object whose fields can be asked for: of null or undefined that would throw in JavaScript.
const emscripten::val& fields_of(const emscripten::val& value, const char* argument);

/// What the values of several cells, one after the other, are laid out as.
struct CellShape {
  int cells;
  int channels;
  int height;
  int width;
};

/// Args:
///   first: what the first of the four numbers is called where they are missing.
CellShape cell_shape(const emscripten::val& shape, const char* first, int most_cells);

/// A box of at most kMaxPixels, anywhere. Raises: kInvalidArgument, kTooLarge.
Box box_of(const emscripten::val& value, const char* argument);

emscripten::val array_of(const std::vector<int>& numbers);

emscripten::val describe(const Box& box);
emscripten::val describe(const DecodedImage& decoded);
emscripten::val describe(const FileContent& content);

/// What the header of a file and its directories say, in the fields that all descriptions of files share.
emscripten::val describe_file(const FileHeader& header, int width_px, int height_px, int pages, int channels, double pixel_size_um);

/// Size and samples of an image, from which its hash is made: "WIDTHxHEIGHTxCHANNELS:BITS\n" in ASCII, then the samples row by row,
/// copied straight into an array of JavaScript's: a frame may fill most of the core's own memory.
emscripten::val pixel_bytes(const Image& image);

}  // namespace cytodrop
