#pragma once
#include <string>
#include <string_view>

namespace cytodrop {

/// µm a pixel as the description of a TIFF says it: OME-XML (PhysicalSizeX), or ImageJ's unit of the resolution; 0 where it does not. Untrusted input is safe: the
/// text is searched, never parsed as a document, and what contradicts itself says nothing.
///
/// Args:
///   description: the tag ImageDescription of the first directory.
///   x_pixels_per_unit: the tag XResolution; 0 where there is none.
/// Source: OME-TIFF specification 6.0; ImageJ 1.53 ij/io/TiffDecoder.
double described_pixel_um(std::string_view description, double x_pixels_per_unit);

/// µm that an attribute like PhysicalSizeX of OME-XML states with its unit; 0 where it does not, or nonsense.
///
/// Args:
///   pixels: inside of the tag Pixels.
///   axis: "X", "Y" or "Z".
double physical_size_um(std::string_view pixels, const std::string& axis);

bool is_ome(std::string_view description);

bool is_imagej(std::string_view description);

/// Micrometres in a unit of length; 0 for what is none.
double um_per(std::string_view unit);

/// A number that begins the text; NaN where none does.
double leading_number(std::string_view text);

/// The value of a line `name=value`; empty where there is none.
std::string_view line_value(std::string_view text, std::string_view name);

}  // namespace cytodrop
