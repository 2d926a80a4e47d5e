#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// A slide of Hamamatsu's scanners, of any size, read by parts: its levels, and of several focal planes the one in focus; the overview and
/// the map of the slide are no pages. Untrusted input is safe.
///
/// Returns: nullptr where the file is none with offsets of 64 bits, as which scanners write all.
/// Raises: as open_image_file. Source: as read_ndpi_directories.
std::unique_ptr<ImageFile> open_ndpi(std::shared_ptr<Source> source);

}  // namespace cytodrop
