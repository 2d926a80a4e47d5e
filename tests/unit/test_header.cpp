#include "catch.h"
#include "core/decode/header.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

FileBytes text(const std::string& s) { return {s.begin(), s.end()}; }

Error refusal(const FileBytes& file) {
  return error_of([&] { read_header(file); });
}

}  // namespace

TEST_CASE("an empty file and files of other kinds are refused by name, or left to further readers") {
  CHECK(refusal({}).code() == ErrorCode::kEmptyFile);
  const std::pair<std::string, std::string> kinds[] = {
      {std::string("\0\0\0 ftypheic", 12), "HEIC"}, {std::string("\0\0\0 ftypavif", 12), "AVIF"}, {"%PDF-1.7", "PDF"},
      {"<!DOCTYPE html><html>", "HTML"}, {"  <svg xmlns='x'>", "SVG"}, {"8BPS....", "Photoshop"}};
  for (const auto& [bytes, name] : kinds) {
    const Error error = refusal(text(bytes));
    CHECK(error.code() == ErrorCode::kUnsupportedFormat);
    INFO(error.what());
    CHECK(std::string(error.what()).find(name) != std::string::npos);
    CHECK(std::string(error.what()).find("not read; ") != std::string::npos);  // and what to do
  }
  CHECK(refusal(text("a note in plain text")).code() == ErrorCode::kUnsupportedFormat);
  const std::pair<std::string, std::string> others[] = {
      {"GIF89a...", "GIF"}, {"RIFF....WEBPVP8 ", "WebP"}, {std::string(128, '\0') + "DICM", "DICOM"}, {"ZISRAWFILE", "Zeiss CZI"},
      {"\xda\xce\xbe\x0a....", "Nikon ND2"}, {std::string("\x70\0\0\0....\x2a<", 10), "Leica LIF"}, {"\xff\x4f\xff\x51....", "JPEG 2000"},
      {"PK\3\4....", "ZIP"}};
  for (const auto& [bytes, name] : others) {
    CHECK(refusal(text(bytes)).code() == ErrorCode::kNeedsReader);
    CHECK(std::string(refusal(text(bytes)).what()).find(name) != std::string::npos);
  }
}

TEST_CASE("a PNG is read up to its end and every cut is noticed") {
  const FileBytes whole = make_png(3, 2, 8, 2, FileBytes(18, 7));
  const FileHeader header = read_header(whole);
  CHECK(header.format == FileFormat::kPng);
  CHECK(header.width_px == 3);
  CHECK(header.height_px == 2);
  CHECK(header.channels == 3);
  CHECK(header.bits_per_channel == 8);
  for (std::size_t length = 8; length < whole.size(); ++length) {
    const FileBytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    INFO(length);
    CHECK(refusal(cut).code() == ErrorCode::kTruncated);
  }
}

TEST_CASE("any changed byte of a critical PNG chunk is noticed") {
  const FileBytes whole = make_png(3, 2, 16, 0, FileBytes(12, 9));
  for (std::size_t at = 8; at < whole.size(); ++at) {
    FileBytes changed = whole;
    changed[at] ^= 0x10;
    INFO(at);
    CHECK_THROWS_AS(read_header(changed), Error);
  }
}

TEST_CASE("PNG layouts that do not exist are refused") {
  CHECK(refusal(make_png(3, 2, 8, 5, FileBytes(18, 0))).code() == ErrorCode::kCorrupt);
  CHECK(refusal(make_png(3, 2, 4, 2, FileBytes(18, 0))).code() == ErrorCode::kCorrupt);
  CHECK(refusal(make_png(0, 2, 8, 2, {})).code() == ErrorCode::kCorrupt);
  CHECK(refusal(make_png(3, 2, 8, 3, FileBytes(6, 0))).code() == ErrorCode::kCorrupt);  // no palette
}

TEST_CASE("the golden JPEG is read and a cut anywhere is noticed") {
  const FileBytes whole = read_file(source_dir() / "tests/golden/decode/orientation-6.jpg");
  const FileHeader header = read_header(whole);
  CHECK(header.format == FileFormat::kJpeg);
  CHECK(header.width_px == 37);
  CHECK(header.height_px == 53);
  CHECK(header.exif_orientation == 6);
  for (std::size_t length = 3; length < whole.size(); ++length) {
    const FileBytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    INFO(length);
    REQUIRE(refusal(cut).code() == ErrorCode::kTruncated);
  }
}

TEST_CASE("a JPEG in CMYK is refused by name") {
  const Error error = refusal(read_file(source_dir() / "tests/golden/decode/cmyk.jpg"));
  CHECK(error.code() == ErrorCode::kUnsupportedFeature);
  CHECK(std::string(error.what()).find("CMYK") != std::string::npos);
}

TEST_CASE("a JPEG whose only end marker is that of its thumbnail counts as cut off") {
  FileBytes whole = read_file(source_dir() / "tests/golden/decode/grey.jpg");
  const FileBytes thumbnail{0xff, 0xe1, 0x00, 0x06, 0xff, 0xd8, 0xff, 0xd9};
  whole.insert(whole.begin() + 2, thumbnail.begin(), thumbnail.end());
  CHECK_NOTHROW(read_header(whole));
  whole.resize(whole.size() - 2);
  CHECK(refusal(whole).code() == ErrorCode::kTruncated);
}

TEST_CASE("a JPEG whose code table lists more codes than there are bytes is refused") {
  FileBytes whole = read_file(source_dir() / "tests/golden/decode/grey.jpg");
  FileBytes table(2 + 2 + 17 + 510, 0);
  table[0] = 0xff;
  table[1] = 0xc4;
  table[2] = static_cast<std::uint8_t>((table.size() - 2) >> 8);
  table[3] = static_cast<std::uint8_t>(table.size() - 2);
  table[4 + 15] = 255;
  table[4 + 16] = 255;
  whole.insert(whole.begin() + 2, table.begin(), table.end());
  CHECK(refusal(whole).code() == ErrorCode::kCorrupt);
}

TEST_CASE("bytes after a JPEG's end do no harm") {
  FileBytes whole = read_file(source_dir() / "tests/golden/decode/grey.jpg");
  whole.resize(whole.size() + 100, 0x5a);
  CHECK(read_header(whole).width_px == 37);
}

TEST_CASE("a BMP without all its rows is refused") {
  FileBytes whole = make_bmp(5, 4, 200);
  CHECK(read_header(whole).width_px == 5);
  whole.pop_back();
  CHECK(refusal(whole).code() == ErrorCode::kTruncated);
  whole.resize(20);
  CHECK(refusal(whole).code() == ErrorCode::kTruncated);
}

TEST_CASE("EXIF orientation is read in both byte orders and nonsense counts as none") {
  const FileBytes little{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0};
  const FileBytes big{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 5, 0, 0};
  CHECK(read_exif_orientation(little) == 8);
  CHECK(read_exif_orientation(big) == 5);
  FileBytes wrong = little;
  wrong[18] = 9;
  CHECK(read_exif_orientation(wrong) == 1);
  wrong = little;
  wrong[4] = 0xff;  // directory beyond the end
  wrong[5] = 0xff;
  CHECK(read_exif_orientation(wrong) == 1);
  for (std::size_t length = 0; length < little.size(); ++length) {
    CHECK(read_exif_orientation({little.data(), length}) == 1);
  }
}
