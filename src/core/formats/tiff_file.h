#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// A TIFF or BigTIFF of any size and of all makers that tiff_series.h names; samples become what decode_tiff says.
///
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kUnreadable, kOutOfMemory.
std::unique_ptr<ImageFile> open_tiff(std::shared_ptr<Source> source);

bool is_tiff(Source& source);

}  // namespace cytodrop
