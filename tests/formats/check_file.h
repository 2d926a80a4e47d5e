#pragma once
#include <memory>
#include <string>

#include "catch.h"
#include "core/error.h"
#include "core/formats/image_file.h"
#include "open_bytes.h"

namespace cytodrop::test {

inline FileBytes bytes_of(const Image& image) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(image.data());
  return {data, data + image.row_stride_bytes() * static_cast<std::size_t>(image.height_px())};
}

/// Opens a file and reads a plane of each series; nothing but an Error may come of it.
///
/// Returns: whether all of it was read.
inline bool reads_or_refuses(const FileBytes& bytes) {
  try {
    const auto file = open_bytes(bytes);
    if (!file) return false;
    TagList tags;
    file->list_tags(tags);
    for (std::size_t s = 0; s < file->series().size(); ++s) {
      const Series& series = file->series()[s];
      file->read({.series = static_cast<int>(s), .channel = static_cast<int>(series.channels.size()) - 1, .z = series.z - 1, .t = series.t - 1});
    }
    return true;
  } catch (const Error& error) {
    CHECK(error.code() != ErrorCode::kInternal);
    CHECK(std::string(error.what()).size() > 10);
    return false;
  }
}

/// Cuts a file off at every 7th byte.
inline void cut_everywhere(const FileBytes& whole) {
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const FileBytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    INFO("cut at " << size << " of " << whole.size());
    CHECK_FALSE(reads_or_refuses(cut));
  }
}

}  // namespace cytodrop::test
