#include "core/formats/inflate.h"

#include <new>

#include <zlib.h>

#include "core/formats/codec.h"

namespace cytodrop {
namespace {

constexpr int kZlibOrGzip = 15 + 32, kRaw = -15;

class Inflater {
 public:
  explicit Inflater(int window) {
    if (inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
};

void inflate_all(Bytes compressed, std::span<std::uint8_t> to, int window) {
  if (to.empty()) return;
  Inflater inflater(window);
  z_stream& stream = inflater.stream;
  // zlib takes no constant, and never writes to it.
  stream.next_in = const_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = to.data();
  stream.avail_out = static_cast<uInt>(to.size());
  for (;;) {
    const int state = inflate(&stream, Z_FINISH);
    if (state == Z_MEM_ERROR) throw std::bad_alloc();
    if (state != Z_STREAM_END) codec_damaged("Deflate");
    if (stream.avail_out == 0) return;
    if (stream.avail_in == 0) codec_damaged("Deflate: fewer bytes than the size tells");
    if (inflateReset(&stream) != Z_OK) codec_damaged("Deflate");
  }
}

}  // namespace

void inflate_into(Bytes compressed, std::span<std::uint8_t> to) { inflate_all(compressed, to, kZlibOrGzip); }

std::vector<std::uint8_t> inflate_raw(Bytes compressed, std::size_t bytes) {
  std::vector<std::uint8_t> plain(bytes);
  inflate_all(compressed, plain, kRaw);
  return plain;
}

}  // namespace cytodrop
