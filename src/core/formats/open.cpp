// Which reader a file is for. To add one: its files beside this one, a line here, its sources in CMakeLists.txt.
#include <utility>

#include "core/formats/image_file.h"
#include "core/formats/lif.h"
#include "core/formats/nd2.h"
#include "core/formats/plain_file.h"
#include "core/formats/tiff_file.h"

namespace cytodrop {

std::unique_ptr<ImageFile> open_image_file(std::shared_ptr<Source> source) {
  if (is_tiff(*source)) return open_tiff(std::move(source));
  if (is_nd2(*source)) return open_nd2(std::move(source));
  if (is_lif(*source)) return open_lif(std::move(source));
  return open_plain(*source);
}

}  // namespace cytodrop
