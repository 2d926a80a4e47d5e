#pragma once
#include "core/decode/decode.h"
#include "core/formats/choose.h"
#include "core/formats/image_file.h"
#include "core/inspect/inspect.h"

namespace cytodrop {

/// The planes of a file one after the other, as pages: of each series its times, of each time its z.
int page_count(const ImageFile& file);

/// Raises: kInvalidArgument for a page or channel that the file has not.
PlaneChoice plane_of(const ImageFile& file, const DecodeOptions& options);

/// Decodes one plane, or a part of it, or all z of a place as one. Raises: as ImageFile::read.
DecodedImage decode_plane(ImageFile& file, const PlaneChoice& choice, Projection projection = Projection::kNone);

/// The same for a page. Raises: as ImageFile::read.
DecodedImage decode_page(ImageFile& file, const DecodeOptions& options);

/// What the file says beside its pixels. Raises: nothing but kOutOfMemory.
FileContent inspect(const ImageFile& file);

}  // namespace cytodrop
