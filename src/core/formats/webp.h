#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

bool is_webp(Source& source);

/// A WebP, lossy or not, upright, in RGB, on white where it is transparent. Of an animation the first frame; a note says that the others
/// are not read. Untrusted input is safe.
///
/// Raises: as open_image_file. Source: RFC 9649; libwebp 1.2.4 or newer for the pixels.
std::unique_ptr<ImageFile> open_webp(std::shared_ptr<Source> source);

}  // namespace cytodrop
