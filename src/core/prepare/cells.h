#pragma once
#include <span>
#include <vector>

#include "core/image.h"
#include "core/prepare/prepare.h"

namespace cytodrop {

/// The square around a cell's centre that a model was trained on; from the model's spec.
struct FrameRule {
  int side_px = 0;           ///< in px of frames at `pixel_size_um`
  double pixel_size_um = 0;  ///< 0: not known
  bool cut_out = false;      ///< what lies outside the cell's outline is black
};

/// A cell of a frame as a model is shown it.
struct FrameCell {
  Box box;  ///< inside the frame
  std::vector<Point> outline;  ///< in px of the frame; for rules that cut out, at least three points
};

/// Frame px per px of the frames that the model was trained on; 1 where one of the pixel sizes is not known.
///
/// Args:
///   pixel_size_um: of the frame; 0: not known.
/// Raises: kInvalidArgument for a pixel size that is no length, or at which a cell's square would be no less than
///   1 px or more than 4096 px wide.
double cell_scale(const FrameRule& frame_rule, double pixel_size_um);

/// The square that the network sees of a cell; it may reach outside the frame.
///
/// With side = ⌊side_px · scale + ½⌋ the square that training cut begins at ⌊centre⌋ − ⌊side / 2⌋ of the box; the
/// spec's crop rule, its side scaled alike, takes its middle.
Box cell_square(const Box& cell, const PrepareRules& rules, const FrameRule& frame_rule, double scale);

/// Cuts, resizes and normalises the squares of several cells of a frame.
///
/// At scale 1 each equals, to the last bit, what `prepare` makes of the crop that scripts/prepare_data.py cuts.
///
/// Args:
///   frame: upright, 1 or 3 channels.
///   frame_range: display_range of the frame, for rules that ask for it.
///   cells: boxes inside the frame; with outlines for a rule that cuts out.
///   measures: those of each cell are put at its end, where there is one.
/// Returns: N × C × H × W float32, contiguous.
/// Raises: kInvalidArgument, also for a box that reaches outside, or where an outline is missing.
std::vector<float> prepare_cells(const ImageView& frame, const SampleRange& frame_range, std::span<const FrameCell> cells, const PrepareRules& rules,
                                 const FrameRule& frame_rule, double scale, std::vector<Measures>* measures = nullptr);

/// Makes black what lies outside a polygon: the pixels whose middles are outside by the even-odd rule.
///
/// Args:
///   outline: in px of the image.
void cut_out(Image& image, std::span<const Point> outline);

/// Draws part of an image for the screen; the region may reach outside the image, where its border is repeated.
///
/// Args:
///   max_side_px, range: as for draw_for_screen.
/// Raises: kInvalidArgument, kOutOfMemory.
ScreenPicture draw_region(const ImageView& image, const Box& region, int max_side_px, const SampleRange& range);

}  // namespace cytodrop
