#include "values.h"

#include <cmath>
#include <cstdint>

namespace cytodrop {

using emscripten::typed_memory_view;
using emscripten::val;

int whole_number(const val& value, const char* argument, int least, int most) {
  const double number = value.isNumber() ? value.as<double>() : std::nan("");
  if (!(number >= least && number <= most) || number != static_cast<int>(number)) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a whole number from " +
                                                 std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int>(number);
}

double finite_number(const val& value, const char* argument, double least, double most) {
  const double number = value.isNumber() ? value.as<double>() : std::nan("");
  if (!(number >= least && number <= most)) {
    throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

bool truth(const val& value, const char* argument) {
  if (!value.isTrue() && !value.isFalse()) throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be true or false");
  return value.isTrue();
}

const val& fields_of(const val& value, const char* argument) {
  if (value.isNull() || value.isUndefined()) throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be an object");
  return value;
}

std::string text(const val& value, const char* argument) {
  if (!value.isString()) throw Error(ErrorCode::kInvalidArgument, std::string(argument) + " must be a text");
  return value.as<std::string>();
}

CellShape cell_shape(const val& shape, const char* first, int most_cells) {
  if (!shape.isArray() || shape["length"].as<int>() != 4) {
    throw Error(ErrorCode::kInvalidArgument, std::string("shape must be a list of 4 numbers: ") + first + ", channels, height, width");
  }
  return {.cells = whole_number(shape[0], "shape[0]", 1, most_cells),
          .channels = whole_number(shape[1], "shape[1]", 1, kMaxSide),
          .height = whole_number(shape[2], "shape[2]", 1, kMaxSide),
          .width = whole_number(shape[3], "shape[3]", 1, kMaxSide)};
}

Box box_of(const val& value, const char* argument) {
  constexpr int kFar = 1'000'000'000, kWidest = 100'000;
  const val& fields = fields_of(value, argument);
  const Box box{whole_number(fields["left_px"], "left_px", -kFar, kFar), whole_number(fields["top_px"], "top_px", -kFar, kFar),
                whole_number(fields["width_px"], "width_px", 1, kWidest), whole_number(fields["height_px"], "height_px", 1, kWidest)};
  if (std::int64_t{box.width_px} * box.height_px > kMaxPixels) throw Error(ErrorCode::kTooLarge, std::string(argument) + " has too many pixels");
  return box;
}

val array_of(const std::vector<int>& numbers) {
  val array = val::array();
  for (const int number : numbers) array.call<void>("push", number);
  return array;
}

val describe(const Box& box) {
  val object = val::object();
  object.set("left_px", box.left_px);
  object.set("top_px", box.top_px);
  object.set("width_px", box.width_px);
  object.set("height_px", box.height_px);
  return object;
}

val describe_file(const FileHeader& header, int width_px, int height_px, int pages, int channels, double pixel_size_um) {
  val object = val::object();
  object.set("format", std::string(to_string(header.format)));
  object.set("width_px", width_px);
  object.set("height_px", height_px);
  object.set("channels", header.channels);
  object.set("bits_per_channel", header.bits_per_channel);
  object.set("pages", pages);
  object.set("page_channels", channels);
  object.set("pixel_size_um", pixel_size_um > 0 ? val(pixel_size_um) : val::null());
  return object;
}

val describe(const DecodedImage& decoded) {
  val object = describe_file(decoded.header, decoded.image.width_px(), decoded.image.height_px(), decoded.pages, decoded.channels, decoded.pixel_size_um);
  object.set("images_stated", decoded.images_stated);
  object.set("exif_orientation", decoded.header.exif_orientation);
  object.set("damaged", decoded.damaged);
  return object;
}

namespace {

val describe(const FileFacts& facts) {
  val object = describe_file(facts.header, facts.header.width_px, facts.header.height_px, facts.pages, facts.channels, facts.pixel_size_um);
  object.set("images_stated", facts.images_stated);
  object.set("pixel_size_source", facts.pixel_size_source.empty() ? val::null() : val(std::string(facts.pixel_size_source)));
  return object;
}

}  // namespace

val describe(const FileContent& content) {
  val tags = val::array(), notes = val::array();
  for (const Tag& tag : content.tags) {
    val object = val::object();
    object.set("group", tag.group);
    object.set("name", tag.name);
    object.set("value", tag.value);
    object.set("mark", std::string(to_string(tag.mark)));
    tags.call<void>("push", object);
  }
  for (const std::string& note : content.notes) notes.call<void>("push", note);
  val object = val::object();
  object.set("facts", content.facts ? describe(*content.facts) : val::null());
  object.set("problem", content.problem);
  object.set("tags", tags);
  object.set("notes", notes);
  return object;
}

val pixel_bytes(const Image& of) {
  const ImageView image = of.view();
  const std::string head = std::to_string(image.width_px) + "x" + std::to_string(image.height_px) + "x" + std::to_string(image.channels) + ":" +
                           std::to_string(8 * sample_bytes(image.type)) + "\n";
  const std::size_t count = static_cast<std::size_t>(image.width_px) * static_cast<std::size_t>(image.height_px) * image.pixel_bytes();
  val bytes = val::global("Uint8Array").new_(static_cast<double>(head.size() + count));
  const auto put = [&](const void* from, std::size_t size, std::size_t at) {
    bytes.call<void>("set", val(typed_memory_view(size, static_cast<const std::uint8_t*>(from))), static_cast<double>(at));
  };
  put(head.data(), head.size(), 0);
  // In one piece: a call for each row cost as much as the rest of the way over the border.
  put(image.data, count, head.size());
  return bytes;
}

}  // namespace cytodrop
