#include "core/decode/stb_image.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "core/error.h"

namespace {

/// stb_image hands its allocator no context, so the budget of the decode that runs on this thread lives here.
struct Budget {
  std::size_t left_bytes = 0;
  bool exceeded = false;   ///< the file wanted more than it may have
  bool exhausted = false;  ///< the machine had no more
};
thread_local Budget budget;

// Zeroed: stb_image hands out memory that it never wrote for some damaged files.
void* budget_malloc(std::size_t bytes) {
  if (bytes > budget.left_bytes) {
    budget.exceeded = true;
    return nullptr;
  }
  budget.left_bytes -= bytes;
  void* block = std::calloc(bytes, 1);
  budget.exhausted = block == nullptr;
  return block;
}

void* budget_realloc(void* old_block, std::size_t old_bytes, std::size_t bytes) {
  void* block = budget_malloc(bytes);
  if (!block || !old_block) return block;
  std::memcpy(block, old_block, old_bytes < bytes ? old_bytes : bytes);
  std::free(old_block);
  return block;
}

}  // namespace

#if defined(__wasm_simd128__)
#define STBI__X64_TARGET  // its SSE2 kernels, which Emscripten maps to WASM SIMD; the pixels are the same without
#endif
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MALLOC(bytes) budget_malloc(bytes)
#define STBI_REALLOC_SIZED(block, old_bytes, bytes) budget_realloc(block, old_bytes, bytes)
#define STBI_REALLOC(block, bytes) budget_realloc(block, 0, bytes)
#define STBI_FREE(block) std::free(block)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb_image.h>
#pragma GCC diagnostic pop

namespace cytodrop {

Image decode_with_stb(std::span<const std::uint8_t> file, int bits_per_channel, std::size_t budget_bytes) {
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(ErrorCode::kTooLarge, "the file is larger than 2 GB");
  }
  budget = {.left_bytes = budget_bytes};
  const auto size = static_cast<int>(file.size());
  int width = 0, height = 0, channels = 0;
  void* pixels = bits_per_channel == 16
                     ? static_cast<void*>(stbi_load_16_from_memory(file.data(), size, &width, &height, &channels, 0))
                     : stbi_load_from_memory(file.data(), size, &width, &height, &channels, 0);
  if (!pixels) {
    if (budget.exhausted) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to decode the image");
    if (budget.exceeded) throw Error(ErrorCode::kTooLarge, "the file unpacks to far more than the image it states");
    throw Error(ErrorCode::kCorrupt, std::string("the image data is damaged (") + stbi_failure_reason() + ")");
  }
  return Image(Image::Buffer(static_cast<std::byte*>(pixels)), width, height, channels,
               bits_per_channel == 16 ? SampleType::kUint16 : SampleType::kUint8);
}

}  // namespace cytodrop
