#include "core/inspect/inspect.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    using namespace cytodrop;
    const FileContent content = inspect(file);
    if (content.tags.size() > kMaxTags || content.facts.has_value() == !content.problem.empty()) __builtin_trap();
    for (const Tag& tag : content.tags) {
      // The cut adds a few words.
      if (tag.value.size() > kMaxValueBytes + 100 || tag.name.size() > kMaxValueBytes + 100) __builtin_trap();
      for (const std::string& shown : {tag.name, tag.value}) {
        for (const char c : shown) {
          if (static_cast<unsigned char>(c) < 0x20 && c != '\n') __builtin_trap();
        }
      }
    }
  });
}
