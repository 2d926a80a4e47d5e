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

/// What the description of the first directory, which libtiff holds now, says of the pages of the file.
TiffLayout read_layout(TIFF* tiff, std::size_t directories) {
  const char* text = description(tiff);
  if (!text) return {};
  return read_description(text, static_cast<int>(directories), tiff_tag<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1),
                          static_cast<double>(tiff_tag<float>(tiff, TIFFTAG_XRESOLUTION, 0)));
}

int page_count(const TiffLayout& layout, std::size_t directories) { return layout.pages > 0 ? layout.pages : static_cast<int>(directories); }

/// What the description promises beyond the directories that there are; 0: nothing.
int images_stated(const TiffLayout& layout, std::size_t directories) {
  return layout.images > 0 && static_cast<std::size_t>(layout.images) > directories ? layout.images : 0;
}

/// The description knows better than the resolution tags, which some writers fill in for a screen.
double pixel_size(const TiffLayout& layout, const TiffPage& page) { return layout.pixel_size_um > 0 ? layout.pixel_size_um : page.pixel_size_um; }

/// What core/formats alone reads: files of slide scanners, of LSM and MetaMorph, of several images, stacks behind one directory.
void leave_to_further_readers(TIFF* tiff, const TiffDirectories& directories) {
  const char* text = description(tiff);
  const std::string_view said = text ? text : "";
  const bool further = std::any_of(directories.all.begin(), directories.all.end(), [](const TiffDirectory& one) { return one.further; });
  if (further || said.starts_with("Aperio") || is_stack_of_one_directory(said, directories.all.size()) || has_several_images(said)) {
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
  const TiffLayout layout = read_layout(library.get(), offsets.size());
  const char* text = description(library.get());
  const bool imagej = text && std::string_view(text).starts_with("ImageJ=");
  return {.header = page.header(),
          .pages = page_count(layout, offsets.size()),
          .channels = layout.channels > 1 ? layout.channels : page.grey_channels,
          .images_stated = images_stated(layout, offsets.size()),
          .pixel_size_um = pixel_size(layout, page),
          .pixel_size_source = layout.pixel_size_um > 0 ? (imagej ? "ImageJ" : "OME-XML") : page.pixel_size_um > 0 ? "resolution tags" : ""};
}

DecodedImage decode_tiff(Bytes bytes, const DecodeOptions& options) {
  MemorySource file(bytes);
  const TiffDirectories directories = walk_directories(file);
  const std::vector<std::uint64_t> offsets = page_offsets(directories);
  TiffLibrary library(file);
  library.read_directory(offsets.front());
  leave_to_further_readers(library.get(), directories);

  DecodedImage decoded;
  const TiffLayout layout = read_layout(library.get(), offsets.size());
  decoded.pages = page_count(layout, offsets.size());
  decoded.images_stated = images_stated(layout, offsets.size());
  check_asked("page", options.page, decoded.pages);
  const int channel = std::max(options.channel, 0);
  std::size_t directory = static_cast<std::size_t>(options.page);
  if (layout.pages > 0) {
    decoded.channels = layout.channels;
    check_asked("channel", channel, decoded.channels);
    directory = static_cast<std::size_t>(layout.directories[static_cast<std::size_t>(options.page * layout.channels + channel)]);
  }
  if (directory > 0) library.read_directory(offsets[directory]);
  const TiffPage page = read_page(library);
  if (decoded.channels == 1) {
    decoded.channels = page.grey_channels;
    check_asked("channel", channel, decoded.channels);
  }
  decoded.header = page.header();
  decoded.pixel_size_um = pixel_size(layout, page);

  Image image = read_pixels(library, page, layout.channels > 1 ? 0 : channel, {0, 0, static_cast<int>(page.width_px), static_cast<int>(page.height_px)});
  const bool no_numbers = remove_non_numbers(image);
  decoded.damaged = no_numbers || library.complained() || directories.circular;
  decoded.image = apply_orientation(on_white(std::move(image), page), page.orientation);
  return decoded;
}

}  // namespace cytodrop
