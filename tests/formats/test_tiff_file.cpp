#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "catch.h"
#include "core/decode/decode.h"
#include "core/formats/pages.h"
#include "core/inspect/inspect.h"
#include "check_file.h"
#include "open_bytes.h"
#include "write_pictures.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

FileBytes text(const std::string& s) {
  FileBytes bytes(s.begin(), s.end());
  bytes.push_back(0);
  return bytes;
}

/// Little-endian.
template <typename Value>
void append(FileBytes& bytes, Value value) {
  FileBytes raw(sizeof value);
  std::memcpy(raw.data(), &value, sizeof value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

template <typename Value>
FileBytes number(Value value) {
  FileBytes bytes;
  append(bytes, value);
  return bytes;
}

TiffPage page(int width_px, int height_px, std::uint8_t value, std::vector<TiffEntry> extra = {}) {
  return {.width_px = width_px, .height_px = height_px, .pixels = FileBytes(static_cast<std::size_t>(width_px * height_px), value), .extra = std::move(extra)};
}

std::unique_ptr<ImageFile> open(const FileBytes& bytes) { return open_bytes(bytes); }

int first_sample(ImageFile& file, const PlaneChoice& choice) { return static_cast<int>(file.read(choice).data()[0]); }

}  // namespace

TEST_CASE("a stack that ImageJ wrote behind one directory has all its planes") {
  for (const bool big_endian : {false, true}) {
    // 3 × 2 px of 16 bits; plane k holds 100·k + position.
    FileBytes pixels;
    for (int k = 0; k < 6; ++k) {
      for (int i = 0; i < 6; ++i) {
        const auto value = static_cast<std::uint16_t>(100 * k + i);
        const std::uint8_t low = static_cast<std::uint8_t>(value), high = static_cast<std::uint8_t>(value >> 8);
        pixels.push_back(big_endian ? high : low);
        pixels.push_back(big_endian ? low : high);
      }
    }
    const FileBytes first(pixels.begin(), pixels.begin() + 12), rest(pixels.begin() + 12, pixels.end());
    FileBytes bytes = make_tiff({{.width_px = 3, .height_px = 2, .bits = 16, .pixels = first, .extra = {{270, 2, text("ImageJ=1.53k\nimages=6\nchannels=2\nslices=3\nunit=nm\nspacing=700\n")}, {282, 5, big_endian ? FileBytes{0, 0, 0, 1, 0, 0, 0, 250} : FileBytes{1, 0, 0, 0, 250, 0, 0, 0}}}}}, big_endian);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    CHECK(error_of([&] { decode(bytes); }).code() == ErrorCode::kNeedsReader);
    const auto file = open(bytes);
    REQUIRE(file);
    const Series& series = file->series().front();
    CHECK(series.z == 3);
    CHECK(series.t == 1);
    CHECK(series.channels.size() == 2);
    CHECK(series.x_um == Approx(0.25));
    CHECK(series.z_um == Approx(0.7));
    for (int z = 0; z < 3; ++z) {
      for (int c = 0; c < 2; ++c) {
        const Image image = file->read({.channel = c, .z = z});
        const auto* samples = reinterpret_cast<const std::uint16_t*>(image.data());
        for (int i = 0; i < 6; ++i) CHECK(samples[i] == 100 * (2 * z + c) + i);
      }
    }
    const Image part = file->read({.channel = 1, .z = 2, .region = Box{1, 1, 2, 1}});
    CHECK(reinterpret_cast<const std::uint16_t*>(part.data())[0] == 504);
    CHECK(reinterpret_cast<const std::uint16_t*>(part.data())[1] == 505);
    CHECK(decode_page(*file, {.page = 2, .channel = 1}).image.type() == SampleType::kUint16);
    CHECK_FALSE(file->damaged());

    // Cut off behind the fourth: those that are there are read, and how many were promised is told.
    bytes.resize(bytes.size() - 24);
    const auto cut = open(bytes);
    CHECK(cut->series().front().z == 4);
    CHECK(decode_page(*cut, {}).images_stated == 6);
  }
}

TEST_CASE("a TIFF may be compressed with LERC, and that with Deflate or Zstandard") {
  for (const char* name : {"tif-lerc", "tif-lerc-deflate", "tif-lerc-zstd"}) {
    INFO(name);
    const FileBytes bytes = picture_examples().at(name);
    const Image image = open(bytes)->read({});
    REQUIRE(image.width_px() == 16);
    const auto* samples = reinterpret_cast<const std::uint16_t*>(image.data());
    for (int i = 0; i < 256; ++i) {
      const int x = i % 16, y = i / 16;
      CHECK(samples[i] == (3000 * x + 900 * y + x * y % 7) % 65536);
    }
    for (std::size_t at = 8; at < bytes.size(); at += 5) {
      FileBytes changed = bytes;
      changed[at] ^= 0x55;
      reads_or_refuses(changed);
    }
  }
}

TEST_CASE("a slide of Aperio's has levels, and what lies beside it is no page") {
  const FileBytes bytes = make_tiff({page(64, 48, 1, {{270, 2, text("Aperio Image Library v12\r\n64x48 |AppMag = 40|MPP = 0.2465|Filename = 77")}, {322, 3, number<std::uint16_t>(64)}, {323, 3, number<std::uint16_t>(48)}, {324, 4, number<std::uint32_t>(0)}, {325, 4, number<std::uint32_t>(64 * 48)}}),
                                     page(16, 12, 2), page(16, 12, 3, {{322, 3, number<std::uint16_t>(16)}}), page(20, 30, 4, {{254, 4, number<std::uint32_t>(1)}}), page(40, 12, 5, {{254, 4, number<std::uint32_t>(9)}})});
  CHECK(error_of([&] { decode(bytes); }).code() == ErrorCode::kNeedsReader);
  const auto file = open(bytes);
  REQUIRE(file->series().size() == 1);
  const Series& series = file->series().front();
  REQUIRE(series.levels.size() == 2);
  CHECK(series.levels[1].width_px == 16);
  CHECK(series.x_um == 0.2465);
  CHECK(page_count(*file) == 1);
  const FileContent content = inspect(*file);
  for (const std::string name : {"Thumbnail", "Label", "Overview"}) {
    const auto found = std::find_if(content.tags.begin(), content.tags.end(), [&](const Tag& tag) { return tag.name == name; });
    REQUIRE(found != content.tags.end());
    CHECK(found->mark == Mark::kText);
  }
}

TEST_CASE("OME-XML of several images gives a series each, with names and sizes") {
  const std::string xml = R"(<OME><Image Name="day 1"><Pixels DimensionOrder="XYZCT" SizeC="2" SizeZ="1" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeZ="2"><Channel Name="Brightfield"/><Channel Name="DAPI" EmissionWavelength="461"/><TiffData IFD="1"/><TiffData IFD="0" FirstC="1"/></Pixels></Image>)"
                          R"(<Image Name="day 2"><Pixels DimensionOrder="XYZCT" SizeC="1" SizeZ="2" SizeT="1" PhysicalSizeX="3000" PhysicalSizeXUnit="Å"><Channel/><TiffData IFD="2" PlaneCount="2"/></Pixels></Image></OME>)";
  const FileBytes bytes = make_tiff({page(4, 3, 10, {{270, 2, text(xml)}}), page(4, 3, 11), page(6, 5, 12), page(6, 5, 13)});
  CHECK(error_of([&] { decode(bytes); }).code() == ErrorCode::kNeedsReader);
  const auto file = open(bytes);
  REQUIRE(file->series().size() == 2);
  const Series &one = file->series()[0], &two = file->series()[1];
  CHECK(one.name == "day 1");
  CHECK(one.channels[0].name == "Brightfield");
  CHECK(one.channels[1].wavelength_nm == 461);
  CHECK(one.x_um == 0.5);
  CHECK(one.z_um == 2);
  CHECK(two.name == "day 2");
  CHECK(two.x_um == Approx(0.3));
  CHECK(two.z == 2);
  CHECK(two.levels[0].width_px == 6);
  CHECK(first_sample(*file, {.channel = 0}) == 11);
  CHECK(first_sample(*file, {.channel = 1}) == 10);
  CHECK(first_sample(*file, {.series = 1, .z = 1}) == 13);
  CHECK(decode_page(*file, {.page = 2}).image.width_px() == 6);
}

TEST_CASE("OME-XML says which directory is which plane, and ImageJ's lines do") {
  const auto numbered = [](int count, const std::string& said) {
    std::vector<TiffPage> pages;
    for (int i = 0; i < count; ++i) pages.push_back(page(1, 1, static_cast<std::uint8_t>(i)));
    pages[0].extra = {{270, 2, text(said)}};
    return make_tiff(pages);
  };
  const std::string head = R"(<OME><Image><Pixels DimensionOrder=")", sizes = R"(" SizeC="2" SizeZ="3" SizeT="1" PhysicalSizeX="325" PhysicalSizeXUnit="nm">)";
  const FileBytes channels_first = numbered(6, head + "XYCZT" + sizes + "<TiffData/></Pixels></Image></OME>");
  const auto by_channel = open(channels_first);
  CHECK(by_channel->series().size() == 1);
  CHECK(by_channel->series()[0].z == 3);
  CHECK(by_channel->series()[0].x_um == Approx(0.325));
  CHECK(first_sample(*by_channel, {.channel = 0, .z = 2}) == 4);
  CHECK(first_sample(*by_channel, {.channel = 1, .z = 2}) == 5);
  const FileBytes z_first = numbered(6, head + "XYZCT" + sizes + "</Pixels></Image></OME>");
  CHECK(first_sample(*open(z_first), {.channel = 1, .z = 2}) == 5);
  CHECK(first_sample(*open(z_first), {.channel = 0, .z = 2}) == 2);
  // Each plane where TiffData says.
  std::string planes;
  for (int i = 0; i < 6; ++i) planes += "<TiffData IFD=\"" + std::to_string(5 - i) + "\" FirstZ=\"" + std::to_string(i % 3) + "\" FirstC='" + std::to_string(i / 3) + "' PlaneCount=\"1\"/>";
  const FileBytes told = numbered(6, head + "XYZCT" + sizes + planes + "</Pixels></Image></OME>");
  CHECK(first_sample(*open(told), {.channel = 1, .z = 1}) == 1);
  // What contradicts the file says nothing of planes.
  const FileBytes short_of_one = numbered(5, head + "XYZCT" + sizes + "</Pixels></Image></OME>");
  CHECK(open(short_of_one)->series()[0].z == 5);
  for (const std::string& nonsense : {std::string("<OME"), std::string("<OME><Image><Pixels"), std::string("<OME><Image><Pixels SizeC=\"9999999999\" SizeZ=\"-1\" DimensionOrder=\"XYCZT\"></Image>"),
                                      std::string("<OME><Image><Pixels DimensionOrder=\"XYCCC\">"), "<OME><Image>" + std::string(1'000'000, '<'), std::string("ImageJ=\nchannels=x\nframes=0\n")}) {
    CHECK(open(numbered(4, nonsense))->series()[0].z == 4);
  }
  const FileBytes hyperstack = numbered(6, "ImageJ=1.53t\nimages=6\nchannels=2\nslices=3\nhyperstack=true\nunit=micron\n");
  CHECK(open(hyperstack)->series()[0].channels.size() == 2);
  CHECK(first_sample(*open(hyperstack), {.channel = 1, .z = 1}) == 3);
  CHECK(decode_page(*open(numbered(2, "ImageJ=1.53k\nimages=6\nslices=6\n")), {}).images_stated == 6);
}

TEST_CASE("LSM and MetaMorph stacks have their planes and sizes") {
  FileBytes info;
  append<std::uint32_t>(info, 0x00400494);
  for (const std::int32_t value : {200, 4, 3, 2, 2, 2, 1, 0, 0}) append(info, value);  // size, x, y, z 2, channels 2, t 2, type, thumbnail
  for (const double metres : {2e-7, 3e-7, 1e-6}) append(info, metres);
  std::vector<TiffPage> pages;
  for (int i = 0; i < 4; ++i) {
    pages.push_back({.width_px = 4, .height_px = 3, .samples = 2, .pixels = FileBytes(24, static_cast<std::uint8_t>(i))});
    pages.push_back(page(2, 2, 99, {{254, 4, number<std::uint32_t>(1)}}));
  }
  pages[0].extra = {{34412, 1, info}};
  const FileBytes lsm = make_tiff(pages);
  CHECK(error_of([&] { decode(lsm); }).code() == ErrorCode::kNeedsReader);
  const auto stack = open(lsm);
  const Series& series = stack->series().front();
  CHECK(series.z == 2);
  CHECK(series.t == 2);
  CHECK(series.channels.size() == 2);
  CHECK(series.x_um == Approx(0.2));
  CHECK(series.y_um == Approx(0.3));
  CHECK(series.z_um == Approx(1));
  CHECK(first_sample(*stack, {.channel = 1, .z = 1, .t = 1}) == 3);

  // Three planes: UIC2 has three entries, and the pixels of the further ones lie behind the first.
  FileBytes metamorph = make_tiff({page(4, 3, 0, {{33629, 5, FileBytes(72)}, {33628, 4, FileBytes(4)}})});
  metamorph.insert(metamorph.end(), 12, 1);
  metamorph.insert(metamorph.end(), 12, 2);
  // UIC2's count is one of planes, each of six numbers.
  const FileBytes tag{0x5d, 0x83};
  const auto at = std::search(metamorph.begin(), metamorph.end(), tag.begin(), tag.end());
  REQUIRE(at != metamorph.end());
  at[4] = 3;
  const auto stk = open(metamorph);
  CHECK(stk->series().front().z == 3);
  CHECK(first_sample(*stk, {.z = 2}) == 2);
}

TEST_CASE("pages of different sizes are series of their own, and reduced ones of a single page its levels") {
  const FileBytes mixed = make_tiff({page(4, 3, 1), page(4, 3, 2), page(5, 5, 3), page(4, 3, 4)});
  const auto file = open(mixed);
  REQUIRE(file->series().size() == 3);
  CHECK(file->series()[0].z == 2);
  CHECK(first_sample(*file, {.series = 2}) == 4);
  CHECK(page_count(*file) == 4);

  const FileBytes pyramid = make_tiff({page(40, 30, 1), page(20, 15, 2, {{254, 4, number<std::uint32_t>(1)}}), page(10, 8, 3, {{254, 4, number<std::uint32_t>(1)}}), page(9, 30, 4, {{254, 4, number<std::uint32_t>(1)}})});
  const auto levels = open(pyramid);
  REQUIRE(levels->series().size() == 1);
  CHECK(levels->series()[0].levels.size() == 3);
  CHECK(first_sample(*levels, {.level = 2, .region = Box{9, 7, 1, 1}}) == 3);

  const FileBytes thumbnails = make_tiff({page(40, 30, 1), page(20, 15, 2, {{254, 4, number<std::uint32_t>(1)}}), page(40, 30, 3)});
  const auto pages = open(thumbnails);
  CHECK(pages->series()[0].levels.size() == 1);
  CHECK(page_count(*pages) == 2);
}

TEST_CASE("a part of a turned TIFF is the part of what a person sees") {
  FileBytes pixels(12);
  for (std::size_t i = 0; i < 12; ++i) pixels[i] = static_cast<std::uint8_t>(i);
  for (std::uint16_t orientation = 1; orientation <= 8; ++orientation) {
    const FileBytes bytes = make_tiff({{.width_px = 4, .height_px = 3, .pixels = pixels, .extra = {{274, 3, number(orientation)}}}});
    const auto file = open(bytes);
    const Image whole = decode(bytes).image;
    CHECK(file->series()[0].levels[0].width_px == whole.width_px());
    const Image part = file->read({.region = Box{1, 1, 2, 1}});
    CHECK(std::memcmp(part.data(), whole.view().crop({1, 1, 2, 1}).row(0), 2) == 0);
  }
}

TEST_CASE("a broken TIFF is refused by one sentence wherever it ends") {
  const FileBytes bytes = make_tiff({page(16, 12, 1, {{270, 2, text("ImageJ=1\nimages=3\n")}})});
  int refused = 0;
  for (std::size_t length = 6; length < bytes.size(); length += 3) {
    const FileBytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    try {
      const auto file = open(cut);
      if (file) file->read({});
    } catch (const Error& error) {
      CHECK((error.code() == ErrorCode::kTruncated || error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupportedFeature));
      ++refused;
    }
  }
  CHECK(refused > 50);
}
