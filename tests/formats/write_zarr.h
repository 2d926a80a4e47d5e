#pragma once
#include <string>
#include <utility>
#include <vector>

#include "support.h"

namespace cytodrop::test {

using NamedFiles = std::vector<std::pair<std::string, FileBytes>>;

struct ZipOptions {
  bool zip64 = false;      ///< with the fields of large archives
  bool deflated = false;   ///< by blocks that are stored
  bool encrypted = false;  ///< says so
};

/// A ZIP archive without sums.
FileBytes make_zip(const NamedFiles& files, const ZipOptions& options = {});

FileBytes bytes_of_text(const std::string& text);

/// The metadata of an array of version 2 or 3.
std::string array_json_2(const std::string& shape, const std::string& chunks, const std::string& type = "|u1", const std::string& more = R"("compressor": null, "fill_value": 7)");
std::string array_json_3(const std::string& shape, const std::string& chunks, const std::string& type, const std::string& codecs);

/// Attributes of an image of one level.
std::string image_json(const std::string& axes, const std::string& more = "");

/// An image of version 2 and of one array, "0".
NamedFiles zarr_image(const std::string& axes, const std::string& array_json, const NamedFiles& chunks, const std::string& more = "");

/// A file of each branch that needs no library to be written.
NamedFiles zarr_examples();

}  // namespace cytodrop::test
