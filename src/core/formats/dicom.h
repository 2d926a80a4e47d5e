#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// Whether the file says so behind its preamble.
bool is_dicom(Source& source);

/// A DICOM file (part 10): grey and colour images, several frames as times, or as z where the file states the distance of slices, and
/// whole slides in tiles (TILED_FULL, TILED_SPARSE), each optical path a channel and each focal plane a z. Untrusted input is safe.
///
/// Reads implicit and explicit elements of both byte orders and deflated ones; RLE, JPEG of 8 bits, lossless JPEG, JPEG-LS and
/// JPEG 2000. The window is listed as a tag and not applied.
///
/// Raises: as open_image_file.
/// Source: DICOM 2024, parts 3, 5 and 10.
std::unique_ptr<ImageFile> open_dicom(std::shared_ptr<Source> source);

}  // namespace cytodrop
