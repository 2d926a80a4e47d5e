#include "core/formats/lif_tiles.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "core/decode/xml_search.h"

namespace cytodrop {
namespace {

/// NaN where there is none.
double metres(const XmlElement& tile, std::string_view name) {
  const std::string text(attribute(tile.attributes, name).substr(0, 40));
  return text.empty() ? std::nan("") : std::strtod(text.c_str(), nullptr);
}

}  // namespace

std::vector<LifPlace> read_lif_places(const XmlElements& xml, const XmlElement& image, double x_um, double y_um, std::int64_t count, std::int64_t most_px) {
  if (!(x_um > 0) || !(y_um > 0) || count < 2) return {};
  const XmlElement* scan = xml.first_child(image);
  while (scan && !(scan->name == "Attachment" && attribute(scan->attributes, "Name") == "TileScanInfo")) scan = xml.next(*scan);
  if (!scan) return {};
  const auto is_set = [&](std::string_view name) { return attribute(scan->attributes, name) == "1"; };
  const double turn_x = is_set("FlipX") ? -1 : 1, turn_y = is_set("FlipY") ? -1 : 1;
  std::vector<std::pair<double, double>> stage;
  for (const XmlElement* tile = xml.first_child(*scan); tile; tile = xml.next(*tile)) {
    if (tile->name != "Tile") continue;
    double x = turn_x * metres(*tile, "PosX"), y = turn_y * metres(*tile, "PosY");
    if (is_set("SwapXY")) std::swap(x, y);
    if (!std::isfinite(x) || !std::isfinite(y) || static_cast<std::int64_t>(stage.size()) == count) return {};
    stage.emplace_back(x, y);
  }
  if (static_cast<std::int64_t>(stage.size()) != count) return {};
  double left = std::numeric_limits<double>::infinity(), top = left;
  for (const auto& [x, y] : stage) {
    left = std::min(left, x);
    top = std::min(top, y);
  }
  std::vector<LifPlace> places;
  for (const auto& [x, y] : stage) {
    const double column = std::floor((x - left) * 1e6 / x_um + 0.5), row = std::floor((y - top) * 1e6 / y_um + 0.5);
    if (!(column <= static_cast<double>(most_px)) || !(row <= static_cast<double>(most_px))) return {};
    places.push_back({static_cast<std::int64_t>(column), static_cast<std::int64_t>(row)});
  }
  return places;
}

}  // namespace cytodrop
