#include "core/formats/pages.h"

#include <algorithm>
#include <string>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr int kMaxPages = 1'000'000;

int pages_of(const Series& series) { return static_cast<int>(std::min<std::int64_t>(std::int64_t{series.z} * series.t, kMaxPages)); }

FileHeader header_of(const ImageFile& file, const Series& series, const Level& level) {
  return {.format = file.format(), .width_px = static_cast<int>(level.width_px), .height_px = static_cast<int>(level.height_px), .channels = series.samples, .bits_per_channel = series.bits};
}

}  // namespace

int page_count(const ImageFile& file) {
  std::int64_t pages = 0;
  for (const Series& series : file.series()) pages += pages_of(series);
  return static_cast<int>(std::min<std::int64_t>(pages, kMaxPages));
}

PlaneChoice plane_of(const ImageFile& file, const DecodeOptions& options) {
  const auto refuse = [](const std::string& what, std::size_t count, int asked) {
    throw Error(ErrorCode::kInvalidArgument, "the file has " + std::to_string(count) + " " + what + "s, and " + what + " " + std::to_string(asked + 1) + " was asked for");
  };
  int page = options.page;
  for (std::size_t i = 0; i < file.series().size() && page >= 0; ++i) {
    const Series& series = file.series()[i];
    if (page < pages_of(series)) {
      const int channel = std::max(options.channel, 0);
      if (static_cast<std::size_t>(channel) >= series.channels.size()) refuse("channel", series.channels.size(), channel);
      return {.series = static_cast<int>(i), .channel = channel, .z = page % series.z, .t = page / series.z};
    }
    page -= pages_of(series);
  }
  refuse("page", static_cast<std::size_t>(page_count(file)), options.page);
  return {};
}

DecodedImage decode_plane(ImageFile& file, const PlaneChoice& choice, Projection projection) {
  DecodedImage decoded;
  decoded.image = read_projected(file, choice, projection);
  const Series& series = file.series()[static_cast<std::size_t>(choice.series)];
  const Level& level = series.levels[static_cast<std::size_t>(choice.level)];
  decoded.header = header_of(file, series, level);
  decoded.pages = page_count(file);
  decoded.channels = static_cast<int>(series.channels.size());
  decoded.images_stated = file.images_stated();
  // The pixels of a smaller level are larger.
  decoded.pixel_size_um = series.x_um * static_cast<double>(series.levels.front().width_px) / static_cast<double>(level.width_px);
  decoded.damaged = file.damaged();
  return decoded;
}

DecodedImage decode_page(ImageFile& file, const DecodeOptions& options) { return decode_plane(file, plane_of(file, options)); }

FileContent inspect(const ImageFile& file) {
  TagList tags;
  file.list_tags(tags);
  FileContent content = tags.take();
  const Series& first = file.series().front();
  content.facts = FileFacts{.header = header_of(file, first, first.levels.front()),
                            .pages = page_count(file),
                            .channels = static_cast<int>(first.channels.size()),
                            .images_stated = file.images_stated(),
                            .pixel_size_um = first.x_um,
                            .pixel_size_source = first.x_um > 0 ? "the file's metadata" : ""};
  return content;
}

}  // namespace cytodrop
