// The platform part of libtiff: memory, counted, and silence. Its own (tif_unix.c) opens files and prints.
#include "core/decode/tiff_memory.h"

#include <cstdlib>
#include <cstring>

#include <tiffio.h>

namespace cytodrop {

TiffMemory& tiff_memory() {
  thread_local TiffMemory memory;
  return memory;
}

namespace {

/// Stands before each block; as wide as any alignment that malloc promises.
struct alignas(16) BlockHeader {
  std::size_t bytes;
};

void* allocate(std::size_t bytes) {
  TiffMemory& memory = tiff_memory();
  if (bytes > memory.left_bytes) {
    memory.exceeded = true;
    return nullptr;
  }
  // Zeroed: what a damaged file leaves unwritten is the same every time.
  auto* block = static_cast<BlockHeader*>(std::calloc(1, sizeof(BlockHeader) + bytes));
  if (!block) {
    memory.exhausted = true;
    return nullptr;
  }
  block->bytes = bytes;
  memory.left_bytes -= bytes;
  return block + 1;
}

void release(void* data) {
  if (!data) return;
  auto* block = static_cast<BlockHeader*>(data) - 1;
  tiff_memory().left_bytes += block->bytes;
  std::free(block);
}

}  // namespace
}  // namespace cytodrop

extern "C" {

void* _TIFFmalloc(tmsize_t bytes) { return bytes <= 0 ? nullptr : cytodrop::allocate(static_cast<std::size_t>(bytes)); }

void* _TIFFcalloc(tmsize_t count, tmsize_t bytes) {
  tmsize_t all = 0;
  if (count <= 0 || bytes <= 0 || __builtin_mul_overflow(count, bytes, &all)) return nullptr;
  return cytodrop::allocate(static_cast<std::size_t>(all));
}

void _TIFFfree(void* data) { cytodrop::release(data); }

void* _TIFFrealloc(void* data, tmsize_t bytes) {
  if (!data) return _TIFFmalloc(bytes);
  if (bytes <= 0) return nullptr;
  const std::size_t before = (static_cast<cytodrop::BlockHeader*>(data) - 1)->bytes, now = static_cast<std::size_t>(bytes);
  void* moved = cytodrop::allocate(now);
  if (!moved) return nullptr;
  std::memcpy(moved, data, before < now ? before : now);
  cytodrop::release(data);
  return moved;
}

void _TIFFmemset(void* data, int value, tmsize_t bytes) { std::memset(data, value, static_cast<std::size_t>(bytes)); }
void _TIFFmemcpy(void* to, const void* from, tmsize_t bytes) { std::memcpy(to, from, static_cast<std::size_t>(bytes)); }
int _TIFFmemcmp(const void* a, const void* b, tmsize_t bytes) { return std::memcmp(a, b, static_cast<std::size_t>(bytes)); }

TIFFErrorHandler _TIFFwarningHandler = nullptr;
TIFFErrorHandler _TIFFerrorHandler = nullptr;
}
