#include "core/decode/tiff_library.h"

#include <array>
#include <unordered_set>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxDirectories = 65'536;

bool is_of_further(std::uint32_t tag) {
  // SubIFDs, NDPI's format and lens, LSM, MetaMorph's UIC1 to UIC4.
  return tag == TIFFTAG_SUBIFD || tag == 65420 || tag == 65421 || tag == 34412 || (tag >= 33628 && tag <= 33631);
}

}  // namespace

void tiff_truncated() { throw Error(ErrorCode::kTruncated, "the TIFF file is cut off: its end is missing"); }
void tiff_corrupt(const std::string& what) { throw Error(ErrorCode::kCorrupt, "the TIFF file is damaged (" + what + ")"); }
void tiff_unsupported(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, what); }

TiffDirectories walk_directories(Source& file) {
  std::array<std::uint8_t, 4> first{};
  if (!file.has(0, 8)) tiff_truncated();
  file.read(0, first);
  const bool little = first[0] == 'I';
  const SourceNumbers numbers(file, little);
  const bool big = numbers.u16(2) == 43;
  const std::uint64_t header_bytes = big ? 16 : 8, count_bytes = big ? 8 : 2, entry_bytes = big ? 20 : 12, link_bytes = big ? 8 : 4;
  if (!file.has(0, header_bytes)) tiff_truncated();

  TiffDirectories found;
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t offset = big ? numbers.u64(8) : numbers.u32(4); offset != 0;) {
    if (!seen.insert(offset).second) {
      found.circular = true;
      break;
    }
    if (!file.has(offset, count_bytes)) tiff_truncated();
    const std::uint64_t entries = big ? numbers.u64(offset) : numbers.u16(offset);
    if (entries == 0 || entries > 65'535) tiff_corrupt("a directory of " + std::to_string(entries) + " entries");
    const std::uint64_t bytes = count_bytes + entries * entry_bytes;
    if (!file.has(offset, bytes + link_bytes)) tiff_truncated();
    TiffDirectory directory{.offset = offset};
    for (std::uint64_t i = 0; i < entries; ++i) {
      const std::uint64_t entry = offset + count_bytes + i * entry_bytes;
      const std::uint32_t tag = numbers.u16(entry);
      const std::uint64_t value = entry + (big ? 12 : 8);
      const auto number = [&] { return numbers.u16(entry + 2) == TIFF_SHORT ? numbers.u16(value) : numbers.u32(value); };
      if (tag == TIFFTAG_SUBFILETYPE) directory.subfile = numbers.u32(value);
      if (tag == TIFFTAG_IMAGEWIDTH) directory.width_px = number();
      if (tag == TIFFTAG_IMAGELENGTH) directory.height_px = number();
      directory.tiled |= tag == TIFFTAG_TILEWIDTH;
      directory.further |= is_of_further(tag);
    }
    found.all.push_back(directory);
    if (found.all.size() == kMaxDirectories) break;
    offset = big ? numbers.u64(offset + bytes) : numbers.u32(offset + bytes);
  }
  if (found.all.empty()) tiff_corrupt("no directory");
  return found;
}

}  // namespace cytodrop
