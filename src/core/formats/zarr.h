#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// Opens an OME-Zarr: a ZIP archive of its files, which a folder is handed over as too, each file stored as it is.
///
/// Images, series, fields of wells and further pyramids are series; a smaller copy with fewer planes along z has the nearest. Chunks that are not there have the value
/// that the array fills with.
///
/// Raises: kUnsupportedFormat for another archive, kTruncated, kCorrupt, kUnsupportedFeature, kTooLarge, kUnreadable, kOutOfMemory.
/// Source: OME-NGFF 0.1 to 0.5; Zarr specification 2 and 3.
std::unique_ptr<ImageFile> open_zarr(std::shared_ptr<Source> source);

}  // namespace cytodrop
