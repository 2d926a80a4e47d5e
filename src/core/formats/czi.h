#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// Opens a Zeiss CZI file.
///
/// Scenes are series, those of several types of pixels one series for each; tiles lie at their places, later ones over earlier ones; of
/// dimensions other than channel, z and time the first index is read.
///
/// Raises: kTruncated, kCorrupt, kUnsupportedFeature, kTooLarge, kUnreadable, kOutOfMemory.
/// Source: the description of the ZISRAW (CZI) file format that Carl Zeiss Microscopy publishes.
std::unique_ptr<ImageFile> open_czi(std::shared_ptr<Source> source);

}  // namespace cytodrop
