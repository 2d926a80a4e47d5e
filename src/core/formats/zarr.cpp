#include "core/formats/zarr.h"

#include <algorithm>
#include <utility>

#include "core/decode/tiff_pixels.h"
#include "core/formats/zarr_images.h"
#include "core/formats/zarr_plane.h"

namespace cytodrop {
namespace {

class ZarrFile final : public ImageFile {
 public:
  explicit ZarrFile(std::shared_ptr<Source> source) : files_(std::move(source)), chunks_(files_) {
    ZarrHierarchy hierarchy(files_);
    content_ = read_zarr_content(hierarchy);
    for (const ZarrImage& image : content_.images) series_.push_back(image.facts);
  }

  FileFormat format() const override { return FileFormat::kZarr; }
  const std::vector<Series>& series() const override { return series_; }
  int images_stated() const override { return content_.images_stated; }

  void list_tags(TagList& tags) const override {
    ZarrHierarchy hierarchy(files_);
    list_zarr_tags(hierarchy, content_, tags);
  }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const ZarrImage& one = content_.images[static_cast<std::size_t>(choice.series)];
    const ZarrArray& array = one.levels[static_cast<std::size_t>(choice.level)];
    ZarrPlane plane{std::vector<std::uint64_t>(array.shape.size()), static_cast<std::size_t>(one.x), static_cast<std::size_t>(one.y)};
    const auto set = [&](int axis, int value) {
      if (axis >= 0) plane.place[static_cast<std::size_t>(axis)] = static_cast<std::uint64_t>(value);
    };
    set(one.t, choice.t);
    if (one.z >= 0) {
      const std::uint64_t planes = array.shape[static_cast<std::size_t>(one.z)], all = one.levels.front().shape[static_cast<std::size_t>(one.z)];
      set(one.z, static_cast<int>(static_cast<std::uint64_t>(choice.z) * planes / all));
    }
    for (int sample = 0; sample < image.channels(); ++sample) {
      set(one.c, image.channels() == 3 ? sample : choice.channel);
      paint_zarr(chunks_, array, plane, *choice.region, image, sample);
    }
    if (remove_non_numbers(image)) damaged_ = true;
  }

 private:
  mutable ZipFiles files_;
  ZarrChunks chunks_;
  ZarrContent content_;
  std::vector<Series> series_;
};

}  // namespace

std::unique_ptr<ImageFile> open_zarr(std::shared_ptr<Source> source) { return std::make_unique<ZarrFile>(std::move(source)); }

}  // namespace cytodrop
