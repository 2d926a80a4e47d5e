#include "core/encode/encoder.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) {
    using namespace cytodrop;
    const EncoderSpec spec = parse_encoder_spec({reinterpret_cast<const char*>(file.data()), file.size()});
    if (spec.networks.empty() || spec.grid < 2 || spec.prepare.width_px != spec.prepare.height_px || spec.prepare.normalisation != NormalisationRule::kGreyContrast) __builtin_trap();
  });
}
