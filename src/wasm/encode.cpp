// Entries about features from which new types are learned.

#include "core/decode/decode.h"
#include "classifier.h"
#include "guard.h"
#include "values.h"

namespace cytodrop {

using emscripten::val;

namespace {

/// Prepared pictures of several cells.
struct Pictures {
  std::vector<float> values;
  CellShape shape;

  Pictures(const val& tensor, const val& sides) : values(copy_in<float>(tensor, "Float32Array", "tensor")), shape(cell_shape(sides, "cells", 4096)) {
    if (static_cast<double>(shape.cells) * shape.channels * shape.height * shape.width != static_cast<double>(values.size())) {
      throw Error(ErrorCode::kInvalidArgument, "tensor must have as many values as its shape says, not " + std::to_string(values.size()));
    }
  }

  template <typename Use>
  void each(Use use) const {
    const std::size_t own = values.size() / static_cast<std::size_t>(shape.cells);
    for (std::size_t first = 0; first < values.size(); first += own) use(std::span<const float>(values).subspan(first, own));
  }
};

}  // namespace

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
    Encoder& loaded = encoder();
    const int asked = whole_number(turns, "turns", 1, kEncoderTurns);
    const DecodedImage decoded = decode(copy_in<std::uint8_t>(file, "Uint8Array", "file"));
    val object = val::object();
    object.set("data", copy_out(loaded.features(cytodrop::prepare(decoded.image.view(), loaded.spec().prepare), asked)));
    object.set("shape", array_of({asked, loaded.feature_count()}));
    return object;
  });
}

val Classifier::encode_lessons(const val& tensor, const val& shape) {
  return guard([&] {
    Encoder& loaded = encoder();
    const Pictures pictures(tensor, shape);
    const auto count = static_cast<std::size_t>(loaded.feature_count());
    std::vector<float> means, variances;
    const auto turns = static_cast<std::size_t>(loaded.spec().turns);
    const auto ways = static_cast<double>(turns);
    pictures.each([&](std::span<const float> picture) {
      const std::vector<float> rows = loaded.features(picture, loaded.spec().turns);
      for (std::size_t i = 0; i < count; ++i) {
        double sum = 0, squares = 0;
        for (std::size_t row = 0; row < turns; ++row) sum += static_cast<double>(rows[row * count + i]);
        const double mean = sum / ways;
        for (std::size_t row = 0; row < turns; ++row) squares += (static_cast<double>(rows[row * count + i]) - mean) * (static_cast<double>(rows[row * count + i]) - mean);
        means.push_back(static_cast<float>(mean));
        variances.push_back(static_cast<float>(squares / ways));
      }
    });
    val object = val::object();
    object.set("features", copy_out(means));
    object.set("turned", copy_out(variances));
    return object;
  });
}

val Classifier::encode_maps(const val& tensor, const val& shape) {
  return guard([&] {
    Encoder& loaded = encoder();
    const Pictures pictures(tensor, shape);
    std::vector<float> maps;
    pictures.each([&](std::span<const float> picture) {
      const std::vector<float> own = loaded.maps(picture);
      maps.insert(maps.end(), own.begin(), own.end());
    });
    val object = val::object();
    object.set("data", copy_out(maps));
    object.set("shape", array_of({pictures.shape.cells, loaded.feature_count(), loaded.spec().grid, loaded.spec().grid}));
    return object;
  });
}

Encoder& Classifier::encoder() {
  if (!encoder_) throw Error(ErrorCode::kModelNotLoaded, "no encoder is loaded");
  return *encoder_;
}

}  // namespace cytodrop
