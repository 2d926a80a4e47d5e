#include "core/spec/spec.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    cytodrop::parse_spec({reinterpret_cast<const char*>(file.data()), file.size()});
  });
}
