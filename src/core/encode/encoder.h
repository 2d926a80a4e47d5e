#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/image.h"
#include "core/network/network.h"
#include "core/prepare/prepare.h"

namespace cytodrop {

/// One network of an encoder.
struct EncoderNetwork {
  std::string input, output;    ///< names in its graph
  std::array<float, 3> mean{};  ///< (x − mean) / std on the 0..255 scale
  std::array<float, 3> std{1, 1, 1};
  int features = 0;
};

/// The part of an encoder's spec.json that the core acts on; models/encoder.schema.json describes all of it.
struct EncoderSpec {
  PrepareRules prepare;  ///< to a square picture, R, G, B on the 0..255 scale
  std::vector<EncoderNetwork> networks;
  int grid = 0;   ///< side of the maps
  int turns = 0;  ///< ways to turn a picture that its features are the mean of: 4, by quarters; or 8, mirrored too
};

/// Reads the text of an encoder's spec.json; untrusted input is safe.
///
/// Raises: kInvalidModel naming the field.
EncoderSpec parse_encoder_spec(std::string_view json_text);

constexpr int kQuarterTurns = 4, kEncoderTurns = 8;

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

  const EncoderSpec& spec() const { return spec_; }
  /// How many features a picture has.
  int feature_count() const;

  /// Features to learn from.
  ///
  /// Args:
  ///   picture: 3 × side × side, as `prepare` makes it by the spec's rules.
  ///   turns: 1, the picture as it is; kQuarterTurns or kEncoderTurns, in the order of `turned`, on which the measurements do not depend.
  /// Returns: turns × feature_count().
  /// Raises: kInvalidArgument, kOutOfMemory.
  std::vector<float> features(std::span<const float> picture, int turns);

  /// The same as maps, to name a cell by: the mean over the spec's turns, each map turned back. Its mean over the grid is the mean of the
  /// features over the turns, but for the rounding; measurements are the same everywhere.
  ///
  /// Returns: feature_count() × grid × grid.
  /// Raises: kInvalidArgument, kOutOfMemory.
  std::vector<float> maps(std::span<const float> picture);

 private:
  std::size_t side() const { return static_cast<std::size_t>(spec_.prepare.width_px); }
  std::size_t cells() const { return static_cast<std::size_t>(spec_.grid) * static_cast<std::size_t>(spec_.grid); }
  /// The picture as a network takes it, in some turns. Raises: kInvalidArgument.
  std::vector<float> input_of(const EncoderNetwork& network, std::span<const float> picture, int turns) const;
  /// turns × features × grid × grid.
  std::span<const float> run(std::size_t network, const std::vector<float>& input, int turns);

  EncoderSpec spec_;
  std::vector<Network> networks_;
};

}  // namespace cytodrop
