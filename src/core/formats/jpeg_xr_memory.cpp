#include "core/formats/jpeg_xr_memory.h"

#include <cstdint>
#include <cstdlib>

#include "core/error.h"

namespace cytodrop {
namespace {

/// The library keeps two rows of blocks and a context for each of its tiles; all that it takes in one life, since it takes little twice.
constexpr std::size_t kMostBytes = 200'000'000;

thread_local JpegXrMemory* current = nullptr;

}  // namespace

JpegXrMemory::JpegXrMemory() {
  if (current) throw Error(ErrorCode::kInternal, "two JPEG XR decoders at once");
  current = this;
}

JpegXrMemory::~JpegXrMemory() {
  for (void* block : blocks_) std::free(block);
  current = nullptr;
}

void* JpegXrMemory::take(std::size_t bytes) {
  if (bytes > kMostBytes - taken_) throw Error(ErrorCode::kTooLarge, "the JPEG XR image is too large to be decoded in memory");
  void* block = std::calloc(1, bytes == 0 ? 1 : bytes);
  if (!block) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to decode the image");
  taken_ += bytes;
  blocks_.insert(block);
  return block;
}

void JpegXrMemory::give_back(void* block) {
  if (blocks_.erase(block) > 0) std::free(block);
}

}  // namespace cytodrop

// What jxrlib is compiled to call in place of malloc and its kind (cmake/format_libraries.cmake).
extern "C" {

void* cytodrop_jxr_malloc(std::size_t bytes) { return cytodrop::current->take(bytes); }

void* cytodrop_jxr_calloc(std::size_t count, std::size_t bytes) {
  std::size_t all = 0;
  return cytodrop::current->take(__builtin_mul_overflow(count, bytes, &all) ? SIZE_MAX : all);
}

void cytodrop_jxr_free(void* block) {
  if (block) cytodrop::current->give_back(block);
}
}
