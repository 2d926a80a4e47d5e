#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support.h"

namespace cytodrop::test {

/// One block of pixels of a CZI file.
struct CziTile {
  int pixel_type = 0;
  int compression = 0;
  int x = 0;
  int y = 0;
  int width_px = 1;
  int height_px = 1;
  int stored_width_px = 0;  ///< 0: as width_px
  int stored_height_px = 0;
  int scene = -1;  ///< -1: without the dimension; so m
  int c = 0;
  int z = 0;
  int t = 0;
  int m = -1;
  std::vector<std::pair<char, int>> others = {};  ///< further dimensions and their indices
  FileBytes pixels = {};                          ///< as they are stored
};

struct CziAttached {
  std::string name;
  std::string type;
  FileBytes bytes;
};

struct CziParts {
  std::vector<CziTile> tiles;
  std::string xml = {};
  std::vector<CziAttached> attachments = {};
  int file_part = 0;
  std::uint32_t stated_tiles = 0;  ///< 0: as many as there are
};

FileBytes make_czi(const CziParts& parts);

/// Where the directory of such a file lies, and its first entry.
std::size_t czi_directory_at(const FileBytes& file);
std::size_t czi_first_entry_at(const FileBytes& file);

/// Pixels from a seed. Of floats each is a number.
FileBytes czi_pixels(int pixel_type, int width_px, int height_px, unsigned seed);

/// A Zstandard frame of uncompressed blocks.
FileBytes zstd_stored(const FileBytes& bytes);
/// A Zstandard frame of one byte again and again.
FileBytes zstd_repeated(std::uint8_t byte, std::uint32_t count);
/// The payload of CZI's compression 6.
///
/// Args:
///   halves: first all low bytes, then all high bytes.
FileBytes czi_zstd1(const FileBytes& pixels, bool halves);

/// XML with every field that is looked for: two channels, two scenes, a scaling of 0.25 × 0.5 × 2 µm.
std::string czi_xml();

/// Small files that reach every branch of the reader, by a name.
std::vector<std::pair<std::string, FileBytes>> czi_examples();

}  // namespace cytodrop::test
