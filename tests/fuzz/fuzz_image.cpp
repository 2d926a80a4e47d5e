#include "core/decode/decode.h"
#include "core/prepare/display_range.h"
#include "core/prepare/prepare.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    using namespace cytodrop;
    const FileHeader header = read_header(file);
    // Larger ones take longer and tell no more.
    if (std::int64_t{header.width_px} * header.height_px > 1'000'000) return;
    const Image image = decode(file).image;
    if (image.width_px() < 1 || image.height_px() < 1 || (image.channels() != 1 && image.channels() != 3)) __builtin_trap();
    const SampleRange range = display_range(image.view());
    if (!(range.high > range.low)) __builtin_trap();
    // The stained cell's square is cut out whatever the picture shows.
    const PrepareRules rules{.width_px = 16, .height_px = 16, .range = RangeRule::kStainedCell, .crop = CropRule::kStainedCell, .crop_radii = 1.75, .usual_nucleus = {90, 45, 120}};
    if (prepare(image.view(), rules).size() != 3 * 16 * 16) __builtin_trap();
  });
}
