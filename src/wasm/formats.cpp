// The border of the module that reads microscopes' files; cytodrop_formats.d.ts describes it.

#include <emscripten/bind.h>

#include <map>
#include <memory>
#include <string>

#include "core/decode/packed_image.h"
#include "core/formats/pages.h"
#include "guard.h"
#include "outer_codecs.h"
#include "values.h"

namespace cytodrop {
namespace {

using emscripten::val;

constexpr double kLargestFile = 1e15;

val describe(const Series& series) {
  val object = val::object(), levels = val::array(), channels = val::array();
  for (const Level& level : series.levels) {
    val one = val::object();
    one.set("width_px", static_cast<double>(level.width_px));
    one.set("height_px", static_cast<double>(level.height_px));
    levels.call<void>("push", one);
  }
  const auto or_null = [](double value) { return value > 0 ? val(value) : val::null(); };
  for (const Channel& channel : series.channels) {
    val one = val::object();
    one.set("name", channel.name);
    one.set("wavelength_nm", or_null(channel.wavelength_nm));
    channels.call<void>("push", one);
  }
  object.set("name", series.name);
  object.set("levels", levels);
  object.set("channels", channels);
  object.set("z", series.z);
  object.set("t", series.t);
  object.set("samples", series.samples);
  object.set("bits", series.bits);
  object.set("x_um", or_null(series.x_um));
  object.set("y_um", or_null(series.y_um));
  object.set("z_um", or_null(series.z_um));
  return object;
}

Projection projection_of(const val& value) {
  if (value.isNull()) return Projection::kNone;
  const std::string word = text(value, "projection");
  if (word == "max") return Projection::kMax;
  if (word == "mean") return Projection::kMean;
  throw Error(ErrorCode::kInvalidArgument, "projection must be max, mean or null");
}

/// The files that are open, by numbers.
class ImageFiles {
 public:
  val open(const val& size, const val& read) {
    return guard([&] {
      constexpr std::size_t kMaxFiles = 16;
      if (files_.size() >= kMaxFiles) throw Error(ErrorCode::kInvalidArgument, "too many files are open; close one first");
      const double bytes = finite_number(size, "size", 0, kLargestFile);
      auto source = std::make_shared<BlockSource>(static_cast<std::uint64_t>(bytes), [read](std::uint64_t at, std::span<std::uint8_t> to) {
        const val part = read(static_cast<double>(at), static_cast<double>(to.size()));
        if (part.isNull() || part["length"].as<double>() != static_cast<double>(to.size())) return false;
        val(emscripten::typed_memory_view(to.size(), to.data())).call<void>("set", part);
        return true;
      });
      std::unique_ptr<ImageFile> file = open_image_file(std::move(source));
      if (!file) throw Error(ErrorCode::kUnsupportedFormat, "this is not an image that is read");
      val object = val::object(), series = val::array();
      for (const Series& one : file->series()) series.call<void>("push", describe(one));
      object.set("file", ++last_);
      object.set("format", std::string(to_string(file->format())));
      object.set("series", series);
      files_.emplace(last_, std::move(file));
      return object;
    });
  }

  val read_page(const val& number, const val& page, const val& channel, const val& level, const val& region, const val& projection) {
    return guard([&] {
      const DecodeOptions options{.page = whole_number(page, "page", 0, 1'000'000), .channel = whole_number(channel, "channel", -1, 1'000)};
      ImageFile& file = opened(number);
      PlaneChoice choice = plane_of(file, options);
      choice.level = whole_number(level, "level", 0, 100);
      if (!region.isNull()) choice.region = box_of(region, "region");
      return copy_out(pack_image(decode_plane(file, choice, projection_of(projection))));
    });
  }

  val choose(const val& number, const val& series) {
    return guard([&] {
      const ChosenPlane chosen = choose_plane(opened(number), whole_number(series, "series", 0, 1'000'000));
      val object = val::object();
      object.set("channel", chosen.channel);
      object.set("z", chosen.z);
      object.set("reason", chosen.reason);
      return object;
    });
  }

  val inspect(const val& number) {
    return guard([&] { return describe(cytodrop::inspect(opened(number))); });
  }

  val close(const val& number) {
    return guard([&] {
      files_.erase(whole_number(number, "file", 0, 2'000'000'000));
      return val::null();
    });
  }

 private:
  ImageFile& opened(const val& number) {
    const auto found = files_.find(whole_number(number, "file", 0, 2'000'000'000));
    if (found == files_.end()) throw Error(ErrorCode::kInvalidArgument, "the file is not open");
    return *found->second;
  }

  std::map<int, std::unique_ptr<ImageFile>> files_;
  int last_ = 0;
};

}  // namespace
}  // namespace cytodrop

EMSCRIPTEN_BINDINGS(cytodrop_formats) {
  using cytodrop::ImageFiles;
  emscripten::function("set_codec", &cytodrop::set_codec);
  emscripten::class_<ImageFiles>("ImageFiles")
      .constructor<>()
      .function("open", &ImageFiles::open)
      .function("read_page", &ImageFiles::read_page)
      .function("choose", &ImageFiles::choose)
      .function("inspect", &ImageFiles::inspect)
      .function("close", &ImageFiles::close);
}
