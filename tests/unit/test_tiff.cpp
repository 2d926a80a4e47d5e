#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/decode/ome.h"
#include "core/decode/tiff.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

FileBytes text(const std::string& s) {
  FileBytes bytes(s.begin(), s.end());
  bytes.push_back(0);
  return bytes;
}

template <typename Sample>
Sample sample(const DecodedImage& decoded, std::size_t index) {
  Sample value;
  std::memcpy(&value, decoded.image.data() + index * sizeof(Sample), sizeof(Sample));
  return value;
}

FileBytes float_bytes(const std::vector<float>& values) {
  FileBytes bytes;
  for (const float value : values) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(bits >> 8 * i));
  }
  return bytes;
}

/// Pages of 1 × 1 px whose value is their number.
FileBytes numbered_pages(int count, const std::string& description, int first_samples = 1) {
  std::vector<TiffPage> pages;
  for (int i = 0; i < count; ++i) pages.push_back({.samples = first_samples, .pixels = FileBytes(static_cast<std::size_t>(first_samples), static_cast<std::uint8_t>(i))});
  if (!description.empty()) pages[0].extra.push_back({270, 2, text(description)});
  return make_tiff(pages);
}

int number_of(const FileBytes& file, int page, int channel = -1) {
  return sample<std::uint8_t>(decode(file, {.page = page, .channel = channel}), 0);
}

}  // namespace

TEST_CASE("TIFF samples of every kind keep their values, in both byte orders and as BigTIFF") {
  for (const bool big_endian : {false, true}) {
    for (const bool big_tiff : {false, true}) {
      INFO(big_endian << big_tiff);
      const auto ordered = [&](FileBytes little, std::size_t size) {
        for (std::size_t i = 0; big_endian && i < little.size(); i += size) std::reverse(little.begin() + static_cast<std::ptrdiff_t>(i), little.begin() + static_cast<std::ptrdiff_t>(i + size));
        return little;
      };
      const auto read = [&](TiffPage page) { return decode(make_tiff({std::move(page)}, big_endian, big_tiff)); };

      const DecodedImage grey = read({.width_px = 2, .bits = 16, .pixels = ordered({0x34, 0x12, 0xfe, 0xff}, 2)});
      CHECK(grey.image.type() == SampleType::kUint16);
      CHECK(sample<std::uint16_t>(grey, 0) == 0x1234);
      CHECK(sample<std::uint16_t>(grey, 1) == 0xfffe);
      CHECK(grey.header.format == FileFormat::kTiff);
      CHECK(grey.header.bits_per_channel == 16);
      CHECK(!grey.damaged);

      const DecodedImage white_is_zero = read({.width_px = 2, .bits = 16, .photometric = 0, .pixels = ordered({0, 0, 1, 0}, 2)});
      CHECK(sample<std::uint16_t>(white_is_zero, 0) == 65535);
      CHECK(sample<std::uint16_t>(white_is_zero, 1) == 65534);

      const DecodedImage whole = read({.width_px = 3, .bits = 32, .pixels = ordered({0, 0, 0, 0, 0, 0, 0, 0x80, 255, 255, 255, 255}, 4)});
      CHECK(whole.image.type() == SampleType::kFloat32);
      CHECK(sample<float>(whole, 0) == 0.0f);
      CHECK(sample<float>(whole, 1) == 0.5f);
      CHECK(sample<float>(whole, 2) == 1.0f);

      const DecodedImage shifted = read({.width_px = 3, .bits = 16, .format = 2, .pixels = ordered({0, 0x80, 0, 0, 0xff, 0x7f}, 2)});
      CHECK(sample<std::uint16_t>(shifted, 0) == 0);
      CHECK(sample<std::uint16_t>(shifted, 1) == 32768);
      CHECK(sample<std::uint16_t>(shifted, 2) == 65535);

      const DecodedImage floats = read({.width_px = 2, .bits = 32, .format = 3, .pixels = ordered(float_bytes({-1.5f, 1e6f}), 4)});
      CHECK(sample<float>(floats, 0) == -1.5f);
      CHECK(sample<float>(floats, 1) == 1e6f);

      const DecodedImage rgb = read({.width_px = 1, .height_px = 2, .samples = 3, .photometric = 2, .pixels = {1, 2, 3, 4, 5, 6}});
      CHECK(rgb.image.channels() == 3);
      CHECK(sample<std::uint8_t>(rgb, 4) == 5);
    }
  }
}

TEST_CASE("packed TIFF samples are widened to the full scale") {
  const DecodedImage bits = decode(make_tiff({{.width_px = 3, .bits = 1, .pixels = {0b10100000}}}));
  CHECK(sample<std::uint8_t>(bits, 0) == 255);
  CHECK(sample<std::uint8_t>(bits, 1) == 0);
  const DecodedImage quads = decode(make_tiff({{.width_px = 2, .bits = 4, .pixels = {0x3f}}}));
  CHECK(sample<std::uint8_t>(quads, 0) == 51);
  CHECK(sample<std::uint8_t>(quads, 1) == 255);
  const DecodedImage camera = decode(make_tiff({{.width_px = 2, .bits = 12, .pixels = {0xff, 0xf8, 0x00}}}));
  CHECK(camera.image.type() == SampleType::kUint16);
  CHECK(sample<std::uint16_t>(camera, 0) == 65535);
  CHECK(sample<std::uint16_t>(camera, 1) == 32776);  // 2048 of 4095
}

TEST_CASE("a TIFF's palette, alpha and orientation") {
  FileBytes colours(3 * 256 * 2, 0);
  for (std::size_t c = 0; c < 3; ++c) colours[2 * (c * 256 + 7) + 1] = static_cast<std::uint8_t>(10 * (c + 1));
  const DecodedImage palette = decode(make_tiff({{.photometric = 3, .pixels = {7}, .extra = {{320, 3, colours}}}}));
  REQUIRE(palette.image.channels() == 3);
  for (std::size_t c = 0; c < 3; ++c) CHECK(sample<std::uint8_t>(palette, c) == 10 * (c + 1));

  const auto with_alpha = [](std::uint8_t kind) { return decode(make_tiff({{.samples = 4, .photometric = 2, .pixels = {100, 0, 50, 51}, .extra = {{338, 3, {kind, 0}}}}})); };
  CHECK(sample<std::uint8_t>(with_alpha(2), 0) == 224);  // 100 · 0.2 + 204
  CHECK(sample<std::uint8_t>(with_alpha(1), 0) == 255);  // 100 + 204 is more than white
  CHECK(sample<std::uint8_t>(with_alpha(1), 2) == 254);
  CHECK(sample<std::uint8_t>(with_alpha(0), 0) == 100);  // no alpha

  const DecodedImage turned = decode(make_tiff({{.width_px = 2, .height_px = 1, .pixels = {1, 2}, .extra = {{274, 3, {6, 0}}}}}));
  CHECK(turned.image.width_px() == 1);
  CHECK(turned.header.exif_orientation == 6);
}

TEST_CASE("what is no finite number becomes the least of the others and the image counts as damaged") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  const DecodedImage image = decode(make_tiff({{.width_px = 4, .bits = 32, .format = 3, .pixels = float_bytes({nan, -infinite, 2, 3e38f})}}));
  CHECK(image.damaged);
  CHECK(sample<float>(image, 0) == 2.0f);
  CHECK(sample<float>(image, 1) == 2.0f);
  CHECK(sample<float>(image, 2) == 2.0f);
  CHECK(sample<float>(image, 3) == 2.0f);
}

TEST_CASE("pages of a TIFF are chosen by number, thumbnails are none") {
  const FileBytes plain = numbered_pages(3, "");
  CHECK(decode(plain).pages == 3);
  CHECK(number_of(plain, 0) == 0);
  CHECK(number_of(plain, 2) == 2);
  CHECK(error_of([&] { decode(plain, {.page = 3}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { decode(plain, {.channel = 1}); }).code() == ErrorCode::kInvalidArgument);

  std::vector<TiffPage> pages(3);
  for (std::size_t i = 0; i < 3; ++i) pages[i].pixels = {static_cast<std::uint8_t>(i)};
  pages[1].extra.push_back({254, 4, {1, 0, 0, 0}});
  const FileBytes with_thumbnail = make_tiff(pages);
  CHECK(decode(with_thumbnail).pages == 2);
  CHECK(number_of(with_thumbnail, 1) == 2);
}

TEST_CASE("files whose directories mean more than pages are left to the readers that know what") {
  for (const std::string& said : {std::string("<OME><Image><Pixels SizeZ=\"2\"/></Image></OME>"), std::string("ImageJ=1.53k\nimages=2\nslices=2\n")}) {
    const FileBytes two = numbered_pages(2, said);
    CHECK(error_of([&] { decode_tiff(two, {}); }).code() == ErrorCode::kNeedsReader);
    CHECK(error_of([&] { read_tiff_facts(two); }).code() == ErrorCode::kNeedsReader);
    CHECK(error_of([&] { read_header(two); }).code() == ErrorCode::kNeedsReader);
  }
  CHECK(error_of([&] { decode_tiff(numbered_pages(1, "ImageJ=1.53k\nimages=6\n"), {}); }).code() == ErrorCode::kNeedsReader);
  CHECK(decode_tiff(numbered_pages(1, "ImageJ=1.53k\nimages=-6\n"), {}).pages == 1);
  CHECK(decode_tiff(numbered_pages(1, "<OME><Image><Pixels SizeZ=\"9\"/></Image></OME>"), {}).pages == 1);
  CHECK(decode_tiff(numbered_pages(2, "two pages"), {}).pages == 2);
}

TEST_CASE("a description tells the size of a pixel in its unit, and nonsense tells nothing, at once") {
  CHECK(described_pixel_um("ImageJ=1.53t\nunit=micron\n", 4) == Approx(0.25));
  CHECK(described_pixel_um("ImageJ=1.53t\nunit=pixel\n", 4) == 0);
  CHECK(described_pixel_um(R"(<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><OME><Image><Pixels PhysicalSizeX="325" PhysicalSizeXUnit="nm"/></Image></OME>)", 0) == Approx(0.325));
  CHECK(described_pixel_um("<OME><Pixels PhysicalSizeX=\"3250\" PhysicalSizeXUnit=\"\xc3\x85\"/></OME>", 0) == Approx(0.325));
  CHECK(described_pixel_um("<OME><Pixels PhysicalSizeX=\"1\" PhysicalSizeXUnit=\"pixel\"/></OME>", 0) == 0);
  for (const std::string& text : {std::string("<OME"), std::string("<OME><Pixels"), std::string("<OME><Pixels PhysicalSizeX=\"-1\"/>"), std::string("<OME><Pixels PhysicalSizeX=\"1e999\"/>"),
                                  "<OME>" + std::string(1'000'000, '<'), std::string("ImageJ=\nunit=\n")}) {
    CHECK(described_pixel_um(text, 4) == 0);
  }
}

TEST_CASE("resolution tags tell the pixel size where they are of a microscope") {
  const auto size_of = [](std::uint32_t per_unit, std::uint8_t unit) {
    const FileBytes rational{static_cast<std::uint8_t>(per_unit), static_cast<std::uint8_t>(per_unit >> 8), static_cast<std::uint8_t>(per_unit >> 16), 0, 1, 0, 0, 0};
    return decode(make_tiff({{.pixels = {0}, .extra = {{282, 5, rational}, {283, 5, rational}, {296, 3, {unit, 0}}}}})).pixel_size_um;
  };
  CHECK(size_of(20000, 3) == Approx(0.5));   // a centimetre
  CHECK(size_of(50800, 2) == Approx(0.5));   // an inch
  CHECK(size_of(72, 2) == 0);                // a screen
  CHECK(size_of(20000, 1) == 0);             // no unit
}

TEST_CASE("a grey TIFF of several samples a pixel has them as channels") {
  const FileBytes file = make_tiff({{.width_px = 2, .samples = 5, .pixels = {0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, .extra = {{338, 3, {0, 0, 0, 0, 0, 0, 0, 0}}}}});
  CHECK(decode(file).channels == 5);
  const DecodedImage third = decode(file, {.channel = 2});
  CHECK(sample<std::uint8_t>(third, 0) == 2);
  CHECK(sample<std::uint8_t>(third, 1) == 12);
}

TEST_CASE("a TIFF cut off anywhere is refused, and a circle of directories ends") {
  const FileBytes whole = make_tiff({{.width_px = 4, .height_px = 4, .pixels = FileBytes(16, 9)}, {.width_px = 4, .height_px = 4, .pixels = FileBytes(16, 9)}});
  for (std::size_t length = 4; length < whole.size(); ++length) {
    INFO(length);
    const FileBytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    // Only the pixels of the second page can be missing without the first one's knowing.
    if (length >= whole.size() - 16) {
      CHECK(error_of([&] { decode(cut, {.page = 1}); }).code() == ErrorCode::kTruncated);
    } else {
      CHECK(error_of([&] { decode(cut); }).code() == ErrorCode::kTruncated);
    }
  }
  FileBytes circular = make_tiff({{.pixels = {5}}});
  // The link stands behind the last of 10 entries and leads back to the first directory.
  const std::size_t link = 8 + 2 + 12 * static_cast<std::size_t>(circular[8]);
  circular[link] = 8;
  const DecodedImage first = decode(circular);
  CHECK(first.pages == 1);
  CHECK(first.damaged);
}

TEST_CASE("TIFF kinds that are not read are refused by name") {
  const auto refusal = [](TiffPage page) { return error_of([&] { decode(make_tiff({std::move(page)})); }); };
  const Error print = refusal({.samples = 4, .photometric = 5, .pixels = {0, 0, 0, 0}});
  CHECK(print.code() == ErrorCode::kUnsupportedFeature);
  CHECK(std::string(print.what()).find("CMYK") != std::string::npos);
  const Error wide = refusal({.bits = 24, .pixels = {0, 0, 0}});
  CHECK(std::string(wide.what()).find("24 bits") != std::string::npos);
  FileBytes fax = make_tiff({{.pixels = {0}}});
  for (std::size_t entry = 10; entry + 12 < fax.size(); entry += 12) {
    if (fax[entry] == 0x03 && fax[entry + 1] == 0x01) fax[entry + 8] = 4;
  }
  const Error error = error_of([&] { decode(fax); });
  CHECK(error.code() == ErrorCode::kUnsupportedFeature);
  CHECK(std::string(error.what()).find("fax") != std::string::npos);
}

TEST_CASE("a TIFF that states a huge image is refused before memory is taken") {
  FileBytes bomb = make_tiff({{.pixels = {0}}});
  for (std::size_t entry = 10; entry + 12 < bomb.size(); entry += 12) {
    if (bomb[entry + 1] == 0x01 && (bomb[entry] == 0x00 || bomb[entry] == 0x01)) bomb[entry + 8] = bomb[entry + 9] = 0xff;
  }
  CHECK(error_of([&] { decode(bomb); }).code() == ErrorCode::kTooLarge);
}

TEST_CASE("damaged TIFFs end in an Error or a picture, never in a crash") {
  const FileBytes whole = make_tiff({{.width_px = 9, .height_px = 7, .bits = 16, .samples = 3, .photometric = 2, .pixels = FileBytes(9 * 7 * 6, 3)}, {.pixels = {1}}});
  std::mt19937 random(5);
  int refused = 0, read = 0;
  for (int round = 0; round < 1000; ++round) {
    FileBytes damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % 300] = static_cast<std::uint8_t>(random());
    try {
      decode(damaged);
      ++read;
    } catch (const Error& error) {
      CHECK(error.code() != ErrorCode::kInternal);
      ++refused;
    }
  }
  CHECK(refused > 300);
  CHECK(read > 10);
}
