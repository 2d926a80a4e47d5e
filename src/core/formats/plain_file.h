#pragma once
#include <memory>

#include "core/formats/image_file.h"

namespace cytodrop {

/// A file that the core reads by itself, as one picture, so that a part of it can be asked for as of any other: decoded at once and kept. nullptr for what is none.
///
/// Raises: as decode, but kCorrupt in place of kNeedsReader; kTooLarge for a file over 512 MB.
std::unique_ptr<ImageFile> open_plain(Source& source);

}  // namespace cytodrop
