// What libtiff asks of LERC first, with a look at the header before: its authors' code multiplies what a file says of its sides without asking
// whether the product fits. Facts of the header: the authors' published format, https://github.com/Esri/lerc.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <Lerc_c_api.h>

#include "core/decode/bytes.h"

namespace cytodrop {
namespace {

/// As of a picture: more is refused before, or is no picture.
constexpr std::int64_t kMostSamples = 400'000'000;
constexpr int kMostBlockSide = 1024, kNewestVersion = 6;
constexpr lerc_status kRefused = 1;

/// Bytes of the part that begins here; 0 where its header cannot be that of a picture.
std::size_t part_bytes(Bytes bytes) {
  constexpr char kMark[] = "Lerc2 ";
  constexpr std::size_t kLongestHeader = 10 + 4 + 8 * 4;
  if (bytes.size() < kLongestHeader || std::memcmp(bytes.data(), kMark, 6) != 0) return 0;
  const auto number = [&](std::size_t at) { return static_cast<std::int32_t>(le32(bytes, at)); };
  const std::int32_t version = number(6);
  if (version < 1 || version > kNewestVersion) return 0;
  std::size_t at = 10 + (version >= 3 ? 4 : 0);
  const std::int32_t rows = number(at), columns = number(at + 4), depth = version >= 4 ? number(at + 8) : 1;
  at += version >= 4 ? 12 : 8;
  const std::int32_t valid = number(at), block = number(at + 4), size = number(at + 8);
  if (rows < 1 || columns < 1 || depth < 1 || valid < 0 || block < 1 || block > kMostBlockSide || size < 1) return 0;
  if (std::int64_t{rows} * columns > kMostSamples || std::int64_t{rows} * columns * depth > kMostSamples || static_cast<std::size_t>(size) > bytes.size()) return 0;
  return static_cast<std::size_t>(size);
}

}  // namespace
}  // namespace cytodrop

/// `lerc_getBlobInfo` for libtiff alone, which asks it before it decodes anything.
extern "C" lerc_status cytodrop_lerc_blob_info(const unsigned char* bytes, unsigned int count, unsigned int* facts, double* ranges, int fact_count, int range_count) {
  // The authors' code goes on behind a part as long as another begins there.
  for (std::size_t at = 0; at < count;) {
    const std::size_t size = cytodrop::part_bytes({bytes + at, count - at});
    if (size == 0) return cytodrop::kRefused;
    at += size;
  }
  return lerc_getBlobInfo(bytes, count, facts, ranges, fact_count, range_count);
}
