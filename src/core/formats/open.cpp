// Which reader a file is for. To add one: its files beside this one, a line here, its sources in CMakeLists.txt.
#include "core/formats/image_file.h"

namespace cytodrop {

std::unique_ptr<ImageFile> open_image_file([[maybe_unused]] std::shared_ptr<Source> source) {
  return nullptr;
}

}  // namespace cytodrop
