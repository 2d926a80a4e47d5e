#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/decode/header.h"
#include "core/decode/source.h"
#include "core/image.h"
#include "core/inspect/tag_list.h"

namespace cytodrop {

/// One of the sizes in which a series is stored.
struct Level {
  std::int64_t width_px = 0;
  std::int64_t height_px = 0;
};

struct Channel {
  std::string name;          ///< as the file has it, cleaned; may be empty
  double wavelength_nm = 0;  ///< of emission; 0: the file does not tell
};

/// A scene, a position, an image of a file: what lies on one plane of pixels and has one size.
struct Series {
  std::string name;  ///< as the file has it, cleaned; may be empty
  std::vector<Level> levels{{}};  ///< the full size first, each smaller than the one before
  std::vector<Channel> channels{{}};
  int z = 1;
  int t = 1;
  int samples = 1;  ///< colours a pixel: 1, or 3 for RGB
  SampleType type = SampleType::kUint8;
  int bits = 8;         ///< a sample, as the file states it
  double x_um = 0;      ///< of a pixel at full size; 0: the file does not tell
  double y_um = 0;
  double z_um = 0;      ///< between two planes
};

/// Which pixels of a file.
struct PlaneChoice {
  int series = 0;
  int channel = 0;
  int z = 0;
  int t = 0;
  int level = 0;
  std::optional<Box> region = std::nullopt;  ///< in px of the level; none: all of it
};

/// A file of a microscope, read from piece by piece. Untrusted input is safe.
class ImageFile {
 public:
  virtual ~ImageFile() = default;

  virtual FileFormat format() const = 0;

  /// At least one.
  virtual const std::vector<Series>& series() const = 0;

  /// What the file says beside its pixels; each with what it may give away.
  virtual void list_tags(TagList& tags) const = 0;

  /// Images that the file says it has, where it has fewer; 0: no such.
  virtual int images_stated() const { return 0; }

  /// Pixels as stored, upright, in RGB where there are colours; what the file left out is black.
  ///
  /// Raises: kInvalidArgument for a choice that the file has not, kTooLarge over kMaxPixels or kMaxDecodedBytes, kTruncated, kCorrupt,
  ///   kUnsupportedFeature, kUnreadable, kOutOfMemory.
  Image read(const PlaneChoice& choice);

  /// The pixels read so far may not be what was stored.
  bool damaged() const { return damaged_; }

 protected:
  /// Fills an image that is black as far as the file has pixels for it.
  ///
  /// Args:
  ///   choice: checked; its region is there and lies within the level.
  virtual void fill(const PlaneChoice& choice, Image& image) = 0;

  bool damaged_ = false;
};

/// Opens a file of any format that is read; nullptr where it is of none of them and larger than the core reads.
///
/// Raises: kUnsupportedFormat, kTruncated, kCorrupt, kUnsupportedFeature, kTooLarge, kUnreadable, kOutOfMemory.
std::unique_ptr<ImageFile> open_image_file(std::shared_ptr<Source> source);

}  // namespace cytodrop
