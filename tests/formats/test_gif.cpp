#include <cstring>

#include "catch.h"
#include "core/formats/pages.h"
#include "write_pictures.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::unique_ptr<ImageFile> open(const FileBytes& bytes) {
  auto file = open_image_file(std::make_shared<MemorySource>(bytes));
  REQUIRE(file);
  CHECK(file->format() == FileFormat::kGif);
  CHECK(file->series()[0].samples == 3);
  return file;
}

struct Rgb {
  int red, green, blue;
  bool operator==(const Rgb&) const = default;
};
Rgb at(const Image& image, int x, int y) {
  const auto* pixel = reinterpret_cast<const std::uint8_t*>(image.view().row(y)) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

constexpr Rgb kWhite{255, 255, 255}, kBlack{0, 0, 0}, kRed{255, 0, 0}, kGreen{0, 255, 0}, kBlue{0, 0, 255};

}  // namespace

TEST_CASE("a GIF with codes of growing length is read, in rows and interlaced") {
  for (const char* name : {"gif-codes", "gif-interlaced"}) {
    const auto file = open(picture_examples().at(name));
    const Image image = file->read({});
    REQUIRE(image.width_px() == 40);
    REQUIRE(image.height_px() == 30);
    int wrong = 0;
    for (int y = 0; y < 30; ++y) {
      for (int x = 0; x < 40; ++x) {
        const int i = x * y / 7 % 16;
        const bool transparent = i == 3 && std::string(name) == "gif-interlaced";
        wrong += at(image, x, y) != (transparent ? kWhite : Rgb{16 * i, 255 - 16 * i, 7 * i}) ? 1 : 0;
      }
    }
    CHECK(wrong == 0);
    const Image part = file->read({.region = Box{13, 7, 5, 4}});
    CHECK(at(part, 4, 3) == at(image, 17, 10));
  }
}

TEST_CASE("a GIF's frame lies where it says, on white, and comments are text") {
  const auto file = open(picture_examples().at("gif-small"));
  const Image image = file->read({});
  REQUIRE(image.width_px() == 6);
  CHECK(at(image, 0, 0) == kWhite);
  CHECK(at(image, 1, 2) == kBlack);
  CHECK(at(image, 2, 2) == kRed);
  CHECK(at(image, 3, 2) == kWhite);
  CHECK(at(image, 4, 2) == kBlue);
  const FileContent content = inspect(*file);
  REQUIRE(content.tags.size() == 1);
  CHECK(content.tags[0].value == "drawn by Jane");
  CHECK(content.tags[0].mark == Mark::kText);
  CHECK(content.notes.empty());
  const Image large = open(picture_examples().at("gif-out-of-screen"))->read({});
  CHECK(large.width_px() == 4);
  CHECK(at(large, 2, 0) == kGreen);
}

TEST_CASE("of an animated GIF the first frame is read, and a note says so") {
  const auto file = open(picture_examples().at("gif-animated"));
  CHECK(file->series()[0].t == 1);
  const Image image = file->read({});
  CHECK(at(image, 0, 0) == kWhite);
  CHECK(at(image, 1, 0) == Rgb{128, 128, 128});
  CHECK(at(image, 3, 0) == Rgb{255, 255, 0});
  const FileContent content = inspect(*file);
  REQUIRE(content.notes.size() == 1);
  CHECK(content.notes[0] == "The file is an animation of 3 frames, of which only the first is read.");
}

TEST_CASE("a damaged GIF ends in an Error or in pixels") {
  for (const auto& [name, bytes] : picture_examples()) {
    if (!name.starts_with("gif")) continue;
    const auto read = [](const FileBytes& changed) {
      try {
        if (const auto file = open_image_file(std::make_shared<MemorySource>(changed))) file->read({});
      } catch (const Error& error) {
        CHECK(error.code() != ErrorCode::kInternal);
      }
    };
    for (std::size_t size = 0; size < bytes.size(); size += 7) read(FileBytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    for (std::size_t i = 6; i < bytes.size(); i += 3) {
      FileBytes changed = bytes;
      changed[i] ^= 0x55;
      read(changed);
    }
  }
  FileBytes huge = picture_examples().at("gif-small");
  for (std::size_t i = 6; i < 10; ++i) huge[i] = 0xff;
  CHECK(error_of([&] { open(huge)->read({}); }).code() == ErrorCode::kTooLarge);
  FileBytes cut = picture_examples().at("gif-codes");
  cut.resize(cut.size() - 40);
  CHECK(error_of([&] { open(cut)->read({}); }).code() == ErrorCode::kTruncated);
}
