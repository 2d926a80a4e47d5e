#include <algorithm>
#include <cstdlib>

#include "catch.h"
#include "core/formats/pages.h"
#include "stored_picture.h"
#include "write_pictures.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::unique_ptr<ImageFile> open(const FileBytes& bytes) {
  auto file = open_image_file(std::make_shared<MemorySource>(bytes));
  REQUIRE(file);
  CHECK(file->format() == FileFormat::kWebp);
  return file;
}

int on_white(int value, int alpha) { return (value * alpha + 255 * (255 - alpha) + 127) / 255; }

const auto kAlpha = [](int x, int y, int c) { return on_white(stored(x, y, c), x * 20 + y * 10); };
const auto kFlat = [](int, int, int c) { return 100 + 50 * c; };

}  // namespace

TEST_CASE("WebP pictures are read, lossless and lossy, with alpha on white") {
  const auto read = [](const char* name) { return open(picture_examples().at(name))->read({}); };
  CHECK(farthest(read("webp-lossless"), stored) == 0);
  CHECK(farthest(read("webp-alpha"), kAlpha) == 0);
  CHECK(farthest(read("webp-lossy"), kFlat) <= 2);
  CHECK(farthest(read("webp-lossy-alpha"), [](int x, int y, int c) { return on_white(kFlat(x, y, c), 128); }) <= 2);
  const Image part = open(picture_examples().at("webp-lossless"))->read({.region = Box{3, 2, 4, 3}});
  CHECK(farthest(part, [](int x, int y, int c) { return stored(x + 3, y + 2, c); }) == 0);
}

TEST_CASE("a WebP is turned upright, and what it says beside its pixels is listed") {
  const auto file = open(picture_examples().at("webp-turned"));
  REQUIRE(file->series()[0].levels[0].width_px == 6);
  CHECK(farthest(file->read({}), [](int x, int y, int c) { return stored(y, 5 - x, c); }) == 0);
  const FileContent content = inspect(*file);
  CHECK(std::any_of(content.tags.begin(), content.tags.end(), [](const Tag& tag) { return tag.name == "XMP" && tag.mark == Mark::kText && tag.value == "<x>"; }));
}

TEST_CASE("of an animated WebP the first frame is read, and a note says so") {
  for (const auto& [name, far] : {std::pair{"webp-animated", 0}, {"webp-animated-alpha", 0}, {"webp-animated-lossy", 2}}) {
    INFO(name);
    const std::string kind = name;
    const auto file = open(picture_examples().at(name));
    REQUIRE(file->series()[0].levels[0].width_px == 12);
    CHECK(farthest(file->read({}), [&](int x, int y, int c) {
            x -= 2;
            y -= 4;
            if (x < 0 || y < 0 || x >= 8 || y >= 6) return 255;
            return kind == "webp-animated" ? stored(x, y, c) : kind == "webp-animated-alpha" ? kAlpha(x, y, c) : on_white(kFlat(x, y, c), 128);
          }) <= far);
    const FileContent content = inspect(*file);
    REQUIRE(content.notes.size() == 1);
    CHECK(content.notes[0] == "The file is an animation of 2 frames, of which only the first is read.");
  }
}

TEST_CASE("a damaged WebP ends in an Error or in pixels") {
  for (const auto& [name, bytes] : picture_examples()) {
    if (!name.starts_with("webp")) continue;
    const auto read = [](const FileBytes& changed) {
      try {
        if (const auto file = open_image_file(std::make_shared<MemorySource>(changed))) {
          inspect(*file);
          file->read({});
        }
      } catch (const Error& error) {
        CHECK(error.code() != ErrorCode::kInternal);
      }
    };
    for (std::size_t size = 0; size < bytes.size(); size += 7) {
      const FileBytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      read(cut);
      if (size >= 12) CHECK(error_of([&] { open(cut)->read({}); }).code() == ErrorCode::kTruncated);
    }
    for (std::size_t i = 4; i < bytes.size(); i += 3) {
      FileBytes changed = bytes;
      changed[i] ^= 0x55;
      read(changed);
    }
  }
  const FileBytes lossless = picture_examples().at("webp-lossless");
  const FileBytes chunk(lossless.begin() + 12, lossless.end());
  CHECK(error_of([&] { open(make_webp({webp_header(0, 9, 6), chunk})); }).code() == ErrorCode::kCorrupt);
  CHECK(error_of([&] { open(make_webp({webp_header(2, 9, 8), webp_frame(2, 4, 8, 6, chunk)})); }).code() == ErrorCode::kCorrupt);
  CHECK(error_of([&] { open(make_webp({webp_header(2, 16000000, 16000000), webp_frame(2, 4, 8, 6, chunk)}))->read({}); }).code() == ErrorCode::kTooLarge);
  CHECK(error_of([&] { open(make_webp({webp_header(2, 9, 8)})); }).code() == ErrorCode::kCorrupt);
}
