// Which reader a file is for. To add one: its files beside this one, a line here, its sources in CMakeLists.txt.
#include "core/formats/dicom.h"
#include "core/formats/gif.h"
#include "core/formats/image_file.h"
#include "core/formats/jpeg2000.h"
#include "core/formats/webp.h"

namespace cytodrop {

std::unique_ptr<ImageFile> open_image_file(std::shared_ptr<Source> source) {
  if (is_dicom(*source)) return open_dicom(std::move(source));
  if (is_jpeg2000(*source)) return open_jpeg2000(std::move(source));
  if (is_gif(*source)) return open_gif(std::move(source));
  if (is_webp(*source)) return open_webp(std::move(source));
  return nullptr;
}

}  // namespace cytodrop
