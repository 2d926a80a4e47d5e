#pragma once
#include <cstdint>
#include <vector>

#include "core/formats/image_file.h"

namespace cytodrop {

/// A file that holds one picture, which is decoded as a whole when it is first asked for, and kept.
class PictureFile : public ImageFile {
 public:
  const std::vector<Series>& series() const final { return series_; }

 protected:
  /// What the series says; more than 8 bits are uint16.
  void state(std::int64_t width_px, std::int64_t height_px, int samples, int bits);

  /// The picture as stated. Raises: as ImageFile::read.
  virtual Image decode_all() = 0;

 private:
  void fill(const PlaneChoice& choice, Image& image) final;

  std::vector<Series> series_{1};
  Image kept_;
};

}  // namespace cytodrop
