// Entries about features from which new types are learned.

#include "core/decode/decode.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

val Classifier::load_encoder(const val& spec_json, const val& networks) {
  return guard([&] {
    constexpr int kMostNetworks = 8;
    if (!networks.isArray()) throw Error(ErrorCode::kInvalidArgument, "networks must be a list of Uint8Array");
    const int count = whole_number(networks["length"], "the number of networks", 1, kMostNetworks);
    std::vector<std::vector<std::uint8_t>> files;
    for (int i = 0; i < count; ++i) files.push_back(copy_in<std::uint8_t>(networks[i], "Uint8Array", "a network"));
    encoder_ = Encoder(parse_encoder_spec(text(spec_json, "spec_json")), files);
    return val::null();
  });
}

val Classifier::encode(const val& file, const val& turns) {
  return guard([&] {
    if (!encoder_) throw Error(ErrorCode::kModelNotLoaded, "no encoder is loaded");
    const int asked = whole_number(turns, "turns", 1, kEncoderTurns);
    const DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
    val object = val::object();
    object.set("data", copy_out(encoder_->features(decoded.image.view(), asked)));
    object.set("shape", array_of({asked, encoder_->feature_count()}));
    return object;
  });
}

}  // namespace cytodrop
