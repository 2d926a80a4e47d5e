#include "core/formats/picture_file.h"

#include <cstring>

#include "core/decode/tiff.h"
#include "core/error.h"

namespace cytodrop {

void PictureFile::state(std::int64_t width_px, std::int64_t height_px, int samples, int bits) {
  Series& series = series_[0];
  series.levels = {{width_px, height_px}};
  series.samples = samples;
  series.type = bits > 8 ? SampleType::kUint16 : SampleType::kUint8;
  series.bits = bits;
}

void PictureFile::fill(const PlaneChoice& choice, Image& image) {
  const Series& series = series_[0];
  if (kept_.width_px() == 0) {
    // The picture takes more than the region that is asked for; a decoder may have alpha besides.
    check_decoded_size(series.levels[0].width_px, series.levels[0].height_px, (series.samples + 1) * static_cast<std::int64_t>(sample_bytes(series.type)));
    Image all = decode_all();
    if (all.width_px() != series.levels[0].width_px || all.height_px() != series.levels[0].height_px || all.channels() != series.samples || all.type() != series.type) {
      throw Error(ErrorCode::kCorrupt, "the image data has another size than the header states");
    }
    kept_ = std::move(all);
  }
  const ImageView part = kept_.view().crop(*choice.region);
  for (int y = 0; y < part.height_px; ++y) std::memcpy(image.data() + static_cast<std::size_t>(y) * image.row_stride_bytes(), part.row(y), image.row_stride_bytes());
}

}  // namespace cytodrop
