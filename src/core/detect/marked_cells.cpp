#include "core/detect/marked_cells.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "core/detect/morphology.h"
#include "core/detect/outline.h"
#include "core/detect/regions.h"
#include "core/network/activation.h"

namespace cytodrop {
namespace {

constexpr double kLogitsOfSensitivity = 4;  // between a sensitivity of 0 and of 1
constexpr double kSlack = 0.4;              // a box may be that much smaller or larger than the diameters say
constexpr double kLeastOfEllipse = 0.25;    // an inside smaller than this share of its box's ellipse is not believed
constexpr int kPixelPx = kBlockPx / 2;      // of the map of insides
/// Of 0 to 90 degrees: written out, since mathematical libraries differ in the last bit.
constexpr std::array<double, 9> kCosines{1, 0.98078528040323045, 0.92387953251128674, 0.83146961230254524, 0.70710678118654752, 0.55557023301960222, 0.38268343236508977, 0.19509032201612827, 0};
constexpr double kEllipseArea = 4 * kCosines[7];  // of the polygon that stands for an ellipse, as a share of its box

struct Rectangle {
  double left = 0, top = 0, right = 0, bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
  double area() const { return width() * height(); }
};

/// A block that may hold a cell's centre, with that cell's box in px of the frame.
struct Mark {
  float logit;
  std::size_t block;
  Rectangle box;
};

/// Whether no block around has a higher logit; of equal ones the first in reading order is the highest.
bool is_peak(const Plane<float>& centre, int column, int row) {
  const float own = centre.row(row)[column];
  for (int y = std::max(0, row - 1); y <= std::min(centre.height_px - 1, row + 1); ++y) {
    for (int x = std::max(0, column - 1); x <= std::min(centre.width_px - 1, column + 1); ++x) {
      const bool is_earlier = y < row || (y == row && x < column);
      const float other = centre.row(y)[x];
      if (other > own || (is_earlier && other == own)) return false;
    }
  }
  return true;
}

Rectangle box_of(const CellMaps& maps, double cell_diameter_px, int column, int row) {
  const double x = kBlockPx * (column + 0.5), y = kBlockPx * (row + 0.5);
  const auto reach = [&](std::size_t side) { return maps.reach[side].row(row)[column] * cell_diameter_px; };
  const auto across = [&](double px) { return std::clamp(px * maps.frame_px_across(), 0.0, double(maps.frame_width_px)); };
  const auto down = [&](double px) { return std::clamp(px * maps.frame_px_down(), 0.0, double(maps.frame_height_px)); };
  return {across(x - reach(0)), down(y - reach(1)), across(x + reach(2)), down(y + reach(3))};
}

std::vector<Mark> marks_of(const CellMaps& maps, const DetectorSpec& spec, double sensitivity) {
  // In logits, so that the threshold is the spec's at a half and falls and rises evenly around it.
  const auto caution = static_cast<float>(kLogitsOfSensitivity * (0.5 - sensitivity));
  std::vector<Mark> marks;
  for (int row = 0; row < maps.centre.height_px; ++row) {
    for (int column = 0; column < maps.centre.width_px; ++column) {
      const float logit = maps.centre.row(row)[column];
      if (!(sigmoid(logit - caution) >= spec.threshold) || !is_peak(maps.centre, column, row)) continue;
      const Rectangle box = box_of(maps, spec.cell_diameter_px, column, row);
      if (!(box.width() > 0 && box.height() > 0)) continue;
      marks.push_back({logit, static_cast<std::size_t>(row) * static_cast<std::size_t>(maps.centre.width_px) + static_cast<std::size_t>(column), box});
    }
  }
  return marks;
}

/// Whether the boxes share more than that of what they cover together.
bool are_one(const Rectangle& a, const Rectangle& b, double overlap) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left), height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return false;
  const double both = width * height;
  return both / (a.area() + b.area() - both) > overlap;
}

/// Boxes by where their corners lie, so that each is compared with those near it only.
class Neighbourhood {
 public:
  Neighbourhood(const CellMaps& maps, const std::vector<Mark>& marks) {
    for (const Mark& mark : marks) side_ = std::max({side_, mark.box.width(), mark.box.height()});
    rooms_ = Plane<std::vector<Rectangle>>(1 + static_cast<int>(maps.frame_width_px / side_), 1 + static_cast<int>(maps.frame_height_px / side_));
  }

  /// Whether a box is one with none that was added before; then it is added too.
  bool add(const Rectangle& box, double overlap) {
    const int column = static_cast<int>(box.left / side_), row = static_cast<int>(box.top / side_);
    // No box is wider than a room: corners of boxes that touch lie in neighbouring rooms.
    for (int y = std::max(0, row - 1); y <= std::min(rooms_.height_px - 1, row + 1); ++y) {
      for (int x = std::max(0, column - 1); x <= std::min(rooms_.width_px - 1, column + 1); ++x) {
        for (const Rectangle& other : rooms_.row(y)[x]) {
          if (are_one(box, other, overlap)) return false;
        }
      }
    }
    rooms_.row(row)[column].push_back(box);
    return true;
  }

 private:
  double side_ = 16;
  Plane<std::vector<Rectangle>> rooms_;
};

/// Greedy non-maximum suppression, highest score first.
std::vector<Mark> without_doubles(const CellMaps& maps, std::vector<Mark> marks, double overlap) {
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.logit > b.logit || (a.logit == b.logit && a.block < b.block); });
  Neighbourhood kept(maps, marks);
  std::erase_if(marks, [&](const Mark& mark) { return !kept.add(mark.box, overlap); });
  return marks;
}

/// A box on the map of insides, and the pixels that it touches.
struct Window {
  Rectangle box;
  int left, top, width, height;

  Window(const CellMaps& maps, const Rectangle& in_frame) {
    const double across = kPixelPx * maps.frame_px_across(), down = kPixelPx * maps.frame_px_down();
    box = {in_frame.left / across, in_frame.top / down, in_frame.right / across, in_frame.bottom / down};
    left = std::min(static_cast<int>(box.left), maps.inside.width_px - 1);
    top = std::min(static_cast<int>(box.top), maps.inside.height_px - 1);
    width = std::clamp(static_cast<int>(std::ceil(box.right)) - left, 1, maps.inside.width_px - left);
    height = std::clamp(static_cast<int>(std::ceil(box.bottom)) - top, 1, maps.inside.height_px - top);
  }

  /// Squared distance of a pixel from the middle, 1 on the ellipse in the box.
  float depth(int x, int y) const {
    const double u = (2 * (left + x + 0.5) - box.left - box.right) / box.width(), v = (2 * (top + y + 0.5) - box.top - box.bottom) / box.height();
    return static_cast<float>(u * u + v * v);
  }
};

/// For each pixel inside a cell the number of the mark in whose box it lies deepest, from 1; 0 for all others.
Plane<std::int32_t> owners_of(const CellMaps& maps, const std::vector<Mark>& marks) {
  Plane<std::int32_t> owners(maps.inside.width_px, maps.inside.height_px);
  Plane<float> depths(owners.width_px, owners.height_px, std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Window window(maps, marks[i].box);
    for (int y = 0; y < window.height; ++y) {
      for (int x = 0; x < window.width; ++x) {
        const float depth = window.depth(x, y);
        float& least = depths.row(window.top + y)[window.left + x];
        if (!(maps.inside.row(window.top + y)[window.left + x] > 0) || depth >= least) continue;
        least = depth;
        owners.row(window.top + y)[window.left + x] = static_cast<std::int32_t>(i + 1);
      }
    }
  }
  return owners;
}

/// The cell's pixels in its window: the largest part of what is its own, without holes; none where that is too little.
std::optional<Mask> inside_of(const Window& window, const Plane<std::int32_t>& owners, std::int32_t number) {
  const auto owner = [&](int x, int y) { return owners.row(window.top + y)[window.left + x]; };
  Mask own(window.width, window.height);
  for (int y = 0; y < window.height; ++y) {
    for (int x = 0; x < window.width; ++x) own.row(y)[x] = owner(x, y) == number;
  }
  // The four pixels of a block are told by four channels, which do not quite agree: without this the outline is a saw.
  smooth_edge(own);
  for (int y = 0; y < window.height; ++y) {
    for (int x = 0; x < window.width; ++x) own.row(y)[x] &= owner(x, y) == number || owner(x, y) == 0;
  }
  keep_largest_part(own);
  fill_holes(own, std::numeric_limits<std::int64_t>::max());
  const auto pixels = std::count(own.values.begin(), own.values.end(), 1);
  if (pixels == 0 || static_cast<double>(pixels) < kLeastOfEllipse * kEllipseArea * window.box.area()) return std::nullopt;
  return own;
}

/// The outline of a cell's pixels, in px of the frame.
std::vector<Point> outline_in_frame(const CellMaps& maps, const Window& window, const Mask& mask) {
  Plane<std::int32_t> label(mask.width_px, mask.height_px);
  std::copy(mask.values.begin(), mask.values.end(), label.values.begin());
  const auto first = static_cast<int>(std::find(mask.values.begin(), mask.values.end(), 1) - mask.values.begin());
  // The mask's pixels are large.
  std::vector<Point> outline = cut_corners(outline_of(label, 1, first % mask.width_px, first / mask.width_px));
  const double across = kPixelPx * maps.frame_px_across(), down = kPixelPx * maps.frame_px_down();
  for (Point& point : outline) {
    point = {static_cast<float>(std::min((window.left + double{point.x_px}) * across, double(maps.frame_width_px))),
             static_cast<float>(std::min((window.top + double{point.y_px}) * down, double(maps.frame_height_px)))};
  }
  return outline;
}

/// The ellipse in a box, clockwise on the screen from its top.
std::vector<Point> ellipse_in(const Rectangle& box) {
  constexpr std::size_t kQuarter = kCosines.size() - 1;
  std::vector<Point> outline;
  for (std::size_t i = 0; i < 4 * kQuarter; ++i) {
    const std::size_t quarter = i / kQuarter, step = i % kQuarter;
    const double cosine = kCosines[step], sine = kCosines[kQuarter - step];
    const double x = std::array{sine, cosine, -sine, -cosine}[quarter], y = std::array{-cosine, sine, cosine, -sine}[quarter];
    outline.push_back({static_cast<float>((box.left + box.right + x * box.width()) / 2), static_cast<float>((box.top + box.bottom + y * box.height()) / 2)});
  }
  return outline;
}

DetectedCell cell_of(const CellMaps& maps, const DetectorSpec& spec, const Mark& mark, const Plane<std::int32_t>& owners, std::int32_t number) {
  const auto rounded = [](double px) { return static_cast<int>(px + 0.5); };
  DetectedCell cell;
  cell.score = sigmoid(mark.logit);
  cell.box = {.left_px = std::min(rounded(mark.box.left), maps.frame_width_px - 1), .top_px = std::min(rounded(mark.box.top), maps.frame_height_px - 1)};
  const int right = std::max(rounded(mark.box.right), cell.box.left_px + 1), bottom = std::max(rounded(mark.box.bottom), cell.box.top_px + 1);
  cell.box.width_px = right - cell.box.left_px;
  cell.box.height_px = bottom - cell.box.top_px;
  cell.cut_by_border = cell.box.left_px == 0 || cell.box.top_px == 0 || right == maps.frame_width_px || bottom == maps.frame_height_px;

  const Window window(maps, mark.box);
  const std::optional<Mask> inside = spec.outline == DetectorOutline::kInside ? inside_of(window, owners, number) : std::nullopt;
  cell.is_ellipse = !inside;
  cell.outline = inside ? outline_in_frame(maps, window, *inside) : ellipse_in(mark.box);
  cell.area_px = inside ? static_cast<double>(std::count(inside->values.begin(), inside->values.end(), 1)) * kPixelPx * kPixelPx * maps.frame_px_across() * maps.frame_px_down()
                        : kEllipseArea * mark.box.area();
  return cell;
}

}  // namespace

std::vector<DetectedCell> marked_cells(const CellMaps& maps, const DetectorSpec& spec, const DetectSettings& settings) {
  const Diameters diameters = diameters_of(settings);
  std::vector<Mark> marks = without_doubles(maps, marks_of(maps, spec, settings.sensitivity), spec.overlap);
  std::erase_if(marks, [&](const Mark& mark) {
    const double diameter = std::sqrt(mark.box.area());
    return diameter < (1 - kSlack) * diameters.least_px || diameter > (1 + kSlack) * diameters.most_px;
  });
  const Plane<std::int32_t> owners = owners_of(maps, marks);
  std::vector<DetectedCell> cells;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    DetectedCell cell = cell_of(maps, spec, marks[i], owners, static_cast<std::int32_t>(i + 1));
    if (settings.keep_cut_by_border || !cell.cut_by_border) cells.push_back(std::move(cell));
  }
  sort_in_reading_order(cells);
  return cells;
}

}  // namespace cytodrop
