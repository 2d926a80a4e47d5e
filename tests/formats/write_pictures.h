#pragma once
#include <map>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

/// Bytes from hexadecimal digits.
FileBytes from_digits(const char* digits);

struct GifFrame {
  int left = 0, top = 0, width = 4, height = 3;
  FileBytes indices = {};   ///< of four colours: black, red, green, blue
  int transparent = -1;
  bool own_colours = false;  ///< white, grey, black, yellow
};
/// A GIF whose codes never grow; `comment` where there is one.
FileBytes make_gif(int width, int height, const std::vector<GifFrame>& frames, const std::string& comment = "");

/// A chunk of a RIFF file, padded.
FileBytes webp_chunk(const std::string& name, const FileBytes& data);
/// A WebP of chunks.
FileBytes make_webp(const std::vector<FileBytes>& chunks);
/// Says what follows. `flags`: 2 animation, 8 EXIF, 16 alpha.
FileBytes webp_header(int flags, int width, int height);
/// A frame of an animation.
FileBytes webp_frame(int left, int top, int width, int height, const FileBytes& chunks);

/// Files of every branch, by name; the first letters say of which format: "gif", "webp", "jp2".
std::map<std::string, FileBytes> picture_examples();

}  // namespace cytodrop::test
