// Entries about what a file says beside its pixels.

#include "core/inspect/inspect.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

namespace {

val describe(const FileFacts& facts) {
  val object = describe_file(facts.header, facts.header.width_px, facts.header.height_px, facts.pages, facts.channels, facts.pixel_size_um);
  object.set("images_stated", facts.images_stated);
  object.set("pixel_size_source", facts.pixel_size_source.empty() ? val::null() : val(std::string(facts.pixel_size_source)));
  return object;
}

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

}  // namespace

val Classifier::inspect(const val& file) const {
  return guard([&] { return describe(cytodrop::inspect(copy_in<std::uint8_t>(file, "Uint8Array", "file"))); });
}

}  // namespace cytodrop
