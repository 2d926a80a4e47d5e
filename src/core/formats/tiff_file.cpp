#include "core/formats/tiff_file.h"

#include <array>
#include <cstring>
#include <utility>

#include "core/decode/decode.h"
#include "core/decode/tiff.h"
#include "core/decode/tiff_pixels.h"
#include "core/error.h"
#include "core/formats/tiff_codecs.h"
#include "core/formats/tiff_series.h"

namespace cytodrop {
namespace {

class TiffFile final : public ImageFile {
 public:
  explicit TiffFile(std::shared_ptr<Source> source) : source_(std::move(source)), library_(*source_), content_(read_content(*source_, library_)) {
    for (const TiffSeries& one : content_.series) series_.push_back(one.facts);
  }

  FileFormat format() const override { return FileFormat::kTiff; }
  const std::vector<Series>& series() const override { return series_; }
  int images_stated() const override { return content_.images_stated; }

  void list_tags(TagList& tags) const override {
    list_directories(*source_, true, tags);
    for (const TiffBeside& one : content_.beside) list_beside(one, tags);
    for (const std::string& note : content_.notes) tags.note(note);
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const TiffSeries& one = content_.series[static_cast<std::size_t>(choice.series)];
    const std::size_t plane_number = static_cast<std::size_t>(choice.t) * static_cast<std::size_t>(one.facts.z) + static_cast<std::size_t>(choice.z);
    const std::size_t channels = one.channels_are_samples ? 1 : one.facts.channels.size();
    const TiffPlane& plane = one.planes[plane_number * channels + (one.channels_are_samples ? 0 : static_cast<std::size_t>(choice.channel))];
    open_directory(one, plane, choice.level);
    require_tiff_codec(library_.get());
    const TiffPage page = page_of();
    check_same(one, page, choice.level);
    const int sample = one.channels_are_samples ? choice.channel : 0;
    Image pixels = page.orientation == 1 ? read(plane, page, sample, *choice.region) : read_turned(plane, page, sample, *choice.region);
    if (remove_non_numbers(pixels) || library_.complained()) damaged_ = true;
    pixels = on_white(std::move(pixels), page);
    if (pixels.channels() != image.channels() || pixels.type() != image.type()) throw Error(ErrorCode::kCorrupt, "the TIFF file is damaged (planes of different kinds)");
    image = std::move(pixels);
  }

 private:
  void open_directory(const TiffSeries& one, const TiffPlane& plane, int level) {
    if (level > 0 && !one.levels_are_below) {
      library_.read_directory(one.levels[static_cast<std::size_t>(level - 1)]);
      return;
    }
    library_.read_directory(plane.directory);
    if (level == 0) return;
    std::uint16_t count = 0;
    const std::uint64_t* below = nullptr;
    if (!TIFFGetField(library_.get(), TIFFTAG_SUBIFD, &count, &below) || count < level) throw Error(ErrorCode::kCorrupt, "the TIFF file is damaged (a plane has fewer levels than the first)");
    library_.read_directory(below[level - 1]);
  }

  /// What the core leaves to this reader and this reader does not have either is not read at all.
  TiffPage page_of() {
    try {
      return read_page(library_, true);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNeedsReader) throw;
      throw Error(ErrorCode::kUnsupportedFeature, std::string(error.what()) + "; save it uncompressed or with LZW");
    }
  }

  static void check_same(const TiffSeries& one, const TiffPage& page, int level) {
    const bool turned = page.orientation >= 5;
    const Level& stated = one.facts.levels[static_cast<std::size_t>(level)];
    if ((turned ? page.height_px : page.width_px) != stated.width_px || (turned ? page.width_px : page.height_px) != stated.height_px) {
      throw Error(ErrorCode::kCorrupt, "the TIFF file is damaged (planes of different sizes)");
    }
  }

  Image read(const TiffPlane& plane, const TiffPage& page, int sample, const Box& region) {
    return plane.stacked_at > 0 ? read_stacked_pixels(*source_, plane.stacked_at, library_, page, sample, region) : read_pixels(library_, page, sample, region);
  }

  Image read_turned(const TiffPlane& plane, const TiffPage& page, int sample, const Box& region) {
    check_decoded_size(page.width_px, page.height_px, 4 * static_cast<std::int64_t>(sample_bytes(page.type)));
    const Image whole = apply_orientation(read(plane, page, sample, {0, 0, static_cast<int>(page.width_px), static_cast<int>(page.height_px)}), page.orientation);
    const ImageView part = whole.view().crop(region);
    Image image(region.width_px, region.height_px, part.channels, part.type);
    for (int y = 0; y < region.height_px; ++y) std::memcpy(image.data() + static_cast<std::size_t>(y) * image.row_stride_bytes(), part.row(y), image.row_stride_bytes());
    return image;
  }

  std::shared_ptr<Source> source_;
  TiffLibrary library_;
  TiffContent content_;
  std::vector<Series> series_;
};

}  // namespace

bool is_tiff(Source& source) {
  if (!source.has(0, 4)) return false;
  std::array<std::uint8_t, 4> first{};
  source.read(0, first);
  return is_tiff(Bytes(first));
}

std::unique_ptr<ImageFile> open_tiff(std::shared_ptr<Source> source) {
  register_tiff_codecs();
  return std::make_unique<TiffFile>(std::move(source));
}

}  // namespace cytodrop
