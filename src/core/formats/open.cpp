// Which reader a file is for. To add one: its files beside this one, a line here, its sources in CMakeLists.txt.
#include <utility>

#include "core/formats/czi.h"
#include "core/formats/czi_directory.h"
#include "core/formats/dicom.h"
#include "core/formats/gif.h"
#include "core/formats/image_file.h"
#include "core/formats/jpeg2000.h"
#include "core/formats/jpeg_xl.h"
#include "core/formats/lif.h"
#include "core/formats/nd2.h"
#include "core/formats/ndpi.h"
#include "core/formats/plain_file.h"
#include "core/formats/tiff_file.h"
#include "core/formats/webp.h"
#include "core/formats/zarr.h"
#include "core/formats/zip_files.h"

namespace cytodrop {

std::unique_ptr<ImageFile> open_image_file(std::shared_ptr<Source> source) {
  // Before TIFF, which may stand in its preamble.
  if (is_dicom(*source)) return open_dicom(std::move(source));
  if (std::unique_ptr<ImageFile> slide = open_ndpi(source)) return slide;
  if (is_tiff(*source)) return open_tiff(std::move(source));
  if (is_czi(*source)) return open_czi(std::move(source));
  if (is_nd2(*source)) return open_nd2(std::move(source));
  if (is_lif(*source)) return open_lif(std::move(source));
  if (is_jpeg2000(*source)) return open_jpeg2000(std::move(source));
  if (is_jpeg_xl(*source)) return open_jpeg_xl(std::move(source));
  if (is_gif(*source)) return open_gif(std::move(source));
  if (is_webp(*source)) return open_webp(std::move(source));
  if (is_zip(*source)) return open_zarr(std::move(source));
  return open_plain(*source);
}

}  // namespace cytodrop
