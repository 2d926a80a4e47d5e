#include "core/formats/zarr_plane.h"

#include <algorithm>
#include <cstring>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/float16.h"

namespace cytodrop {
namespace {

/// For one region: more than chunks of a stack need, so that a small file cannot ask for endless work.
constexpr std::uint64_t kMaxWorkBytes = 4 * static_cast<std::uint64_t>(kMaxDecodedBytes), kMaxTouchedChunks = 400'000;

template <typename Raw>
Raw load(const std::uint8_t* from, bool little) {
  std::uint8_t bytes[sizeof(Raw)];
  std::memcpy(bytes, from, sizeof(Raw));
  if (!little) std::reverse(bytes, bytes + sizeof(Raw));
  Raw value;
  std::memcpy(&value, bytes, sizeof(Raw));
  return value;
}

/// A row of samples of a chunk, or one of them over and over with a step of 0.
struct Row {
  const std::uint8_t* from;
  std::size_t step;   ///< bytes
  std::size_t count;
};

template <typename Raw, typename Out, typename Become>
void put_row(const Row& row, bool little, std::byte* to, std::size_t channels, Become become) {
  auto* out = reinterpret_cast<Out*>(to);
  for (std::size_t i = 0; i < row.count; ++i) out[i * channels] = static_cast<Out>(become(load<Raw>(row.from + i * row.step, little)));
}

void paint_row(const ZarrArray& array, const Row& row, std::byte* to, std::size_t channels) {
  const bool little = array.little;
  const auto as_it_is = [](auto value) { return value; };
  switch (array.kind) {
    case ZarrKind::kBool: return put_row<std::uint8_t, std::uint8_t>(row, little, to, channels, [](std::uint8_t value) { return value ? 255 : 0; });
    case ZarrKind::kFloat:
      if (array.sample == 2) return put_row<std::uint16_t, float>(row, little, to, channels, from_float16);
      if (array.sample == 4) return put_row<float, float>(row, little, to, channels, as_it_is);
      return put_row<double, float>(row, little, to, channels, as_it_is);
    case ZarrKind::kUnsigned:
    case ZarrKind::kSigned: {
      const std::uint32_t shift = array.kind == ZarrKind::kSigned ? 1u << (8 * array.sample - 1) : 0;
      if (array.sample == 1) return put_row<std::uint8_t, std::uint8_t>(row, little, to, channels, [shift](std::uint8_t value) { return value ^ shift; });
      if (array.sample == 2) return put_row<std::uint16_t, std::uint16_t>(row, little, to, channels, [shift](std::uint16_t value) { return value ^ shift; });
      return put_row<std::uint32_t, float>(row, little, to, channels, [shift](std::uint32_t value) { return (value ^ shift) / 4294967295.0; });
    }
  }
}

}  // namespace

void paint_zarr(ZarrChunks& chunks, const ZarrArray& array, const ZarrPlane& plane, const Box& region, Image& image, int into) {
  const std::size_t axes = array.shape.size(), channels = static_cast<std::size_t>(image.channels());
  std::vector<std::size_t> steps(axes);
  std::size_t step = array.sample;
  // What overflows here is refused when the chunk is read.
  for (std::size_t i = axes; i-- > 0;) {
    steps[array.order[i]] = step;
    step *= static_cast<std::size_t>(array.chunk[array.order[i]]);
  }
  std::vector<std::uint64_t> place(axes);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < axes; ++i) {
    if (i == plane.x || i == plane.y) continue;
    place[i] = plane.place[i] / array.chunk[i];
    begin += static_cast<std::size_t>(plane.place[i] % array.chunk[i]) * steps[i];
  }
  const std::uint64_t wide = array.chunk[plane.x], high = array.chunk[plane.y];
  const auto left = static_cast<std::uint64_t>(region.left_px), top = static_cast<std::uint64_t>(region.top_px);
  const std::uint64_t right = left + static_cast<std::uint64_t>(region.width_px), bottom = top + static_cast<std::uint64_t>(region.height_px);
  const std::uint64_t across = (right - 1) / wide - left / wide + 1, down = (bottom - 1) / high - top / high + 1;
  if (across > kMaxTouchedChunks / down) throw Error(ErrorCode::kTooLarge, "the picture lies in more than " + std::to_string(kMaxTouchedChunks) + " chunks of the OME-Zarr");
  const std::uint64_t before = chunks.decoded_bytes();
  for (std::uint64_t row = top / high; row < top / high + down; ++row) {
    for (std::uint64_t column = left / wide; column < left / wide + across; ++column) {
      place[plane.x] = column;
      place[plane.y] = row;
      const ZarrChunks::Chunk chunk = chunks.read(array, place);
      if (chunks.decoded_bytes() - before > kMaxWorkBytes) throw Error(ErrorCode::kTooLarge, "the chunks of the OME-Zarr that the picture lies in have more than " + std::to_string(kMaxWorkBytes / 1'000'000) + " MB");
      const std::uint64_t from_x = std::max(left, column * wide), to_x = std::min(right, (column + 1) * wide);
      for (std::uint64_t y = std::max(top, row * high); y < std::min(bottom, (row + 1) * high); ++y) {
        Row samples{array.fill.data(), 0, static_cast<std::size_t>(to_x - from_x)};
        if (chunk) samples = {chunk->data() + begin + static_cast<std::size_t>(y - row * high) * steps[plane.y] + static_cast<std::size_t>(from_x - column * wide) * steps[plane.x], steps[plane.x], samples.count};
        std::byte* to = image.data() + static_cast<std::size_t>(y - top) * image.row_stride_bytes() + (static_cast<std::size_t>(from_x - left) * channels + static_cast<std::size_t>(into)) * sample_bytes(image.type());
        paint_row(array, samples, to, channels);
      }
    }
  }
}

}  // namespace cytodrop
