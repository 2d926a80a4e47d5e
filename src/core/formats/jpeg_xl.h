#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

bool is_jpeg_xl(Source& source);

/// A JPEG XL, lossy or not, a codestream or a container, upright, of 8 or 16 bits, grey or in RGB, on white where it is transparent. Of an
/// animation the first frame; a note says that the others are not read. Untrusted input is safe.
///
/// Raises: as open_image_file, and as read_jpeg_xl_header. Source: ISO/IEC 18181-2 for the container.
std::unique_ptr<ImageFile> open_jpeg_xl(std::shared_ptr<Source> source);

}  // namespace cytodrop
