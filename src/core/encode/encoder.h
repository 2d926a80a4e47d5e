#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/image.h"
#include "core/measure/picture.h"
#include "core/network/network.h"

namespace cytodrop {

/// One network of an encoder.
struct EncoderNetwork {
  std::string input, output;    ///< names in its graph
  int side_px = 0;              ///< to which a picture is brought
  std::array<float, 3> mean{};  ///< (x − mean) / std on the 0..255 scale
  std::array<float, 3> std{1, 1, 1};
  int features = 0;
};

/// The part of models/cell-encoder/spec.json that the core acts on; models/encoder.schema.json describes all of it.
struct EncoderSpec {
  std::vector<EncoderNetwork> networks;
  GreyRule grey;
};

/// Reads the text of an encoder's spec.json; untrusted input is safe.
///
/// Raises: kInvalidModel naming the field.
EncoderSpec parse_encoder_spec(std::string_view json_text);

constexpr int kEncoderTurns = 8;

/// Turns the picture of one cell into features, from which new types are learned from few images.
///
/// Those of every network, in the spec's order, and then the measurements. Equal bits on every machine and in every build.
class Encoder {
 public:
  /// Untrusted files are safe.
  ///
  /// Args:
  ///   onnx: bytes of the networks, in the spec's order; not needed afterwards.
  /// Raises: kInvalidModel, kUnsupportedOperator, kTooLarge.
  Encoder(EncoderSpec spec, std::span<const std::vector<std::uint8_t>> onnx);

  /// How many features a picture has.
  int feature_count() const;

  /// Args:
  ///   image: the whole picture of one cell, upright, 1 or 3 channels of any sample type.
  ///   turns: 1, the picture as it is; or kEncoderTurns, in the order of `turned`, of which the measurements do not depend.
  /// Returns: turns × feature_count().
  /// Raises: kInvalidArgument, kOutOfMemory.
  std::vector<float> features(const ImageView& image, int turns);

 private:
  std::span<const float> run(std::size_t network, const std::vector<float>& input, int turns);

  EncoderSpec spec_;
  std::vector<Network> networks_;
};

}  // namespace cytodrop
