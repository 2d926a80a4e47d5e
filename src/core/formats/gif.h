#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

bool is_gif(Source& source);

/// The first frame of a GIF, in RGB, on white where it is transparent or covers less than the picture. Further frames are counted,
/// and a note says that they are not read. Untrusted input is safe.
///
/// Raises: as open_image_file. Source: GIF89a specification, CompuServe 1990.
std::unique_ptr<ImageFile> open_gif(std::shared_ptr<Source> source);

}  // namespace cytodrop
