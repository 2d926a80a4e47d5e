#include "core/prepare/cells.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/polygon.h"
#include "core/prepare/cut.h"

namespace cytodrop {
namespace {

constexpr int kMaxSquarePx = 4096;

int scaled(int px, double scale) { return static_cast<int>(std::floor(px * scale + 0.5)); }

/// Calls `use` with a view of a region: of the image itself where it holds all of it.
template <typename Use>
auto with_region(const ImageView& image, const Box& region, Use use) {
  if (is_inside(region, image)) return use(image.crop(region));
  const Image copy = cut(image, region);
  return use(copy.view());
}

/// A square of a frame with nothing but the cell in it.
Image alone(const ImageView& frame, const Box& square, std::span<const Point> outline) {
  Image part = cut(frame, square);
  std::vector<Point> moved(outline.begin(), outline.end());
  for (Point& point : moved) point = {point.x_px - static_cast<float>(square.left_px), point.y_px - static_cast<float>(square.top_px)};
  cut_out(part, moved);
  return part;
}

}  // namespace

void cut_out(Image& image, std::span<const Point> outline) {
  const std::size_t pixel_bytes = image.view().pixel_bytes();
  PolygonRows rows(outline);
  std::vector<std::uint8_t> inside(static_cast<std::size_t>(image.width_px()));
  for (int y = 0; y < image.height_px(); ++y) {
    rows.read(y, 0, inside);
    std::byte* pixel = image.data() + static_cast<std::size_t>(y) * image.row_stride_bytes();
    for (const std::uint8_t seen : inside) {
      if (!seen) std::fill_n(pixel, pixel_bytes, std::byte{0});
      pixel += pixel_bytes;
    }
  }
}

double cell_scale(const FrameRule& frame_rule, double pixel_size_um) {
  if (!std::isfinite(pixel_size_um) || pixel_size_um < 0) {
    throw Error(ErrorCode::kInvalidArgument, "the pixel size must be a length in µm");
  }
  if (pixel_size_um == 0 || frame_rule.pixel_size_um == 0) return 1;
  const double scale = frame_rule.pixel_size_um / pixel_size_um;
  const double side = frame_rule.side_px * scale;
  if (!(side >= 1 && side <= kMaxSquarePx)) {
    throw Error(ErrorCode::kInvalidArgument, "at this pixel size a cell's square would be " + std::string(side < 1 ? "less than 1 px" : "more than " + std::to_string(kMaxSquarePx) + " px") +
                                                 " wide; check the pixel size");
  }
  return scale;
}

Box cell_square(const Box& cell, const PrepareRules& rules, const FrameRule& frame_rule, double scale) {
  const int side = std::max(1, scaled(frame_rule.side_px, scale));
  const int seen = rules.crop == CropRule::kNone ? side : std::clamp(scaled(rules.crop_side_px, scale), 1, side);
  const int before = side / 2 - (side - seen) / 2;
  return {cell.left_px + cell.width_px / 2 - before, cell.top_px + cell.height_px / 2 - before, seen, seen};
}

std::vector<float> prepare_cells(const ImageView& frame, const SampleRange& frame_range, std::span<const FrameCell> cells, const PrepareRules& rules,
                                 const FrameRule& frame_rule, double scale, std::vector<Measures>* measures) {
  PrepareRules whole = rules;
  whole.crop = CropRule::kNone;
  const std::size_t each = static_cast<std::size_t>(rules.channel_count()) * static_cast<std::size_t>(rules.height_px) *
                           static_cast<std::size_t>(rules.width_px);
  std::vector<float> tensors;
  tensors.reserve(cells.size() * each);
  for (const FrameCell& cell : cells) {
    if (frame_rule.cut_out && cell.outline.size() < 3) throw Error(ErrorCode::kInvalidArgument, "this model is shown cells cut out along their outline, and one has none");
    if (!is_inside(cell.box, frame)) throw Error(ErrorCode::kInvalidArgument, "a cell's box must lie within the frame");
    const Box square = cell_square(cell.box, rules, frame_rule, scale);
    Seen seen;
    const auto prepare_square = [&](const ImageView& part) { return prepare(part, whole, frame_range, &seen); };
    const std::vector<float> tensor = frame_rule.cut_out ? prepare_square(alone(frame, square, cell.outline).view()) : with_region(frame, square, prepare_square);
    if (measures) measures->push_back(seen.measures);
    tensors.insert(tensors.end(), tensor.begin(), tensor.end());
  }
  return tensors;
}

ScreenPicture draw_region(const ImageView& image, const Box& region, int max_side_px, const SampleRange& range) {
  return with_region(image, region, [&](const ImageView& part) {
    return draw_for_screen(part, {0, 0, part.width_px, part.height_px}, max_side_px, range);
  });
}

}  // namespace cytodrop
