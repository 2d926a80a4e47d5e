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

/// Whether ImageJ wrote more images than there are directories, behind the only one, as it does with large stacks.
bool is_stack_of_one_directory(std::string_view description, std::size_t directory_count);

/// Whether it is OME-XML of more than one image.
bool has_several_images(std::string_view description);

/// Micrometres in a unit of length; 0 for what is none.
double um_per(std::string_view unit);

/// A number that begins the text; NaN where none does.
double leading_number(std::string_view text);

/// The value of a line `name=value`; empty where there is none.
std::string_view line_value(std::string_view text, std::string_view name);

}  // namespace cytodrop
