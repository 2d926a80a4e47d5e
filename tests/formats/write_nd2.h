#pragma once
#include <map>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

/// One value of an ND2 file's metadata, to be written as "LV" or as XML.
struct Nd2Item {
  std::string name;
  int type = 11;  ///< 1 bool, 2 int32, 3 uint32, 4 int64, 5 uint64, 6 double, 8 text, 9 bytes, 11 level
  double number = 0;
  std::string text = {};
  FileBytes bytes = {};
  std::vector<Nd2Item> items = {};
};

FileBytes nd2_lv(const Nd2Item& item);
std::string nd2_xml(const Nd2Item& item);

struct Nd2WrittenLoop {
  int type = 1;  ///< 1 time, 2 positions, 4 z, 6 spectrum, 7 custom, 8 periods
  int count = 1;
  double step_um = 0;
  std::vector<std::string> names = {};
  FileBytes valid = {};  ///< of positions or periods
};

struct Nd2Written {
  int width_px = 5;
  int height_px = 4;
  int components = 1;
  int planes = 1;  ///< channels, each of components / planes numbers a pixel
  int bits = 16;
  int significant_bits = 0;  ///< 0: all
  int row_padding_bytes = 0;
  bool deflated = false;
  bool xml = false;                 ///< version 2
  bool deflated_metadata = false;
  double pixel_um = 0.325;
  std::vector<Nd2WrittenLoop> loops = {};  ///< the outermost first
  int frames = 1;
  std::vector<int> missing = {};  ///< frames that the list of contents has not
  int beyond = 0;                 ///< frames more than the loops tell
  std::size_t name_bytes = 4072;  ///< of a frame's chunk: what is usual, on which other readers rely
};

/// Pixels of a frame without what fills up its rows.
FileBytes nd2_frame(const Nd2Written& file, int frame);

FileBytes make_nd2(const Nd2Written& file);

/// A chunk at its place in the file, listed in `map`.
void put_nd2_chunk(FileBytes& file, FileBytes& map, const std::string& name, const FileBytes& data, std::size_t name_bytes);

/// Files of every branch, by a name.
std::map<std::string, Nd2Written> nd2_examples();

}  // namespace cytodrop::test
