#include "core/formats/zstd.h"

#include <zstd.h>

#include "core/error.h"

namespace cytodrop {

std::vector<std::uint8_t> decode_zstd(Bytes compressed, std::size_t bytes) {
  std::vector<std::uint8_t> plain(bytes);
  const std::size_t count = ZSTD_decompress(plain.data(), plain.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(count)) throw Error(ErrorCode::kCorrupt, std::string("the image data is damaged (Zstandard: ") + ZSTD_getErrorName(count) + ")");
  if (count != bytes) throw Error(ErrorCode::kCorrupt, "the image data has another size than the header states");
  return plain;
}

}  // namespace cytodrop
