// The pixels of one page of a TIFF file.

#pragma once

#include "core/decode/tiff_page.h"
#include "core/image.h"

namespace cytodrop {

/// Args:
///   channel: which of `page.grey_channels`.
///   region: in px of the page as stored; only what it touches is decoded.
/// Raises: kTruncated, kCorrupt.
Image read_pixels(TiffLibrary& library, const TiffPage& page, int channel, const Box& region);

/// The same for a plane of a file whose further planes have no directory but lie, uncompressed, row after row behind the first.
///
/// Args:
///   page: of the first plane, as all others are.
///   at: byte that the plane begins with.
/// Raises: kTruncated, kUnreadable.
Image read_stacked_pixels(Source& file, std::uint64_t at, TiffLibrary& library, const TiffPage& page, int channel, const Box& region);

/// Bytes of such a plane.
std::uint64_t plane_bytes(const TiffPage& page);

/// Lays an image with transparency on white; as it is without.
Image on_white(Image image, const TiffPage& page);

/// Turns samples that are no finite number, or could become none on the way through a network, into the least of the others. Returns whether there were any.
bool remove_non_numbers(Image& image);

}  // namespace cytodrop
