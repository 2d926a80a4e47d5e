#include "core/decode/tiff.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tiffio.h>

#include "core/decode/bytes.h"
#include "core/decode/ome.h"
#include "core/decode/tiff_library.h"
#include "core/decode/tiff_page.h"
#include "core/decode/tiff_pixels.h"
#include "core/error.h"

namespace cytodrop {
namespace {

/// Where the pages of the image lie; the first is never left out.
std::vector<std::uint64_t> page_offsets(const TiffDirectories& directories) {
  std::vector<std::uint64_t> offsets;
  for (std::size_t i = 0; i < directories.all.size(); ++i) {
    if (i == 0 || !directories.all[i].auxiliary()) offsets.push_back(directories.all[i].offset);
  }
  return offsets;
}

const char* description(TIFF* tiff) {
  const char* text = nullptr;
  return TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) ? text : nullptr;
}

/// The description knows better than the resolution tags, which some writers fill in for a screen.
double described_um(TIFF* tiff) {
  const char* text = description(tiff);
  return text ? described_pixel_um(text, static_cast<double>(tiff_tag<float>(tiff, TIFFTAG_XRESOLUTION, 0))) : 0;
}

/// What core/formats alone reads: files of slide scanners, of LSM and MetaMorph, pyramids, and stacks whose planes a description explains.
void leave_to_further_readers(TIFF* tiff, const TiffDirectories& directories) {
  const char* text = description(tiff);
  const std::string_view said = text ? text : "";
  const bool further = std::any_of(directories.all.begin(), directories.all.end(), [](const TiffDirectory& one) { return one.further; });
  const bool stacked = is_imagej(said) && (directories.all.size() > 1 || leading_number(line_value(said, "images")) > 1);
  if (further || said.starts_with("Aperio") || stacked || (is_ome(said) && directories.all.size() > 1)) {
    throw Error(ErrorCode::kNeedsReader, "this is a TIFF file of a kind of its own");
  }
}

/// Args:
///   what: "page" or "channel".
void check_asked(const std::string& what, int asked, int count) {
  if (asked >= 0 && asked < count) return;
  throw Error(ErrorCode::kInvalidArgument,
              "the file has " + std::to_string(count) + " " + what + "s, and " + what + " " + std::to_string(asked + 1) + " was asked for");
}

}  // namespace

void check_decoded_size(std::int64_t width_px, std::int64_t height_px, std::int64_t pixel_bytes) {
  const bool too_many = width_px > kMaxPixels || height_px > kMaxPixels || width_px * height_px > kMaxPixels;
  if (!too_many && width_px * height_px * pixel_bytes <= kMaxDecodedBytes) return;
  throw Error(ErrorCode::kTooLarge,
              "the image is " + std::to_string(width_px) + " × " + std::to_string(height_px) + " px; " +
                  (too_many ? std::to_string(kMaxPixels / 1'000'000) + " megapixels" : std::to_string(kMaxDecodedBytes / 1'000'000) + " MB of pixels") +
                  " are the limit");
}

bool is_tiff(Bytes file) {
  if (file.size() < 4) return false;
  const bool little = file[0] == 'I' && file[1] == 'I', big = file[0] == 'M' && file[1] == 'M';
  const std::uint32_t version = little ? le16(file, 2) : be16(file, 2);
  return (little || big) && (version == 42 || version == 43);
}

FileHeader read_tiff_header(Bytes bytes) {
  MemorySource file(bytes);
  const TiffDirectories directories = walk_directories(file);
  TiffLibrary library(file);
  library.read_directory(directories.all.front().offset);
  leave_to_further_readers(library.get(), directories);
  return read_page(library).header();
}

TiffFacts read_tiff_facts(Bytes bytes) {
  MemorySource file(bytes);
  const TiffDirectories directories = walk_directories(file);
  const std::vector<std::uint64_t> offsets = page_offsets(directories);
  TiffLibrary library(file);
  library.read_directory(offsets.front());
  leave_to_further_readers(library.get(), directories);
  const TiffPage page = read_page(library);
  const double said = described_um(library.get());
  const char* text = description(library.get());
  return {.header = page.header(),
          .pages = static_cast<int>(offsets.size()),
          .channels = page.grey_channels,
          .pixel_size_um = said > 0 ? said : page.pixel_size_um,
          .pixel_size_source = said > 0 ? (is_imagej(text) ? "ImageJ" : "OME-XML") : page.pixel_size_um > 0 ? "resolution tags" : ""};
}

DecodedImage decode_tiff(Bytes bytes, const DecodeOptions& options) {
  MemorySource file(bytes);
  const TiffDirectories directories = walk_directories(file);
  const std::vector<std::uint64_t> offsets = page_offsets(directories);
  TiffLibrary library(file);
  library.read_directory(offsets.front());
  leave_to_further_readers(library.get(), directories);

  DecodedImage decoded;
  const double said = described_um(library.get());
  decoded.pages = static_cast<int>(offsets.size());
  check_asked("page", options.page, decoded.pages);
  if (options.page > 0) library.read_directory(offsets[static_cast<std::size_t>(options.page)]);
  const TiffPage page = read_page(library);
  const int channel = std::max(options.channel, 0);
  decoded.channels = page.grey_channels;
  check_asked("channel", channel, decoded.channels);
  decoded.header = page.header();
  decoded.pixel_size_um = said > 0 ? said : page.pixel_size_um;

  Image image = read_pixels(library, page, channel, {0, 0, static_cast<int>(page.width_px), static_cast<int>(page.height_px)});
  const bool no_numbers = remove_non_numbers(image);
  decoded.damaged = no_numbers || library.complained() || directories.circular;
  decoded.image = apply_orientation(on_white(std::move(image), page), page.orientation);
  return decoded;
}

}  // namespace cytodrop
