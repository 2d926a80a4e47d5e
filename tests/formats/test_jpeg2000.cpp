#include <algorithm>
#include <cstring>
#include <string>

#include "catch.h"
#include "core/formats/image_file.h"
#include "write_dicom.h"
#include "write_pictures.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::unique_ptr<ImageFile> open(const FileBytes& bytes) {
  auto file = open_image_file(std::make_shared<MemorySource>(bytes));
  REQUIRE(file);
  CHECK(file->format() == FileFormat::kJpeg2000);
  return file;
}

}  // namespace

TEST_CASE("a JPEG 2000 picture is read, with its boxes and without") {
  const auto deep = open(picture_examples().at("jp2-plain"));
  CHECK(deep->series()[0].bits == 12);
  const Image grey = deep->read({.region = Box{2, 1, 3, 3}});
  std::uint16_t value;
  std::memcpy(&value, grey.view().row(2) + 2, sizeof value);
  CHECK(value == dicom_deep_value(3, 3));

  const Image colour = open(picture_examples().at("jp2-boxed"))->read({});
  int wrong = 0;
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 8; ++x) {
      for (int c = 0; c < 3; ++c) wrong += static_cast<int>(colour.view().row(y)[3 * x + c]) != dicom_value(x, y, c) ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a JPEG 2000 with a palette is refused by its name") {
  FileBytes bytes = picture_examples().at("jp2-boxed");
  const std::string colr = "colr", pclr = "pclr";
  const auto box = std::search(bytes.begin(), bytes.end(), colr.begin(), colr.end());
  std::copy(pclr.begin(), pclr.end(), box);
  CHECK(std::string(error_of([&] { open(bytes); }).what()) == "the image data is JPEG 2000 with a palette, which is not read");
}

TEST_CASE("a damaged JPEG 2000 ends in an Error or in pixels") {
  for (const char* name : {"jp2-plain", "jp2-boxed"}) {
    const FileBytes bytes = picture_examples().at(name);
    const auto read = [](const FileBytes& changed) {
      try {
        if (const auto file = open_image_file(std::make_shared<MemorySource>(changed))) file->read({.region = Box{0, 0, 1, 1}});
      } catch (const Error& error) {
        CHECK(error.code() != ErrorCode::kInternal);
      }
    };
    for (std::size_t size = 0; size < bytes.size(); size += 7) read(FileBytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    for (std::size_t i = 4; i < bytes.size(); i += 3) {
      FileBytes changed = bytes;
      changed[i] ^= 0x55;
      read(changed);
    }
  }
}
