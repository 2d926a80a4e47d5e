#include <memory>

#include "core/formats/pages.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> bytes) {
    using namespace cytodrop;
    const auto file = open_image_file(std::make_shared<MemorySource>(bytes));
    if (!file) return;
    if (file->series().empty()) __builtin_trap();
    inspect(*file);
    // Decoded whole, on floats: a few bytes may state 50 megapixels, which the limits of the reader allow and those of a fuzzer do not.
    const Level& whole = file->series()[0].levels[0];
    if (file->format() == FileFormat::kJpegXl && whole.width_px * whole.height_px > 1 << 20) return;
    int left = 8;
    for (std::size_t s = 0; s < file->series().size(); ++s) {
      const Series& series = file->series()[s];
      if (series.channels.empty() || series.levels.empty() || series.z < 1 || series.t < 1 || (series.samples != 1 && series.samples != 3)) __builtin_trap();
      for (std::size_t l = 0; l < series.levels.size(); ++l) {
        const Level& level = series.levels[l];
        if (level.width_px < 1 || level.height_px < 1) __builtin_trap();
        // Larger ones take longer and tell no more.
        const Box part{0, 0, static_cast<int>(std::min<std::int64_t>(level.width_px, 700)), static_cast<int>(std::min<std::int64_t>(level.height_px, 700))};
        if (left-- == 0) return;
        file->read({.series = static_cast<int>(s), .channel = static_cast<int>(series.channels.size() - 1), .z = series.z - 1, .t = series.t - 1, .level = static_cast<int>(l), .region = part});
      }
    }
  });
}
