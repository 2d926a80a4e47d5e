// decode_files FILL [FOLDER]: decodes every file whose path stands on a line of standard input; one line of tabs for each:
//   read, path, format, width, height, channels, sample type, pages, page channels, damaged, sum of the samples' bytes (FNV-1a)
//   refused, path, code, message
// Fresh memory holds the byte FILL, so that a picture that depends on unwritten memory shows. With FOLDER the samples of the
// n-th file are written there as n.raw, n from 0.
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "core/decode/decode.h"
#include "core/error.h"

#ifdef __EMSCRIPTEN__
namespace {
int fill = -1;
}

// In place of the C library's; its calloc goes on clearing what it gives.
extern "C" {
void* emscripten_builtin_malloc(std::size_t bytes);

void* malloc(std::size_t bytes) {
  void* block = emscripten_builtin_malloc(bytes);
  if (block && fill >= 0) std::memset(block, fill, bytes);
  return block;
}

void* realloc(void* block, std::size_t bytes) {
  void* moved = malloc(bytes);
  if (!moved || !block) return moved;
  const std::size_t before = malloc_usable_size(block);
  std::memcpy(moved, block, before < bytes ? before : bytes);
  std::free(block);
  return moved;
}
}
#endif

int main(int argc, char** argv) {
  using namespace cytodrop;
  if (argc < 2) return 1;
#ifdef __EMSCRIPTEN__
  fill = std::atoi(argv[1]);
#else
  mallopt(M_PERTURB, ~std::atoi(argv[1]) & 0xff);
#endif
  int number = 0;
  for (std::string path; std::getline(std::cin, path); ++number) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    try {
      const DecodedImage decoded = decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
      const std::size_t size = decoded.image.row_stride_bytes() * static_cast<std::size_t>(decoded.image.height_px());
      const char* samples = reinterpret_cast<const char*>(decoded.image.data());
      std::uint64_t sum = 14695981039346656037u;
      for (std::size_t i = 0; i < size; ++i) sum = (sum ^ static_cast<std::uint8_t>(samples[i])) * 1099511628211u;
      const char* types[] = {"uint8", "uint16", "float32"};
      std::cout << "read\t" << path << '\t' << to_string(decoded.header.format) << '\t' << decoded.image.width_px() << '\t' << decoded.image.height_px()
                << '\t' << decoded.image.channels() << '\t' << types[static_cast<int>(decoded.image.type())] << '\t' << decoded.pages << '\t'
                << decoded.channels << '\t' << decoded.damaged << '\t' << std::hex << sum << std::dec << std::endl;
      if (argc > 2) std::ofstream(std::string(argv[2]) + "/" + std::to_string(number) + ".raw", std::ios::binary).write(samples, static_cast<std::streamsize>(size));
    } catch (const Error& error) {
      std::cout << "refused\t" << path << '\t' << to_string(error.code()) << '\t' << error.what() << std::endl;
    } catch (const std::exception& error) {
      std::cout << "failed\t" << path << '\t' << error.what() << std::endl;
    }
  }
}
