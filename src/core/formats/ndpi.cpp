#include "core/formats/ndpi.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/formats/ndpi_directory.h"
#include "core/formats/ndpi_jpeg.h"
#include "core/formats/tiff_makers.h"
#include "core/formats/tiff_series.h"

namespace cytodrop {
namespace {

enum : std::uint16_t { kWidth = 256, kHeight = 257, kCompression = 259, kStripOffsets = 273, kStripBytes = 279, kXResolution = 282, kYResolution = 283, kUnit = 296, kFocus = 65424, kStarts = 65426, kStartsHigh = 65432 };
constexpr std::size_t kMaxLevels = 32;

class NdpiFile final : public ImageFile {
 public:
  NdpiFile(std::shared_ptr<Source> source, std::vector<NdpiDirectory> directories) : source_(std::move(source)), directories_(std::move(directories)) {
    const NdpiDirectory& first = directories_.front();
    Series& series = series_[0];
    series.levels.clear();
    for (const NdpiDirectory& directory : directories_) {
      const Level size{static_cast<std::int64_t>(directory.number(kWidth)), static_cast<std::int64_t>(directory.number(kHeight))};
      const double lens = float_of(directory, kNdpiLens);
      // Other focal planes come as directories of the same sizes.
      const bool in_focus = directory.number(kFocus) == first.number(kFocus);
      const bool is_level = &directory == &first || (lens > 0 && in_focus && series.levels.size() < kMaxLevels && is_level_of(series.levels.front(), size.width_px, size.height_px) && size.width_px < series.levels.back().width_px);
      if (!is_level) {
        beside_.push_back({lens == -1 ? "Overview" : lens == -2 ? "Map" : in_focus ? "Picture beside the image" : "Another focal plane", size.width_px, size.height_px});
        continue;
      }
      levels_.emplace_back(*source_, strip_of(directory, size));
      if (levels_.back().samples() != levels_.front().samples()) throw Error(ErrorCode::kCorrupt, "the NDPI file is damaged (levels of different colours)");
      series.levels.push_back(size);
    }
    series.samples = levels_.front().samples();
    series.x_um = um_of(first, kXResolution);
    series.y_um = um_of(first, kYResolution);
  }

  FileFormat format() const override { return FileFormat::kTiff; }
  const std::vector<Series>& series() const override { return series_; }

  void list_tags(TagList& tags) const override {
    const std::vector<std::uint8_t> tiff = ndpi_tags_as_tiff(*source_, directories_.front());
    MemorySource listed(tiff);
    list_directories(listed, true, tags);
    for (const TiffBeside& one : beside_) list_beside(one, tags);
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override { levels_[static_cast<std::size_t>(choice.level)].read(*source_, *choice.region, image, damaged_); }

 private:
  static NdpiStrip strip_of(const NdpiDirectory& directory, const Level& size) {
    constexpr std::uint64_t kJpeg = 7;
    constexpr std::int64_t kMaxSide = 1 << 30;
    if (size.width_px < 1 || size.height_px < 1 || size.width_px > kMaxSide || size.height_px > kMaxSide) throw Error(ErrorCode::kCorrupt, "the NDPI file is damaged (no valid size)");
    if (directory.number(kCompression) != kJpeg || directory.number(kStripOffsets) == 0 || directory.number(kStripBytes) == 0) {
      throw Error(ErrorCode::kUnsupportedFeature, "the NDPI file is compressed in a way that is not read, perhaps as JPEG XR; export it as TIFF");
    }
    NdpiStrip strip{.at = directory.number(kStripOffsets), .bytes = directory.number(kStripBytes), .width_px = size.width_px, .height_px = size.height_px};
    // A list of one is a number.
    const NdpiEntry *starts = directory.find(kStarts), *high = directory.find(kStartsHigh);
    if (starts && starts->bytes == 4 * starts->count) {
      strip.starts = starts->count;
      strip.starts_at = starts->at;
      if (high && high->bytes == starts->bytes) strip.starts_high_at = high->at;
    }
    return strip;
  }

  double float_of(const NdpiDirectory& directory, std::uint16_t tag) const {
    const NdpiEntry* entry = directory.find(tag);
    if (!entry || entry->bytes != 4) return 0;
    const std::uint32_t bits = SourceNumbers(*source_, true).u32(entry->at);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? static_cast<double>(value) : 0;
  }

  /// 0 where the file does not tell.
  double um_of(const NdpiDirectory& directory, std::uint16_t tag) const {
    constexpr std::uint64_t kCentimetre = 3;
    const NdpiEntry* entry = directory.find(tag);
    if (!entry || entry->bytes != 8 || directory.number(kUnit) != kCentimetre || !source_->has(entry->at, 8)) return 0;
    const SourceNumbers numbers(*source_, true);
    const double um = 10'000.0 * numbers.u32(entry->at + 4) / numbers.u32(entry->at);
    return um > 1e-6 && um < 1e6 ? um : 0;
  }

  std::shared_ptr<Source> source_;
  std::vector<NdpiDirectory> directories_;
  std::vector<NdpiJpeg> levels_;
  std::vector<TiffBeside> beside_;
  std::vector<Series> series_{1};
};

}  // namespace

std::unique_ptr<ImageFile> open_ndpi(std::shared_ptr<Source> source) {
  std::vector<NdpiDirectory> directories = read_ndpi_directories(*source);
  if (directories.empty()) return nullptr;
  return std::make_unique<NdpiFile>(std::move(source), std::move(directories));
}

}  // namespace cytodrop
