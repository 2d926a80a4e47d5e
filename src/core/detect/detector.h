#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/detect/cell_maps.h"
#include "core/detect/detect.h"
#include "core/network/network.h"

namespace cytodrop {

/// What is drawn around a cell.
enum class DetectorOutline {
  kInside,   ///< what the network says is inside it; the ellipse where that is too little
  kEllipse,  ///< the ellipse in its box: all that a network can know that learned from boxes
};

/// The part of models/<name>/spec.json that the core acts on.
struct DetectorSpec {
  std::string input, output;    ///< names in the network's graph
  double cell_diameter_px = 0;  ///< of the typical cell, at the size that frames are brought to
  double gain = 0, most = 0;    ///< the network reads clamp(gain · (grey − median) / spread, −most, most)
  double threshold = 0;         ///< score above which a block holds a centre, at a sensitivity of a half
  double overlap = 0;           ///< intersection over union above which two boxes are the same cell
  DetectorOutline outline = DetectorOutline::kInside;
  int halo_px = 0;              ///< how far what the network says of a block reaches, at most
};

/// Reads the text of a detector's spec.json; untrusted input is safe.
///
/// Raises: kInvalidModel naming the field.
DetectorSpec parse_detector_spec(std::string_view json_text);

/// Finds the cells of a frame with a small network.
///
/// The frame's grey levels are brought to the size at which the typical cell has the diameter that the network knows, and to
/// the contrast it knows; the network marks centres, boxes and insides; `cells_of` reads cells from these maps. Equal bits on
/// every machine and in every build. Large frames run in tiles that see so far beyond their edges that nothing depends on them.
class Detector {
 public:
  /// Untrusted files are safe.
  ///
  /// Args:
  ///   onnx: bytes of a network that takes 1×1×H×W and gives 1×9·n²×H/4n×W/4n, 64 divisible by 4n: of each square of n × n blocks
  ///     what it says of every one of them, in the order of PyTorch's pixel_unshuffle.
  /// Raises: kInvalidModel, kUnsupportedOperator, kTooLarge.
  Detector(DetectorSpec spec, std::span<const std::uint8_t> onnx);

  /// What the network says of a frame; it depends on the diameters and the pixel size of the settings only.
  ///
  /// Args:
  ///   tile_px: side of a tile without what it sees beyond; memory grows with it, results are the same.
  /// Raises: kInvalidArgument as `detect`, kOutOfMemory.
  CellMaps look(const ImageView& frame, const DetectSettings& settings, int tile_px = kTilePx);

  /// What `look` says of one of the bands of rows that several workers share a frame in, for `joined`.
  ///
  /// Args:
  ///   part, parts: which band of how many.
  /// Raises: kInvalidArgument as `detect`, and for a part that cannot be; kOutOfMemory.
  std::vector<float> look_at_part(const ImageView& frame, const DetectSettings& settings, int part, int parts, int tile_px = kTilePx);

  /// The maps that `look` gives, bit for bit, from all of its parts in order.
  ///
  /// Raises: kInvalidArgument for parts that are not those of such a frame.
  CellMaps joined(const ImageView& frame, const DetectSettings& settings, std::span<const std::vector<float>> parts) const;

  /// Whether `look` would give the same maps of the same frame.
  bool fits(const CellMaps& maps, const DetectSettings& settings) const;

  const DetectorSpec& spec() const { return spec_; }

 private:
  static constexpr int kTilePx = 1536;

  /// The grey level that becomes 0, and what a step of one becomes.
  struct Contrast {
    float median, gain;
  };

  /// Rows of blocks.
  struct Rows {
    int first, last;
  };

  /// Maps in which nothing is said yet.
  CellMaps empty_maps(const ImageView& frame, const DetectSettings& settings) const;
  Rows rows_of(const CellMaps& maps, int part, int parts) const;
  void look_at_rows(const ImageView& frame, const Rows& rows, int tile_px, CellMaps& maps);
  Contrast contrast_of(const Plane<std::uint16_t>& grey, std::int64_t outliers) const;
  void look_at(const Box& tile, const Plane<std::uint16_t>& grey, const Contrast& contrast, CellMaps& maps);
  std::span<const float> run(int width_px, int height_px);
  const Tensor& ask(int width_px, int height_px);

  DetectorSpec spec_;
  Network network_;
  /// What the sides of an input are multiples of: a network may think in larger squares than it tells of.
  int step_px() const { return std::max(square_px_, 2 * kBlockPx); }

  int square_px_ = kBlockPx;  ///< what the network tells of at once
  std::vector<float> input_;
};

}  // namespace cytodrop
