#include <algorithm>
#include <cstring>

#include "check_file.h"
#include "core/formats/pages.h"
#include "write_bytes.h"
#include "write_lif.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

int count_of(const LifWrittenImage& image, int id) {
  for (const LifWrittenAxis& axis : image.axes) {
    if (axis.id == id) return axis.count;
  }
  return 1;
}

std::size_t step_of(const LifWrittenImage& image, int id) {
  for (const LifWrittenAxis& axis : image.axes) {
    if (axis.id == id) return static_cast<std::size_t>(axis.bytes);
  }
  return 0;
}

/// What a plane has to be, from what was written. `step`: of whichever of spectrum and tiles the image has.
FileBytes expected(const LifWrittenImage& image, int channel, int z, int t, int rotation, int spectrum, int tile) {
  const std::size_t bytes = image.bits > 16 ? 4 : image.bits > 8 ? 2 : 1;
  const bool colours = image.tags.size() == 3;
  const bool has_y = count_of(image, 2) > 1;
  const int down = has_y ? 2 : 3;
  FileBytes plane;
  for (int y = 0; y < count_of(image, down); ++y) {
    for (int x = 0; x < count_of(image, 1); ++x) {
      for (int s = 0; s < (colours ? 3 : 1); ++s) {
        const auto stored = colours ? static_cast<std::size_t>(std::find(image.tags.begin(), image.tags.end(), s + 1) - image.tags.begin()) : static_cast<std::size_t>(channel);
        const std::size_t at = static_cast<std::size_t>(x) * step_of(image, 1) + static_cast<std::size_t>(y) * step_of(image, down) + stored * step_of(image, 0) + (has_y ? static_cast<std::size_t>(z) * step_of(image, 3) : 0) +
                               static_cast<std::size_t>(t) * step_of(image, 4) + static_cast<std::size_t>(rotation) * step_of(image, 6) + static_cast<std::size_t>(spectrum) * step_of(image, 5) + static_cast<std::size_t>(tile) * step_of(image, 10);
        plane.insert(plane.end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(at), image.pixels.begin() + static_cast<std::ptrdiff_t>(at + bytes));
      }
    }
  }
  return plane;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != text.npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("every plane of every kind of LIF is what was stored") {
  for (const auto& [name, written] : lif_examples()) {
    INFO(name);
    const FileBytes bytes = make_lif(written.images, written.version);
    const auto file = open_bytes(bytes);
    REQUIRE(file);
    CHECK(file->format() == FileFormat::kLif);
    std::size_t s = 0;
    for (const LifWrittenImage& image : written.images) {
      const int tiles = count_of(image, 10), spectrum = count_of(image, 5), rotations = count_of(image, 6);
      for (int tile = 0; tile < tiles; ++tile, ++s) {
        REQUIRE(s < file->series().size());
        const Series& series = file->series()[s];
        const bool has_y = count_of(image, 2) > 1;
        CHECK(series.levels[0].width_px == count_of(image, 1));
        CHECK(series.levels[0].height_px == count_of(image, has_y ? 2 : 3));
        CHECK(series.samples == (image.tags.size() == 3 ? 3 : 1));
        CHECK(series.bits == image.bits);
        CHECK(series.z == (has_y ? count_of(image, 3) : 1));
        CHECK(series.t == count_of(image, 4) * rotations);
        CHECK(series.x_um == Approx(0.25));
        CHECK(series.y_um == Approx(has_y ? 0.25 : 0.5));
        if (series.z > 1) CHECK(series.z_um == Approx(0.5));
        REQUIRE(series.channels.size() == static_cast<std::size_t>(spectrum) * (image.tags.size() == 3 ? 1 : image.tags.size()));
        for (int c = 0; c < static_cast<int>(series.channels.size()); ++c) {
          for (int t = 0; t < series.t; ++t) {
            for (int z = 0; z < series.z; ++z) {
              INFO("series " << s << " channel " << c << " t " << t << " z " << z);
              const Image read = file->read({.series = static_cast<int>(s), .channel = c, .z = z, .t = t});
              CHECK(bytes_of(read) == expected(image, c / spectrum, z, t / rotations, t % rotations, c % spectrum, tile));
            }
          }
        }
      }
    }
    CHECK(s == file->series().size());
  }
}

TEST_CASE("images, tiles and channels of a LIF have names") {
  const auto examples = lif_examples();
  const FileBytes several = make_lif(examples.at("several").images), tiles = make_lif(examples.at("tiles").images), channels = make_lif(examples.at("channels").images), spectrum = make_lif(examples.at("spectrum").images);
  CHECK(open_bytes(several)->series()[0].name == "Image");
  CHECK(open_bytes(several)->series()[1].name == "Slide/Region/Second");
  CHECK(open_bytes(tiles)->series()[2].name == "Image tile 3");
  CHECK(open_bytes(channels)->series()[0].channels[0].name == "Gray");
  CHECK(open_bytes(channels)->series()[0].channels[1].name == "Alexa & 488");
  CHECK(open_bytes(spectrum)->series()[0].channels[2].name == "Gray step 3");
  const FileContent content = inspect(*open_bytes(tiles));
  REQUIRE(content.notes.size() == 1);
  CHECK(content.notes[0].find("not joined") != std::string::npos);
}

TEST_CASE("tiles of a LIF are joined by where the stage was, as the file says they are turned; others stay apart") {
  const LifWritten written = lif_examples().at("tiles");
  const LifWrittenImage& image = written.images[0];
  // Tiles of 5 × 4 px of 0.25 µm: the second 3 px to the right of the first and over it, the third 6 px below.
  const std::string tiles = R"(<Tile FieldX="0" FieldY="0" PosX="0.001" PosY="0.002"/><Tile FieldX="1" FieldY="0" PosX="0.00100075" PosY="0.002"/><Tile FieldX="0" FieldY="1" PosX="0.001" PosY="0.0020015"/>)";
  const auto with = [&](const std::string& turns, const std::string& places) {
    return open_bytes(make_lif(written.images, written.version, replaced(lif_xml(written.images, written.version), "<TimeStampList>", "<Attachment Name=\"TileScanInfo\" " + turns + ">" + places + "</Attachment><TimeStampList>")));
  };
  const auto sample = [&](int tile, int x, int y, int z) { return expected(image, 0, z, 0, 0, 0, tile)[static_cast<std::size_t>(5 * y + x)]; };
  const auto file = with(R"(FlipX="0" FlipY="0" SwapXY="0")", tiles);
  REQUIRE(file->series().size() == 1);
  CHECK(file->series()[0].name == "Image");
  CHECK(file->series()[0].levels[0].width_px == 8);
  CHECK(file->series()[0].levels[0].height_px == 10);
  for (int z = 0; z < 3; ++z) {
    const FileBytes plane = bytes_of(file->read({.z = z}));
    for (int y = 0; y < 10; ++y) {
      for (int x = 0; x < 8; ++x) {
        const int wanted = y < 4 ? (x >= 3 ? sample(1, x - 3, y, z) : sample(0, x, y, z)) : y >= 6 && x < 5 ? sample(2, x, y - 6, z) : 0;
        CHECK(plane[static_cast<std::size_t>(8 * y + x)] == wanted);
      }
    }
  }
  const FileBytes part = bytes_of(file->read({.region = Box{2, 3, 3, 4}}));
  CHECK(part[0] == sample(0, 2, 3, 0));
  CHECK(part[1] == sample(1, 0, 3, 0));
  CHECK(part[9] == sample(2, 2, 0, 0));
  const FileContent content = inspect(*file);
  CHECK(std::any_of(content.notes.begin(), content.notes.end(), [](const std::string& note) { return note.find("joined by where the stage was") != note.npos; }));

  const auto turned = with(R"(FlipX="1" FlipY="0" SwapXY="0")", tiles);
  CHECK(bytes_of(turned->read({}))[0] == sample(1, 0, 0, 0));
  const auto swapped = with(R"(FlipX="0" FlipY="0" SwapXY="1")", tiles);
  CHECK(swapped->series()[0].levels[0].width_px == 11);
  CHECK(swapped->series()[0].levels[0].height_px == 7);

  const std::string two = tiles.substr(0, tiles.rfind("<Tile"));
  CHECK(with("", two)->series().size() == 3);
  CHECK(with("", tiles + two)->series().size() == 3);
  CHECK(with("", replaced(tiles, "0.00100075", "nan"))->series().size() == 3);
  CHECK(with("", replaced(tiles, "0.00100075", "900"))->series().size() == 3);
  CHECK(with("", replaced(tiles, "PosX=\"0.00100075\"", ""))->series().size() == 3);
}

TEST_CASE("a region of a LIF is that part of its plane") {
  const LifWrittenAxis x{1, 40}, y{2, 31}, three{0, 3};
  for (const std::vector<LifWrittenAxis>& axes : {std::vector<LifWrittenAxis>{three, x, y}, {x, y, three}, {x, three, y}, {y, x, three}, {three, y, x}}) {
    for (const std::vector<int>& tags : {std::vector<int>{3, 2, 1}, {0, 0, 0}}) {
      const FileBytes bytes = make_lif({lif_image({.axes = axes, .tags = tags, .bits = 16})});
      const auto file = open_bytes(bytes);
      const int channel = tags[0] == 0 ? 2 : 0;
      const Image whole = file->read({.channel = channel});
      for (const Box& box : {Box{0, 0, 1, 1}, Box{39, 30, 1, 1}, Box{7, 5, 20, 11}, Box{0, 29, 40, 2}}) {
        const Image part = file->read({.channel = channel, .region = box});
        const ImageView cut = whole.view().crop(box);
        for (int row = 0; row < box.height_px; ++row) CHECK(std::memcmp(part.view().row(row), cut.row(row), part.row_stride_bytes()) == 0);
      }
    }
  }
}

TEST_CASE("a LIF tells what it says of people, times and devices") {
  const FileBytes bytes = make_lif(lif_examples().at("several").images);
  std::string all;
  for (const Tag& tag : inspect(*open_bytes(bytes)).tags) all += tag.name + "=" + tag.value + " [" + std::string(to_string(tag.mark)) + "]\n";
  INFO(all);
  for (const char* line : {"Project=Project [text]", "Image or folder=Slide [text]", "Path=C:\\Users\\jdoe\\a.lif [text]", "csUserName=jdoe [person]", "SystemSerialNumber=8100001234 [device]", "MicroscopeModel=DMI6000 []",
                           "ObjectiveName=HC PL APO 63x []", "Software=LAS X 3.5 []", "TextDescription=cells of Jane's mouse [text]", "[time]"}) {
    INFO(line);
    CHECK(all.find(line) != all.npos);
  }
}

TEST_CASE("Leica's other formats are refused by name, and an image that is not read leaves the others") {
  const auto refused = [](const FileBytes& bytes) { return std::string(error_of([&] { open_bytes(bytes); }).what()); };
  FileBytes lof = make_lif({}, 2, "LMS_Object_File"), extended = make_lif({}, 2, "<LMSDataContainerEnhancedHeader Version=\"2\"/>");
  CHECK(refused(lof).find("LOF") != std::string::npos);
  CHECK(refused(extended).find("LIFEXT") != std::string::npos);
  const std::string xml = R"(<?xml version="1.0" encoding="utf-8"?><LMSDataContainerHeader Version="2"><Element Name="a"/></LMSDataContainerHeader>)";
  FileBytes plain, wide{0xff, 0xfe};
  put_text(plain, xml);
  put_utf16(wide, xml);
  CHECK(refused(plain).find("XLEF") != std::string::npos);
  CHECK(refused(wide).find("XLEF") != std::string::npos);

  auto images = lif_examples().at("several").images;
  const std::string two = replaced(lif_xml(images, 2), "Resolution=\"8\"", "Resolution=\"64\"");
  const FileBytes one_left = make_lif(images, 2, two);
  const auto file = open_bytes(one_left);
  CHECK(file->series().size() == 1);
  CHECK(inspect(*file).notes.size() == 1);
  images.pop_back();
  const FileBytes none = make_lif(images, 2, replaced(lif_xml(images, 2), "Resolution=\"8\"", "Resolution=\"64\""));
  CHECK(error_of([&] { open_bytes(none); }).code() == ErrorCode::kUnsupportedFeature);
  const FileBytes third = make_lif(images, 2, replaced(lif_xml(images, 2), "Version=\"2\"", "Version=\"3\""));
  CHECK(error_of([&] { open_bytes(third); }).code() == ErrorCode::kUnsupportedFeature);
}

TEST_CASE("of a LIF whose recording was stopped the planes that are there are read") {
  auto images = lif_examples().at("channels").images;
  const LifWrittenImage whole = images[0];
  images[0].pixels.resize(whole.pixels.size() / 2);
  const FileBytes bytes = make_lif(images);
  const auto file = open_bytes(bytes);
  CHECK(bytes_of(file->read({.channel = 1, .z = 2, .t = 0})) == expected(whole, 1, 2, 0, 0, 0, 0));
  CHECK(error_of([&] { file->read({.channel = 0, .z = 0, .t = 1}); }).code() == ErrorCode::kCorrupt);
}

TEST_CASE("a LIF that is cut off is refused wherever that is") {
  const auto examples = lif_examples();
  for (const char* name : {"several", "version_1", "rgb"}) cut_everywhere(make_lif(examples.at(name).images, examples.at(name).version));
}

TEST_CASE("a LIF that lies about lengths and numbers is refused, or read within its bounds") {
  const auto images = lif_examples().at("channels").images;
  const std::string xml = lif_xml(images, 2);
  const auto code_of = [&](const std::string& changed) {
    const FileBytes bytes = make_lif(images, 2, changed);
    try {
      const auto file = open_bytes(bytes);
      const Series& series = file->series().front();
      file->read({.channel = static_cast<int>(series.channels.size()) - 1, .z = series.z - 1, .t = series.t - 1, .region = Box{0, 0, 1, 1}});
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  CHECK(code_of(xml) == ErrorCode::kInternal);
  for (const char* number : {"0", "-1", "4294967295", "18446744073709551615", "99999999999999999999999", "1000000", "a"}) {
    INFO(number);
    CHECK(code_of(replaced(xml, "NumberOfElements=\"5\"", std::string("NumberOfElements=\"") + number + "\"")) == ErrorCode::kCorrupt);
    CHECK(code_of(replaced(xml, "NumberOfElements=\"3\"", std::string("NumberOfElements=\"") + number + "\"")) == ErrorCode::kCorrupt);
  }
  for (const char* bytes : {"9223372036854775807", "18446744073709551615", "100000", "0"}) {
    INFO(bytes);
    CHECK(code_of(replaced(xml, "BytesInc=\"5\"", std::string("BytesInc=\"") + bytes + "\"")) == ErrorCode::kCorrupt);
  }
  CHECK(code_of(replaced(xml, "BytesInc=\"20\"", "BytesInc=\"18446744073709551615\"")) == ErrorCode::kCorrupt);
  // Millions of tiles and of steps that are only stated.
  CHECK(code_of(replaced(xml, "DimID=\"4\" NumberOfElements=\"2\"", "DimID=\"10\" NumberOfElements=\"9000000\"")) == ErrorCode::kTooLarge);
  CHECK(code_of(replaced(xml, "DimID=\"4\" NumberOfElements=\"2\"", "DimID=\"5\" NumberOfElements=\"9000000\"")) == ErrorCode::kCorrupt);
  CHECK(code_of(replaced(xml, "MemBlock_1", "MemBlock_9")) == ErrorCode::kTruncated);
  // XML that is nested without end, or not at all.
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "<Children><Element>";
  CHECK(code_of(deep) == ErrorCode::kCorrupt);
  CHECK(code_of("<LMSDataContainerHeader Version=\"2\"></Element>") == ErrorCode::kCorrupt);
  CHECK(code_of("no XML") == ErrorCode::kCorrupt);
  // Lengths of the parts themselves.
  const FileBytes whole = make_lif(images);
  const std::size_t id_at = whole.size() - images[0].pixels.size() - 20;
  for (const std::size_t at : {std::size_t{9}, id_at - 4, id_at - 5, id_at - 24}) {
    FileBytes lying = whole;
    std::memset(lying.data() + at, 0xff, 4);
    CHECK_FALSE(reads_or_refuses(lying));
  }
}
