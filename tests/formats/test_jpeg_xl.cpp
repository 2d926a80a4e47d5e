#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "catch.h"
#include "core/formats/jpeg_xl_codec.h"
#include "core/formats/pages.h"
#include "open_bytes.h"
#include "stored_picture.h"
#include "write_pictures.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::unique_ptr<ImageFile> open(const char* name) {
  auto file = open_bytes(picture_examples().at(name));
  REQUIRE(file);
  CHECK(file->format() == FileFormat::kJpegXl);
  return file;
}

/// As `farthest`, of grey of 16 bits.
template <typename Expected>
int farthest_deep(const Image& image, Expected expected) {
  REQUIRE(image.type() == SampleType::kUint16);
  const auto* samples = reinterpret_cast<const std::uint16_t*>(image.data());
  int far = 0;
  for (int i = 0; i < image.width_px() * image.height_px(); ++i) far = std::max(far, std::abs(samples[i] - expected(i % image.width_px(), i / image.width_px())));
  return far;
}

/// Whether a file gives a picture, or an error that says what is wrong with it.
bool is_told(const FileBytes& bytes) {
  try {
    const auto file = open_bytes(bytes);
    return file->read({}).width_px() == file->series()[0].levels[0].width_px;
  } catch (const Error& error) {
    constexpr ErrorCode kCodes[] = {ErrorCode::kTruncated, ErrorCode::kCorrupt, ErrorCode::kUnsupportedFormat, ErrorCode::kUnsupportedFeature, ErrorCode::kTooLarge};
    return std::find(std::begin(kCodes), std::end(kCodes), error.code()) != std::end(kCodes);
  }
}

const auto kFlat = [](int, int, int c) { return 100 + 50 * c; };

}  // namespace

TEST_CASE("JPEG XL pictures are read, lossless and lossy, as codestreams and in containers, with alpha on white") {
  CHECK(farthest(open("jxl-colour")->read({}), stored) == 0);
  CHECK(farthest(open("jxl-alpha")->read({}), [](int x, int y, int c) {
          const int alpha = x * 20 + y * 10;
          return (stored(x, y, c) * alpha + 255 * (255 - alpha) + 127) / 255;
        }) == 0);
  CHECK(farthest(open("jxl-lossy")->read({}), kFlat) <= 2);
  CHECK(farthest(open("jxl-of-jpeg")->read({}), kFlat) <= 3);
  const Image part = open("jxl-colour")->read({.region = Box{3, 2, 4, 3}});
  CHECK(farthest(part, [](int x, int y, int c) { return stored(x + 3, y + 2, c); }) == 0);
}

TEST_CASE("a JPEG XL of 16 bits keeps them, and one of 12 is in the full scale, as of other pictures") {
  const auto deep = open("jxl-grey-16");
  CHECK(deep->series()[0].bits == 16);
  CHECK(farthest_deep(deep->read({}), [](int x, int y) { return x * 7000 + y * 900; }) == 0);
  const auto twelve = open("jxl-grey-12");
  CHECK(twelve->series()[0].bits == 12);
  CHECK(farthest_deep(twelve->read({}), [](int x, int y) { return ((x * 500 + y * 90) * 65535 + 2047) / 4095; }) == 0);
}

TEST_CASE("a JPEG XL is turned upright, and what it says beside its pixels is listed") {
  const auto file = open("jxl-turned");
  REQUIRE(file->series()[0].levels[0].width_px == 6);
  CHECK(farthest(file->read({}), [](int x, int y, int c) { return stored(y, 5 - x, c); }) == 0);
  const FileContent content = inspect(*file);
  const auto says = [&](const std::string& name, const std::string& value, Mark mark) {
    return std::any_of(content.tags.begin(), content.tags.end(), [&](const Tag& tag) { return tag.name == name && tag.value == value && tag.mark == mark; });
  };
  CHECK(says("XMP", "<x>", Mark::kText));
  CHECK(says("jumb", "2 bytes compressed with Brotli, not read", Mark::kText));
  CHECK(says("Orientation", "6", Mark::kNone));
}

TEST_CASE("of an animated JPEG XL the first frame is read, and a note says so") {
  const auto file = open("jxl-animated");
  CHECK(farthest(file->read({}), stored) == 0);
  CHECK(inspect(*file).notes == std::vector<std::string>{"The file is an animation, of which only the first frame is read."});
}

TEST_CASE("a TIFF's tiles may be JPEG XL, and its frames in DICOM too") {
  const FileBytes tile = picture_examples().at("jxl-grey-16");
  FileBytes bytes = make_tiff({{.width_px = 8, .height_px = 6, .bits = 16, .pixels = tile}});
  // The number of the compression, which the writer leaves at 1.
  for (std::size_t at = 8; at + 12 < bytes.size(); ++at) {
    if (bytes[at] == 3 && bytes[at + 1] == 1 && bytes[at + 2] == 3 && bytes[at + 8] == 1) {
      bytes[at + 8] = 0x52;
      bytes[at + 9] = 0xc3;
      break;
    }
  }
  CHECK(farthest_deep(open_bytes(bytes)->read({}), [](int x, int y) { return x * 7000 + y * 900; }) == 0);
}

TEST_CASE("what is not read of JPEG XL is named, and any cut or changed byte is an error or a picture") {
  CHECK(error_of([] { open("jxl-float"); }).code() == ErrorCode::kUnsupportedFeature);
  for (const auto& [name, bytes] : picture_examples()) {
    if (!name.starts_with("jxl") || name == "jxl-float") continue;
    INFO(name);
    for (std::size_t length = 2; length < bytes.size(); length += 7) {
      const FileBytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      CHECK(is_told(cut));
      FileBytes changed = bytes;
      changed[length - 1] ^= 0x55;
      CHECK(is_told(changed));
    }
  }
  const FileBytes colour = picture_examples().at("jxl-colour");
  CHECK(error_of([&] { open_bytes(FileBytes(colour.begin(), colour.begin() + 40))->read({}); }).code() == ErrorCode::kTruncated);
  CHECK(error_of([&] { decode_jpeg_xl(colour, {.width_px = 9, .height_px = 6, .samples = 3}); }).code() == ErrorCode::kCorrupt);
}
