#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/image.h"

namespace cytodrop::test {

using FileBytes = std::vector<std::uint8_t>;

std::filesystem::path source_dir();
/// Reads a whole file; throws when it is not there.
FileBytes read_file(const std::filesystem::path& path);
/// The folders of the shipped models that name cells; detectors and encoders, which have no head and no golden cells, lie beside them.
std::vector<std::filesystem::path> shipped_classifiers();
/// Raw little-endian float32 values.
std::vector<float> read_floats(const std::filesystem::path& path);

/// A PNG with stored (uncompressed) rows.
///
/// Args:
///   colour_type: 0 grey, 2 RGB, 4 grey and alpha, 6 RGBA.
///   samples: rows without filter bytes, big-endian where bits is 16.
FileBytes make_png(int width_px, int height_px, int bits, int colour_type, const FileBytes& samples);
/// A chunk with its CRC.
FileBytes png_chunk(const std::string& type, const FileBytes& data);
/// A 24-bit BMP, rows from bottom to top as usual.
FileBytes make_bmp(int width_px, int height_px, std::uint8_t fill);
/// A TIFF of one strip a page, no compression. Tags beyond the basic ones, such as a description, are added by `extra`.
struct TiffEntry {
  std::uint16_t tag;
  std::uint16_t type;  ///< 1 bytes, 2 text, 3 uint16, 4 uint32, 5 rational, 7 undefined
  FileBytes value;     ///< in the byte order of the file
};
struct TiffPage {
  int width_px = 1;
  int height_px = 1;
  int bits = 8;
  int samples = 1;
  int format = 1;       ///< 1 unsigned, 2 signed, 3 float
  int photometric = 1;  ///< 0 white is zero, 1 black is zero, 2 RGB, 3 palette
  FileBytes pixels = {};
  std::vector<TiffEntry> extra = {};
};
FileBytes make_tiff(const std::vector<TiffPage>& pages, bool big_endian = false, bool big_tiff = false);

/// A safetensors file of the given tensors.
struct TestTensor {
  std::string name;
  std::vector<int> shape;
  std::vector<float> values;
  std::vector<std::uint16_t> halves = {};  ///< bits of float16, written in the place of `values` where there are any
};
FileBytes make_safetensors(const std::vector<TestTensor>& tensors);

/// An image of the given type filled with noise from a fixed seed.
Image noise_image(int width_px, int height_px, int channels, SampleType type, unsigned seed = 1);

/// Runs the body and gives the code and message of the Error it throws; fails the test when it throws none.
Error error_of(const std::function<void()>& body);

}  // namespace cytodrop::test
