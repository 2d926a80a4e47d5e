#include "core/formats/czi_scenes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace cytodrop {
namespace {

/// Halving a plane as wide as a number can state takes fewer.
constexpr std::size_t kMaxLevels = 32;

auto plane_of(const CziBlock& block) { return std::tuple(block.level, block.c, block.z, block.t); }

/// Whether a block's stored size is what a zoom makes of its size, whichever way it was rounded.
bool fits(const CziBlock& block, double zoom) {
  return std::abs(block.width_px / zoom - block.stored_width_px) <= 1 && std::abs(block.height_px / zoom - block.stored_height_px) <= 1;
}

double zoom_of(const CziBlock& block) {
  // The longer side is rounded less.
  const double zoom = block.stored_width_px >= block.stored_height_px ? static_cast<double>(block.width_px) / block.stored_width_px : static_cast<double>(block.height_px) / block.stored_height_px;
  const double whole = std::round(zoom);
  return whole >= 1 && fits(block, whole) ? whole : zoom;
}

/// The zooms of the levels, in rising order. Small blocks are rounded, so that the large ones are asked first.
std::vector<double> find_zooms(const std::vector<CziBlock>& blocks) {
  std::vector<const CziBlock*> large_first;
  for (const CziBlock& block : blocks) large_first.push_back(&block);
  const auto side = [](const CziBlock* block) { return std::max(block->stored_width_px, block->stored_height_px); };
  std::stable_sort(large_first.begin(), large_first.end(), [&](const CziBlock* a, const CziBlock* b) { return side(a) > side(b); });
  std::vector<double> zooms;
  for (const CziBlock* block : large_first) {
    if (zooms.size() == kMaxLevels) break;
    const double own = zoom_of(*block);
    if (fits(*block, own) && std::none_of(zooms.begin(), zooms.end(), [&](double zoom) { return fits(*block, zoom); })) zooms.push_back(own);
  }
  if (zooms.empty()) throw Error(ErrorCode::kUnsupportedFeature, "the CZI file stores its pixels stretched, which is not read; save it from ZEN anew");
  std::sort(zooms.begin(), zooms.end());
  return zooms;
}

/// The nearest level whose zoom fits; -1 for none.
std::int32_t level_of(const CziBlock& block, const std::vector<double>& zooms) {
  const double own = zoom_of(block);
  std::int32_t best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < zooms.size(); ++i) {
    const double off = std::abs(std::log(own / zooms[i]));
    if (off >= least || !fits(block, zooms[i])) continue;
    least = off;
    best = static_cast<std::int32_t>(i);
  }
  return best;
}

std::vector<std::int32_t> indices(const std::vector<CziBlock>& blocks, std::int32_t CziBlock::* dimension) {
  std::vector<std::int32_t> all;
  for (const CziBlock& block : blocks) {
    if (all.empty() || all.back() != block.*dimension) all.push_back(block.*dimension);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// Where the scene lies and how large it is at each level; takes out levels that are not smaller than the one before.
void measure(CziScene& scene) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  std::int64_t right = std::numeric_limits<std::int64_t>::min(), bottom = right;
  scene.left_px = scene.top_px = std::numeric_limits<std::int64_t>::max();
  for (const CziBlock& block : scene.blocks) {
    if (block.level != 0) continue;
    scene.left_px = std::min<std::int64_t>(scene.left_px, block.x);
    scene.top_px = std::min<std::int64_t>(scene.top_px, block.y);
    right = std::max(right, std::int64_t{block.x} + block.width_px);
    bottom = std::max(bottom, std::int64_t{block.y} + block.height_px);
  }
  if (right - scene.left_px > kLargest || bottom - scene.top_px > kLargest) czi_damaged("its blocks lie too far apart");
  scene.levels.assign(scene.zooms.size(), {});
  for (const CziBlock& block : scene.blocks) {
    Level& level = scene.levels[static_cast<std::size_t>(block.level)];
    level.width_px = std::max(level.width_px, scene.left_of(block) + block.stored_width_px);
    level.height_px = std::max(level.height_px, scene.top_of(block) + block.stored_height_px);
  }
  // Blocks of smaller levels may reach over the edge.
  for (std::size_t i = 0; i < scene.levels.size(); ++i) {
    const auto most = [&](std::int64_t full_px) { return static_cast<std::int64_t>(std::ceil(static_cast<double>(full_px) / scene.zooms[i])); };
    scene.levels[i].width_px = std::min(scene.levels[i].width_px, most(right - scene.left_px));
    scene.levels[i].height_px = std::min(scene.levels[i].height_px, most(bottom - scene.top_px));
  }
}

void drop_useless_levels(CziScene& scene) {
  std::vector<std::int32_t> place(scene.levels.size(), -1);
  std::vector<Level> levels;
  std::vector<double> zooms;
  for (std::size_t i = 0; i < scene.levels.size(); ++i) {
    const Level& level = scene.levels[i];
    if (level.width_px < 1 || level.height_px < 1) continue;
    if (!levels.empty() && (level.width_px > levels.back().width_px || level.height_px > levels.back().height_px || level.width_px * level.height_px == levels.back().width_px * levels.back().height_px)) continue;
    place[i] = static_cast<std::int32_t>(levels.size());
    levels.push_back(level);
    zooms.push_back(scene.zooms[i]);
  }
  scene.levels = std::move(levels);
  scene.zooms = std::move(zooms);
  for (CziBlock& block : scene.blocks) block.level = place[static_cast<std::size_t>(block.level)];
  std::erase_if(scene.blocks, [](const CziBlock& block) { return block.level < 0; });
}

void arrange(CziScene& scene, bool& left_out) {
  scene.zooms = find_zooms(scene.blocks);
  for (CziBlock& block : scene.blocks) block.level = level_of(block, scene.zooms);
  left_out |= std::erase_if(scene.blocks, [](const CziBlock& block) { return block.level < 0; }) > 0;
  measure(scene);
  if (scene.levels.front().width_px < 1 || scene.levels.front().height_px < 1) czi_damaged("a scene has no size");
  drop_useless_levels(scene);
  scene.c = indices(scene.blocks, &CziBlock::c);
  scene.z = indices(scene.blocks, &CziBlock::z);
  scene.t = indices(scene.blocks, &CziBlock::t);
  std::stable_sort(scene.blocks.begin(), scene.blocks.end(), [](const CziBlock& a, const CziBlock& b) { return std::tuple(plane_of(a), a.m) < std::tuple(plane_of(b), b.m); });
  // The same block twice in one plane would only cost time.
  const auto same = [](const CziBlock& a, const CziBlock& b) { return a.at == b.at && a.x == b.x && a.y == b.y && plane_of(a) == plane_of(b); };
  scene.blocks.erase(std::unique(scene.blocks.begin(), scene.blocks.end(), same), scene.blocks.end());
}

/// Keeps of each further dimension the first index.
void keep_first_of_others(std::vector<CziBlock>& blocks, std::vector<std::string>& notes) {
  std::array<int, kCziOtherDimensions.size()> first{}, last{};
  first.fill(kMaxCziOtherIndex);
  for (const CziBlock& block : blocks) {
    for (std::size_t i = 0; i < first.size(); ++i) {
      first[i] = std::min(first[i], block.other(i));
      last[i] = std::max(last[i], block.other(i));
    }
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] == last[i]) continue;
    notes.push_back("The file has " + std::to_string(last[i] - first[i] + 1) + " indices of dimension " + kCziOtherDimensions[i] + "; only the first is read.");
    std::erase_if(blocks, [&](const CziBlock& block) { return block.other(i) != first[i]; });
  }
  if (blocks.empty()) czi_damaged("it has no block with the first index of all dimensions");
}

}  // namespace

CziPixelType czi_pixel_type(std::int32_t number) {
  switch (number) {
    case 0: return {1, SampleType::kUint8};
    case 1: return {1, SampleType::kUint16};
    case 2: return {1, SampleType::kFloat32};
    case 3: return {3, SampleType::kUint8};
    case 4: return {3, SampleType::kUint16};
    case 8: return {3, SampleType::kFloat32};
    case 9: return {4, SampleType::kUint8};
    default: return {};
  }
}

std::int64_t CziScene::scaled(std::int64_t full_px, std::int32_t level) const {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(full_px) / zooms[static_cast<std::size_t>(level)] + 0.5));
}

std::span<const CziBlock> CziScene::plane(std::int32_t level, std::int32_t channel, std::int32_t z_index, std::int32_t t_index) const {
  const std::tuple wanted(level, channel, z_index, t_index);
  const auto first = std::lower_bound(blocks.begin(), blocks.end(), wanted, [](const CziBlock& block, const auto& key) { return plane_of(block) < key; });
  const auto last = std::upper_bound(first, blocks.end(), wanted, [](const auto& key, const CziBlock& block) { return key < plane_of(block); });
  return std::span(blocks).subspan(static_cast<std::size_t>(first - blocks.begin()), static_cast<std::size_t>(last - first));
}

std::vector<CziScene> sort_czi_blocks(std::vector<CziBlock> blocks, std::vector<std::string>& notes) {
  std::optional<std::int32_t> not_read;
  for (const CziBlock& block : blocks) {
    if (czi_pixel_type(block.pixel_type).stored_samples == 0) not_read = block.pixel_type;
  }
  if (not_read) {
    std::erase_if(blocks, [](const CziBlock& block) { return czi_pixel_type(block.pixel_type).stored_samples == 0; });
    const std::string type = "pixels of type " + std::to_string(*not_read);
    if (blocks.empty()) throw Error(ErrorCode::kUnsupportedFeature, "the CZI file has " + type + ", which are not read; grey and colour of 8 and 16 bits and of float are");
    notes.push_back("The file has " + type + " too, which are not read.");
  }
  keep_first_of_others(blocks, notes);
  std::map<std::tuple<std::int32_t, int, SampleType>, CziScene> scenes;
  for (const CziBlock& block : blocks) {
    const CziPixelType pixel = czi_pixel_type(block.pixel_type);
    CziScene& scene = scenes[{block.scene, pixel.samples(), pixel.type}];
    scene.number = block.scene;
    scene.samples = pixel.samples();
    scene.type = pixel.type;
    scene.blocks.push_back(block);
  }
  blocks = {};
  std::vector<CziScene> sorted;
  bool left_out = false;
  for (auto& [key, scene] : scenes) {
    arrange(scene, left_out);
    sorted.push_back(std::move(scene));
  }
  if (left_out) notes.push_back("Blocks whose zoom fits no other were left out.");
  return sorted;
}

}  // namespace cytodrop
