#pragma once
#include <string_view>
#include <vector>

namespace cytodrop {

/// What a TIFF's description says of the pages of the file.
struct TiffLayout {
  int pages = 0;     ///< z × time; 0: the description says nothing of pages
  int channels = 1;  ///< directories that make one page
  std::vector<int> directories;  ///< [page][channel] number of the directory
  double pixel_size_um = 0;      ///< 0: unknown
  int images = 0;                ///< that the file has, as ImageJ writes it, which puts them behind one directory in large stacks; 0: unknown
};

/// Reads the attributes that matter from OME-XML, or the lines that ImageJ writes. Untrusted input is safe: the text is searched,
/// never parsed as a document, and what contradicts itself says nothing.
///
/// Args:
///   description: the tag ImageDescription of the first directory.
///   directory_count: of the file.
///   samples_per_pixel: of the first directory; OME counts the samples of RGB as channels.
///   x_pixels_per_unit: the tag XResolution, in which ImageJ gives the pixel size; 0 where there is none.
/// Source: OME-TIFF specification 6.0; ImageJ 1.53 ij/io/TiffDecoder.
TiffLayout read_description(std::string_view description, int directory_count, int samples_per_pixel, double x_pixels_per_unit);

}  // namespace cytodrop
