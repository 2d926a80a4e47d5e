#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/decode/decode.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

int pixel8(const Image& image, int x, int y, int c) {
  return std::to_integer<int>(image.data()[(y * image.width_px() + x) * image.channels() + c]);
}

int pixel16(const Image& image, int x, int y, int c) {
  std::uint16_t value;
  std::memcpy(&value, image.data() + 2 * ((y * image.width_px() + x) * image.channels() + c), 2);
  return value;
}

}  // namespace

TEST_CASE("decoded files equal what Pillow makes of them") {
  const auto folder = source_dir() / "tests/golden/decode";
  const FileBytes list = read_file(folder / "cases.json");
  const auto cases = nlohmann::json::parse(list.begin(), list.end()).at("cases");
  REQUIRE(cases.size() >= 14);
  for (const auto& item : cases) {
    const std::string name = item.at("file");
    INFO(name);
    const DecodedImage decoded = decode(read_file(folder / name));
    const FileBytes expected = read_file(folder / item.at("expected").get<std::string>());
    REQUIRE(decoded.image.width_px() == item.at("width_px").get<int>());
    REQUIRE(decoded.image.height_px() == item.at("height_px").get<int>());
    REQUIRE(decoded.image.channels() == item.at("channels").get<int>());
    REQUIRE(expected.size() == decoded.image.row_stride_bytes() * static_cast<std::size_t>(decoded.image.height_px()));
    CHECK(std::memcmp(decoded.image.data(), expected.data(), expected.size()) == 0);
    CHECK(!decoded.damaged);
  }
}

TEST_CASE("alpha is composited on white, 8 and 16 bit") {
  const Image grey = decode(make_png(2, 1, 8, 4, {100, 255, 100, 51})).image;
  CHECK(grey.channels() == 1);
  CHECK(pixel8(grey, 0, 0, 0) == 100);
  CHECK(pixel8(grey, 1, 0, 0) == 224);  // 100 · 0.2 + 255 · 0.8

  const Image rgb = decode(make_png(1, 1, 16, 6, {0x40, 0, 0x80, 0, 0xff, 0xff, 0, 0})).image;
  CHECK(rgb.channels() == 3);
  CHECK(rgb.type() == SampleType::kUint16);
  for (int c = 0; c < 3; ++c) CHECK(pixel16(rgb, 0, 0, c) == 65535);  // transparent
}

TEST_CASE("16-bit samples keep their value") {
  const Image image = decode(make_png(2, 1, 16, 0, {0x12, 0x34, 0xff, 0xfe})).image;
  CHECK(image.channels() == 1);
  CHECK(pixel16(image, 0, 0, 0) == 0x1234);
  CHECK(pixel16(image, 1, 0, 0) == 0xfffe);
}

TEST_CASE("an oversized image is refused from its header, before memory is taken") {
  const auto header_only = [](int width, int height, std::uint8_t bits, std::uint8_t colour) {
    FileBytes header = make_png(1, 1, bits, colour, FileBytes(8, 0));
    const auto side = [](int px) { return FileBytes{static_cast<std::uint8_t>(px >> 24), static_cast<std::uint8_t>(px >> 16), static_cast<std::uint8_t>(px >> 8), static_cast<std::uint8_t>(px)}; };
    FileBytes body = side(width);
    for (const std::uint8_t byte : side(height)) body.push_back(byte);
    for (const int byte : {int{bits}, int{colour}, 0, 0, 0}) body.push_back(static_cast<std::uint8_t>(byte));
    const FileBytes chunk = png_chunk("IHDR", body);
    std::copy(chunk.begin(), chunk.end(), header.begin() + 8);
    return header;
  };
  // The rows are missing: were memory taken and decoding tried, the code would be another.
  for (const FileBytes& file : {header_only(10001, 10000, 8, 0), header_only(2147483647, 2147483647, 8, 2),
                                header_only(9000, 9000, 16, 2)}) {
    const Error error = error_of([&] { decode(file); });
    CHECK(error.code() == ErrorCode::kTooLarge);
    CHECK(std::string(error.what()).find("limit") != std::string::npos);
  }
}

TEST_CASE("a PNG that unpacks to far more than it states is refused") {
  // 60 MB of zeros deflate to 60 kB: one run-length block repeated. Made here from fixed Huffman codes:
  // literal 0, then matches of length 258 at distance 1.
  FileBytes bits;
  int fill = 0;
  const auto put = [&](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i, fill = (fill + 1) % 8) {
      if (fill == 0) bits.push_back(0);
      bits.back() = static_cast<std::uint8_t>(bits.back() | ((value >> i & 1) << fill));
    }
  };
  put(1, 1);           // last block
  put(1, 2);           // fixed Huffman
  put(0b00001100, 8);  // literal 0: code 00110000, sent from its highest bit
  for (int i = 0; i < 230'000; ++i) {
    put(0b10100011, 8);  // length 258: code 11000101
    put(0, 5);           // distance 1
  }
  put(0, 7);  // end of block
  FileBytes zlib{0x78, 0x01};
  zlib.insert(zlib.end(), bits.begin(), bits.end());
  FileBytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  for (const FileBytes& chunk : {png_chunk("IHDR", {0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0}), png_chunk("IDAT", zlib),
                                 png_chunk("IEND", {})}) {
    file.insert(file.end(), chunk.begin(), chunk.end());
  }
  CHECK(error_of([&] { decode(file); }).code() == ErrorCode::kTooLarge);
}

TEST_CASE("rows that do not inflate to the stated size are refused") {
  const Error error = error_of([&] { decode(make_png(40, 40, 8, 2, FileBytes(40 * 39 * 3, 1))); });
  CHECK(error.code() == ErrorCode::kCorrupt);
}

TEST_CASE("all eight orientations, checked at the corners") {
  // 3 × 2 px: 0 1 2
  //           3 4 5
  const FileBytes corner_of[9] = {{}, {0, 2, 3, 5}, {2, 0, 5, 3}, {5, 3, 2, 0}, {3, 5, 0, 2},
                                  {0, 3, 2, 5}, {3, 0, 5, 2}, {5, 2, 3, 0}, {2, 5, 0, 3}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Image image(3, 2, 1, SampleType::kUint8);
    for (int i = 0; i < 6; ++i) image.data()[i] = static_cast<std::byte>(i);
    const Image upright = apply_orientation(std::move(image), orientation);
    const int right = upright.width_px() - 1, bottom = upright.height_px() - 1;
    INFO(orientation);
    CHECK(upright.width_px() == (orientation < 5 ? 3 : 2));
    CHECK(FileBytes{static_cast<std::uint8_t>(pixel8(upright, 0, 0, 0)), static_cast<std::uint8_t>(pixel8(upright, right, 0, 0)),
                    static_cast<std::uint8_t>(pixel8(upright, 0, bottom, 0)),
                    static_cast<std::uint8_t>(pixel8(upright, right, bottom, 0))} == corner_of[orientation]);
  }
  CHECK(error_of([] { apply_orientation(Image(1, 1, 1, SampleType::kUint8), 9); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a JPEG whose data ends too early says that it is damaged, one that is cut off is refused") {
  const FileBytes whole = read_file(source_dir() / "tests/golden/decode/orientation-1.jpg");
  CHECK(!decode(whole).damaged);
  FileBytes short_scan(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * 4 / 5));
  CHECK(error_of([&] { decode(short_scan); }).code() == ErrorCode::kTruncated);
  while (short_scan.back() == 0xff) short_scan.pop_back();
  short_scan.push_back(0xff);
  short_scan.push_back(0xd9);  // the end of the image, where there is none
  const DecodedImage decoded = decode(short_scan);
  CHECK(decoded.damaged);
  CHECK(decoded.image.width_px() == 37);
}

TEST_CASE("damaged files of every kind end in an Error, never in a crash") {
  std::mt19937 random(7);
  int refused = 0, read = 0;
  for (const char* name : {"orientation-6.jpg", "subsampled-progressive.jpg", "grey.png", "palette.png", "colour.bmp"}) {
    const FileBytes whole = read_file(source_dir() / "tests/golden/decode" / name);
    for (int round = 0; round < 200; ++round) {
      FileBytes damaged = whole;
      for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
      try {
        decode(damaged);
        ++read;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 400);  // every PNG, by its checksums
  CHECK(refused + read == 1000);
}
