#include "core/decode/tiff_library.h"

#include <unordered_set>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMaxDirectories = 65'536;

}  // namespace

void tiff_truncated() { throw Error(ErrorCode::kTruncated, "the TIFF file is cut off: its end is missing"); }
void tiff_corrupt(const std::string& what) { throw Error(ErrorCode::kCorrupt, "the TIFF file is damaged (" + what + ")"); }
void tiff_unsupported(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, what); }

TiffDirectories walk_directories(Bytes file) {
  const bool little = file[0] == 'I';
  const auto u16 = [&](std::size_t at) { return little ? le16(file, at) : be16(file, at); };
  const auto u32 = [&](std::size_t at) { return little ? le32(file, at) : be32(file, at); };
  const auto u64 = [&](std::size_t at) {
    const std::uint64_t a = u32(at), b = u32(at + 4);
    return little ? b << 32 | a : a << 32 | b;
  };
  const bool big = u16(2) == 43;
  const std::uint64_t header_bytes = big ? 16 : 8, count_bytes = big ? 8 : 2, entry_bytes = big ? 20 : 12, link_bytes = big ? 8 : 4;
  if (file.size() < header_bytes) tiff_truncated();

  TiffDirectories found;
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t offset = big ? u64(8) : u32(4); offset != 0;) {
    if (!seen.insert(offset).second) {
      found.circular = true;
      break;
    }
    if (offset > file.size() || file.size() - offset < count_bytes) tiff_truncated();
    const auto at = static_cast<std::size_t>(offset);
    const std::uint64_t entries = big ? u64(at) : u16(at);
    if (entries == 0 || entries > 65'535) tiff_corrupt("a directory of " + std::to_string(entries) + " entries");
    const std::uint64_t bytes = count_bytes + entries * entry_bytes;
    if (file.size() - offset < bytes + link_bytes) tiff_truncated();
    TiffDirectory directory{.offset = offset};
    for (std::uint64_t i = 0; i < entries; ++i) {
      const std::size_t entry = at + static_cast<std::size_t>(count_bytes + i * entry_bytes);
      if (u16(entry) == TIFFTAG_SUBFILETYPE) {
        const std::uint32_t type = u32(entry + (big ? 12 : 8));
        directory.auxiliary = (type & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
      }
    }
    found.all.push_back(directory);
    if (found.all.size() == kMaxDirectories) break;
    const std::size_t link = at + static_cast<std::size_t>(bytes);
    offset = big ? u64(link) : u32(link);
  }
  if (found.all.empty()) tiff_corrupt("no directory");
  return found;
}

}  // namespace cytodrop
