#include "core/formats/dicom.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/decode/decode.h"
#include "core/decode/tiff.h"
#include "core/error.h"
#include "core/formats/dicom_facts.h"
#include "core/formats/dicom_frames.h"
#include "core/formats/dicom_pixels.h"

namespace cytodrop {
namespace {

/// Of frames that are decoded for one region: where tiles lie over each other, a small file could ask for any amount of work.
constexpr std::int64_t kMostDecodedPixels = 4 * kMaxPixels;

/// A frame and where its left top pixel lies in its plane.
struct Tile {
  std::int64_t frame = 0;
  std::int64_t left = 0;
  std::int64_t top = 0;
};

/// Copies the part of a frame that lies in the region.
void paste(const Image& frame, std::int64_t left, std::int64_t top, Image& onto, const Box& region) {
  const std::int64_t from_x = std::max<std::int64_t>(left, region.left_px), from_y = std::max<std::int64_t>(top, region.top_px);
  const std::int64_t to_x = std::min<std::int64_t>(left + frame.width_px(), std::int64_t{region.left_px} + region.width_px);
  const std::int64_t to_y = std::min<std::int64_t>(top + frame.height_px(), std::int64_t{region.top_px} + region.height_px);
  if (from_x >= to_x) return;
  const std::size_t pixel_bytes = frame.view().pixel_bytes();
  for (std::int64_t y = from_y; y < to_y; ++y) {
    std::memcpy(onto.data() + static_cast<std::size_t>(y - region.top_px) * onto.row_stride_bytes() + static_cast<std::size_t>(from_x - region.left_px) * pixel_bytes,
                frame.data() + static_cast<std::size_t>(y - top) * frame.row_stride_bytes() + static_cast<std::size_t>(from_x - left) * pixel_bytes,
                static_cast<std::size_t>(to_x - from_x) * pixel_bytes);
  }
}

class DicomFile final : public ImageFile {
 public:
  explicit DicomFile(std::shared_ptr<Source> source)
      : source_(std::move(source)), facts_(read_dicom_facts(source_, tags_)), frames_(*source_, facts_), palette_(read_dicom_palette(*source_, facts_)) {
    Series& series = series_[0];
    series.samples = facts_.is_grey() ? 1 : 3;
    series.type = dicom_sample_type(facts_, palette_);
    series.bits = static_cast<int>(facts_.has_palette() ? palette_.bits : facts_.stored);
    series.x_um = facts_.x_mm * 1000;
    series.y_um = facts_.y_mm * 1000;
    series.z_um = facts_.z_mm * 1000;
    if (facts_.image_type == "LABEL") series.name = "label";
    if (facts_.image_type == "OVERVIEW") series.name = "overview";
    if (facts_.image_type == "THUMBNAIL") series.name = "thumbnail";
    if (is_part()) series.name = "part " + std::to_string(facts_.part) + " of " + std::to_string(facts_.parts) + " of an image in several files";
    if (!facts_.tiled()) {
      series.levels = {{facts_.columns, facts_.rows}};
      (facts_.is_stack ? series.z : series.t) = static_cast<int>(facts_.frames);
    } else {
      series.levels = {{facts_.total_columns, facts_.total_rows}};
      facts_.sparse ? lay_sparse(series) : lay_full(series);
    }
  }

  FileFormat format() const override { return FileFormat::kDicom; }
  const std::vector<Series>& series() const override { return series_; }

  void list_tags(TagList& tags) const override {
    for (const Tag& tag : tags_) tags.add(tag.group, tag.name, tag.value, tag.mark);
    if (is_part()) {
      tags.note("This is part " + std::to_string(facts_.part) + " of " + std::to_string(facts_.parts) + " of an image in several files: what lies in the others is black or missing here. Export it as one file where it came from, or add each part by itself.");
    }
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    if (!facts_.tiled()) {
      paste(frame(facts_.is_stack ? choice.z : choice.t), 0, 0, image, *choice.region);
      return;
    }
    const std::vector<Tile> tiles = facts_.sparse ? sparse_tiles(choice) : full_tiles(choice);
    if (static_cast<std::int64_t>(tiles.size()) > kMostDecodedPixels / (facts_.columns * facts_.rows) + 1) {
      throw Error(ErrorCode::kTooLarge, "the DICOM file has too many tiles in one place");
    }
    for (const Tile& tile : tiles) paste(frame(tile.frame), tile.left, tile.top, image, *choice.region);
  }

 private:
  bool is_part() const { return facts_.parts > 1 && facts_.part >= 1 && facts_.part <= facts_.parts; }

  void lay_full(Series& series) {
    series.z = static_cast<int>(facts_.focal_planes);
    name_channels(series, static_cast<std::size_t>(facts_.optical_paths));
  }

  void lay_sparse(Series& series) {
    facts_.places.resize(static_cast<std::size_t>(facts_.frames));
    for (DicomFramePlace& place : facts_.places) {
      constexpr std::int64_t kFarthest = std::numeric_limits<std::int32_t>::max();
      if (place.column < 1 || place.row < 1 || place.column > kFarthest || place.row > kFarthest) dicom_damaged("a tile lies outside of the slide");
      place.path = std::max(place.path, 0);
      planes_um_.push_back(place.z_um);
    }
    std::sort(planes_um_.begin(), planes_um_.end());
    planes_um_.erase(std::unique(planes_um_.begin(), planes_um_.end()), planes_um_.end());
    series.z = static_cast<int>(planes_um_.size());
    if (series.z > 1) series.z_um = planes_um_[1] - planes_um_[0];
    name_channels(series, std::max<std::size_t>(facts_.paths.size(), 1));
  }

  void name_channels(Series& series, std::size_t count) {
    series.channels.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (i < facts_.path_names.size() && !facts_.path_names[i].empty()) {
        series.channels[i].name = facts_.path_names[i];
      } else if (i < facts_.paths.size() && count > 1) {
        series.channels[i].name = clean_text(facts_.paths[i]);
      }
    }
  }

  /// Row by row, then the focal planes, then the optical paths.
  std::vector<Tile> full_tiles(const PlaneChoice& choice) const {
    const std::int64_t across = (facts_.total_columns + facts_.columns - 1) / facts_.columns, down = (facts_.total_rows + facts_.rows - 1) / facts_.rows;
    const std::int64_t plane = choice.channel * facts_.focal_planes + choice.z;
    std::vector<Tile> tiles;
    // As many planes as frames at most, so nothing overflows where the plane begins within the frames.
    const std::int64_t end = facts_.first_frame + facts_.frames;
    if (plane > 0 && across * down > end / plane) return tiles;
    const std::int64_t first = plane * across * down;
    const Box& region = *choice.region;
    const std::int64_t to_x = (std::int64_t{region.left_px} + region.width_px - 1) / facts_.columns, to_y = (std::int64_t{region.top_px} + region.height_px - 1) / facts_.rows;
    for (std::int64_t y = region.top_px / facts_.rows; y <= to_y; ++y) {
      for (std::int64_t x = region.left_px / facts_.columns; x <= to_x; ++x) {
        const std::int64_t frame = first + y * across + x;
        if (frame >= end) return tiles;
        if (frame >= facts_.first_frame) tiles.push_back({frame - facts_.first_frame, x * facts_.columns, y * facts_.rows});
      }
    }
    return tiles;
  }

  std::vector<Tile> sparse_tiles(const PlaneChoice& choice) const {
    const Box& region = *choice.region;
    std::vector<Tile> tiles;
    for (std::size_t i = 0; i < facts_.places.size(); ++i) {
      const DicomFramePlace& place = facts_.places[i];
      const std::int64_t left = place.column - 1, top = place.row - 1;
      if (place.path != choice.channel || place.z_um != planes_um_[static_cast<std::size_t>(choice.z)]) continue;
      if (left >= std::int64_t{region.left_px} + region.width_px || top >= std::int64_t{region.top_px} + region.height_px || left + facts_.columns <= region.left_px ||
          top + facts_.rows <= region.top_px) {
        continue;
      }
      tiles.push_back({static_cast<std::int64_t>(i), left, top});
    }
    return tiles;
  }

  /// Decodes a frame; the last one is kept, since regions of one frame are often asked for one after the other.
  const Image& frame(std::int64_t number) {
    if (kept_number_ != number) {
      const std::int64_t pixel_bytes = facts_.samples * std::max<std::int64_t>(facts_.allocated / 8, 1);
      check_decoded_size(facts_.columns, facts_.rows, std::max<std::int64_t>(pixel_bytes, series_[0].samples * static_cast<std::int64_t>(sample_bytes(series_[0].type))));
      kept_number_ = -1;
      kept_ = decode_dicom_frame(frames_.read(*source_, number), facts_, palette_, damaged_);
      kept_number_ = number;
    }
    return kept_;
  }

  std::shared_ptr<Source> source_;
  std::vector<Tag> tags_;
  DicomFacts facts_;
  DicomFrames frames_;
  DicomPalette palette_;
  std::vector<Series> series_{1};
  std::vector<double> planes_um_;  ///< of TILED_SPARSE
  Image kept_;
  std::int64_t kept_number_ = -1;
};

}  // namespace

bool is_dicom(Source& source) {
  if (!source.has(0, 132)) return false;
  const std::vector<std::uint8_t> word = source.read(128, 4);
  return std::memcmp(word.data(), "DICM", 4) == 0;
}

std::unique_ptr<ImageFile> open_dicom(std::shared_ptr<Source> source) { return std::make_unique<DicomFile>(std::move(source)); }

}  // namespace cytodrop
