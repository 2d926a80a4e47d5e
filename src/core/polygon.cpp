#include "core/polygon.h"

#include <algorithm>

namespace cytodrop {

void PolygonRows::read(int y, int left, std::span<std::uint8_t> inside) {
  const double middle = y + 0.5;
  crossings_.clear();
  for (std::size_t i = 0; i < outline_.size(); ++i) {
    const Point from = outline_[i], to = outline_[i + 1 < outline_.size() ? i + 1 : 0];
    const double from_x = static_cast<double>(from.x_px), from_y = static_cast<double>(from.y_px), to_x = static_cast<double>(to.x_px), to_y = static_cast<double>(to.y_px);
    if ((from_y <= middle) == (to_y <= middle)) continue;
    crossings_.push_back(from_x + (middle - from_y) / (to_y - from_y) * (to_x - from_x));
  }
  std::sort(crossings_.begin(), crossings_.end());
  std::size_t passed = 0;
  double x = left + 0.5;
  for (std::uint8_t& pixel : inside) {
    while (passed < crossings_.size() && crossings_[passed] <= x) ++passed;
    pixel = passed % 2;
    ++x;
  }
}

}  // namespace cytodrop
