#include "core/formats/image_file.h"

#include <string>

#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {
namespace {

void check_asked(const std::string& what, int asked, std::size_t count) {
  if (asked >= 0 && static_cast<std::size_t>(asked) < count) return;
  throw Error(ErrorCode::kInvalidArgument, "the file has " + std::to_string(count) + " of the kind " + what + ", and number " + std::to_string(asked + 1) + " was asked for");
}

}  // namespace

Image ImageFile::read(const PlaneChoice& choice) {
  check_asked("series", choice.series, series().size());
  const Series& one = series()[static_cast<std::size_t>(choice.series)];
  check_asked("channel", choice.channel, one.channels.size());
  check_asked("z", choice.z, static_cast<std::size_t>(one.z));
  check_asked("time", choice.t, static_cast<std::size_t>(one.t));
  check_asked("level", choice.level, one.levels.size());
  const Level& level = one.levels[static_cast<std::size_t>(choice.level)];
  const std::int64_t pixel_bytes = one.samples * static_cast<std::int64_t>(sample_bytes(one.type));
  PlaneChoice checked = choice;
  if (!choice.region) {
    check_decoded_size(level.width_px, level.height_px, pixel_bytes);
    checked.region = Box{0, 0, static_cast<int>(level.width_px), static_cast<int>(level.height_px)};
  }
  const Box& region = *checked.region;
  check_decoded_size(region.width_px, region.height_px, pixel_bytes);
  if (region.left_px < 0 || region.top_px < 0 || region.width_px < 1 || region.height_px < 1 || std::int64_t{region.left_px} + region.width_px > level.width_px ||
      std::int64_t{region.top_px} + region.height_px > level.height_px) {
    throw Error(ErrorCode::kInvalidArgument, "the region lies outside the image");
  }
  Image image(region.width_px, region.height_px, one.samples, one.type);
  fill(checked, image);
  return image;
}

}  // namespace cytodrop
