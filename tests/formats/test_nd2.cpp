#include <algorithm>
#include <cstring>

#include "check_file.h"
#include "core/formats/nd2_value.h"
#include "core/formats/pages.h"
#include "write_bytes.h"
#include "write_nd2.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

/// What a plane has to be, from what was written.
FileBytes expected(const Nd2Written& file, int frame, int channel) {
  const FileBytes pixels = nd2_frame(file, frame);
  const auto sample = static_cast<std::size_t>(file.bits / 8), all = static_cast<std::size_t>(file.components) * sample;
  const std::size_t samples = file.components == 3 * file.planes ? 3 : 1;
  FileBytes plane;
  for (std::size_t at = 0; at < pixels.size(); at += all) {
    for (std::size_t s = 0; s < samples; ++s) {
      // Colours are stored blue first.
      const auto from = static_cast<std::ptrdiff_t>(at + (static_cast<std::size_t>(channel) * samples + samples - 1 - s) * sample);
      plane.insert(plane.end(), pixels.begin() + from, pixels.begin() + from + static_cast<std::ptrdiff_t>(sample));
    }
  }
  return plane;
}

void replace(FileBytes& bytes, const FileBytes& what, const FileBytes& with) {
  const auto at = std::search(bytes.begin(), bytes.end(), what.begin(), what.end());
  REQUIRE(at != bytes.end());
  std::copy(with.begin(), with.end(), at);
}

/// A number of the file's attributes as it stands there.
FileBytes lv_number(const std::string& name, std::uint32_t value) { return nd2_lv({.name = name, .type = 3, .number = static_cast<double>(value)}); }

std::string list_of(const ImageFile& file) {
  TagList tags;
  file.list_tags(tags);
  std::string all;
  const FileContent content = tags.take();
  for (const Tag& tag : content.tags) all += tag.name + "=" + tag.value + " [" + std::string(to_string(tag.mark)) + "]\n";
  for (const std::string& note : content.notes) all += note + "\n";
  return all;
}

}  // namespace

TEST_CASE("every plane of every kind of ND2 is what was stored") {
  for (const auto& [name, written] : nd2_examples()) {
    INFO(name);
    const FileBytes bytes = make_nd2(written);
    const auto file = open_bytes(bytes);
    REQUIRE(file);
    CHECK(file->format() == FileFormat::kNd2);
    int strides[3] = {0, 0, 0}, step = 1;  // of t, positions, z
    for (auto loop = written.loops.rbegin(); loop != written.loops.rend(); ++loop) {
      const auto valid = std::count(loop->valid.begin(), loop->valid.end(), 1);
      const int count = loop->type == 6 ? 1 : loop->valid.empty() ? loop->count : static_cast<int>(valid);
      if (loop->type != 6) strides[loop->type == 2 ? 1 : loop->type == 4 ? 2 : 0] = step;
      step *= count;
    }
    if (written.loops.empty()) strides[0] = 1;
    for (std::size_t s = 0; s < file->series().size(); ++s) {
      const Series& series = file->series()[s];
      CHECK(series.levels.size() == 1);
      CHECK(series.levels[0].width_px == written.width_px);
      CHECK(series.levels[0].height_px == written.height_px);
      CHECK(series.samples == (written.components == 3 * written.planes ? 3 : 1));
      CHECK(series.bits == (written.significant_bits ? written.significant_bits : written.bits));
      CHECK(series.x_um == written.pixel_um);
      CHECK(series.y_um == written.pixel_um);
      REQUIRE(series.channels.size() == static_cast<std::size_t>(written.planes));
      for (std::size_t c = 0; c < series.channels.size(); ++c) {
        CHECK(series.channels[c].name == "Channel " + std::to_string(c + 1));
        CHECK(series.channels[c].wavelength_nm == (series.samples == 3 ? 0 : 450 + 50 * static_cast<int>(c)));
        for (int t = 0; t < series.t; ++t) {
          for (int z = 0; z < series.z; ++z) {
            const int frame = t * strides[0] + static_cast<int>(s) * strides[1] + z * strides[2];
            INFO("series " << s << " channel " << c << " t " << t << " z " << z << " frame " << frame);
            const bool is_missing = std::count(written.missing.begin(), written.missing.end(), frame) > 0;
            FileBytes stored = expected(written, frame, static_cast<int>(c));
            if (is_missing) std::fill(stored.begin(), stored.end(), std::uint8_t{0});
            CHECK(bytes_of(file->read({.series = static_cast<int>(s), .channel = static_cast<int>(c), .z = z, .t = t})) == stored);
          }
        }
      }
    }
  }
}

TEST_CASE("ND2 loops become series, times and planes in depth") {
  const auto examples = nd2_examples();
  const auto sizes = [&](const std::string& name) {
    const FileBytes bytes = make_nd2(examples.at(name));
    const auto file = open_bytes(bytes);
    const Series& first = file->series().front();
    return std::vector<int>{static_cast<int>(file->series().size()), first.t, first.z, page_count(*file)};
  };
  CHECK(sizes("loops") == std::vector<int>{3, 2, 3, 18});
  CHECK(sizes("z_outside") == std::vector<int>{3, 2, 3, 18});
  CHECK(sizes("spectrum_within") == std::vector<int>{1, 2, 3, 6});
  CHECK(sizes("some_positions") == std::vector<int>{2, 1, 1, 2});
  CHECK(sizes("periods") == std::vector<int>{1, 5, 3, 15});
  CHECK(sizes("custom") == std::vector<int>{1, 4, 1, 4});
  CHECK(sizes("no_experiment") == std::vector<int>{1, 4, 1, 4});
  CHECK(sizes("beyond") == std::vector<int>{1, 1, 3, 3});
  CHECK(sizes("xml") == std::vector<int>{3, 2, 3, 18});
  CHECK(sizes("xml_periods") == std::vector<int>{1, 4, 1, 4});
  for (const char* name : {"loops", "xml"}) {
    const FileBytes bytes = make_nd2(examples.at(name));
    const auto file = open_bytes(bytes);
    CHECK(file->series()[0].name == "A01");
    CHECK(file->series()[2].name == "C03");
    CHECK(file->series()[0].z_um == 0.5);
  }
  const FileBytes bytes = make_nd2(examples.at("some_positions"));
  CHECK(open_bytes(bytes)->series()[1].name == "C03");
}

TEST_CASE("a region of an ND2 is that part of its plane") {
  for (const bool deflated : {false, true}) {
    const Nd2Written written{.width_px = 40, .height_px = 31, .components = 3, .planes = 3, .row_padding_bytes = 6, .deflated = deflated};
    const FileBytes bytes = make_nd2(written);
    const auto file = open_bytes(bytes);
    const Image whole = file->read({.channel = 1});
    for (const Box& box : {Box{0, 0, 1, 1}, Box{39, 30, 1, 1}, Box{7, 5, 20, 11}, Box{0, 29, 40, 2}}) {
      const Image part = file->read({.channel = 1, .region = box});
      const ImageView cut = whole.view().crop(box);
      for (int y = 0; y < box.height_px; ++y) CHECK(std::memcmp(part.view().row(y), cut.row(y), part.row_stride_bytes()) == 0);
    }
  }
}

TEST_CASE("an ND2 tells what it says of people, times and devices, and what is missing") {
  const auto examples = nd2_examples();
  for (const char* name : {"loops", "xml"}) {
    const FileBytes bytes = make_nd2(examples.at(name));
    const std::string all = list_of(*open_bytes(bytes));
    INFO(all);
    for (const char* line : {"Author=Jane Doe [person]", "Description=Cells of a mouse [text]", "Location=Basel [place]", "Date=9/28/2021  10:26:09 AM [time]", "Software=NIS-Elements AR 5.21 []",
                             "Time=2021-09-28 14:26:10 UTC [time]", "Objective=Plan Apo 20x []", "Camera's own name=DS-Fi3_SN_116955 [device]", "Position=A01 [text]", "User's description=Jane's experiment [text]",
                             "Software version=5.21.03 []", "CustomData|AcqTimesCache=144 bytes, not read [text]"}) {
      CHECK(all.find(line) != all.npos);
    }
  }
  const FileBytes missing = make_nd2(examples.at("missing")), beyond = make_nd2(examples.at("beyond"));
  CHECK(list_of(*open_bytes(missing)).find("Of 3 frames 1 are missing") != std::string::npos);
  CHECK(list_of(*open_bytes(beyond)).find("2 frames beyond those") != std::string::npos);
}

TEST_CASE("pixels of an ND2 begin behind their chunk's name, however long it is") {
  const Nd2Written written{.name_bytes = 50};
  const FileBytes bytes = make_nd2(written);
  CHECK(bytes_of(open_bytes(bytes)->read({})) == expected(written, 0, 0));
}

TEST_CASE("ND2 of the first version and of compression with losses is refused by name") {
  FileBytes old{0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10};
  old.resize(100);
  put_text(old, "LABORATORY IMAGING ND BOX MAP 00");
  old.resize(old.size() + 8);
  const Error error = error_of([&] { open_bytes(old); });
  CHECK(error.code() == ErrorCode::kUnsupportedFeature);
  CHECK(std::string(error.what()).find("first version") != std::string::npos);
  // Other JPEG 2000 is not Nikon's.
  old.resize(100);
  CHECK(std::string(error_of([&] { open_bytes(old); }).what()).find("ND2") == std::string::npos);

  FileBytes lossy = make_nd2({});
  replace(lossy, nd2_lv({.name = "eCompression", .type = 2, .number = 2}), nd2_lv({.name = "eCompression", .type = 2, .number = 1}));
  CHECK(error_of([&] { open_bytes(lossy); }).code() == ErrorCode::kUnsupportedFeature);
  FileBytes odd = make_nd2({});
  replace(odd, lv_number("uiBpcInMemory", 16), lv_number("uiBpcInMemory", 24));
  CHECK(error_of([&] { open_bytes(odd); }).code() == ErrorCode::kUnsupportedFeature);
}

TEST_CASE("an ND2 that is cut off is refused wherever that is") {
  const auto examples = nd2_examples();
  for (const char* name : {"deflated", "channels", "xml"}) cut_everywhere(make_nd2(examples.at(name)));
}

TEST_CASE("an ND2 that lies about lengths and numbers is refused, or read within its bounds") {
  const auto code_of = [](FileBytes bytes, const FileBytes& what, const FileBytes& with) {
    replace(bytes, what, with);
    try {
      const auto file = open_bytes(bytes);
      file->read({.region = Box{0, 0, 1, 1}});
    } catch (const Error& error) {
      return std::string(to_string(error.code()));
    }
    return std::string("read");
  };
  const FileBytes plain = make_nd2({});
  const std::string corrupt(to_string(ErrorCode::kCorrupt));
  for (const std::uint32_t many : {0x7fffffffu, 0xffffffffu, 1'000'000u, 0u}) {
    INFO(many);
    CHECK(code_of(plain, lv_number("uiWidth", 5), lv_number("uiWidth", many)) == corrupt);
    CHECK(code_of(plain, lv_number("uiHeight", 4), lv_number("uiHeight", many)) == corrupt);
    CHECK(code_of(plain, lv_number("uiComp", 1), lv_number("uiComp", many)) == corrupt);
    if (many > 0) CHECK(code_of(plain, lv_number("uiWidthBytes", 10), lv_number("uiWidthBytes", many)) != "read");
  }
  CHECK(code_of(plain, lv_number("uiSequenceCount", 1), lv_number("uiSequenceCount", 0xffffffff)) == corrupt);
  // Ten million times are stated and one frame is there.
  CHECK(code_of(plain, lv_number("uiSequenceCount", 1), lv_number("uiSequenceCount", 10'000'000)) == "read");
  // Deflated rows of which no file of this size can have one.
  const FileBytes deflated = make_nd2({.deflated = true});
  CHECK(code_of(deflated, lv_number("uiWidthBytes", 10), lv_number("uiWidthBytes", 100'000'000)) == corrupt);
  const FileBytes loops = make_nd2({.loops = {{.count = 7}, {.type = 4, .count = 9}}, .frames = 1});
  CHECK(code_of(loops, lv_number("uiCount", 7), lv_number("uiCount", 5'000'000)) == corrupt);
  // A sum that is not that of the pixels.
  FileBytes broken = make_nd2({.deflated = true});
  const FileBytes stream = zlib_stored(nd2_frame({}, 0));
  FileBytes changed = stream;
  changed.back() ^= 1;
  replace(broken, stream, changed);
  CHECK(error_of([&] { open_bytes(broken)->read({}); }).code() == ErrorCode::kCorrupt);
}

TEST_CASE("metadata of an ND2 that are nested, endless or of many millions of values are refused") {
  const auto code = [](const FileBytes& bytes) { return error_of([&] { read_nd2_values(bytes); }).code(); };
  Nd2Item deep{.name = "a"};
  for (int i = 0; i < 200; ++i) deep = {.name = "a", .items = {deep}};
  CHECK(code(nd2_lv(deep)) == ErrorCode::kCorrupt);
  FileBytes xml;
  for (int i = 0; i < 200; ++i) put_text(xml, "<a>");
  CHECK(code(xml) == ErrorCode::kCorrupt);
  // Many values in few bytes, and many more that are only stated.
  Nd2Item many{.name = "a"};
  many.items.assign(kMaxNd2Values + 10, {.name = "", .type = 1});
  CHECK(code(nd2_lv(many)) == ErrorCode::kTooLarge);
  many.items.resize(3);
  FileBytes stated = nd2_lv(many);
  std::memset(stated.data() + 6, 0xff, 4);
  CHECK(code(stated) == ErrorCode::kCorrupt);
  std::memset(stated.data() + 10, 0xff, 8);
  CHECK(code(stated) == ErrorCode::kCorrupt);
  // Zeros that inflate without end.
  FileBytes bomb{'L', 0};
  bomb.resize(12);
  put_all(bomb, zlib_stored(FileBytes(33'000'000)));
  CHECK(code(bomb) == ErrorCode::kTooLarge);
  for (const FileBytes& bytes : {FileBytes{}, FileBytes{11}, FileBytes{200, 0, 0}, FileBytes{8, 0, 65, 0}, FileBytes{9, 0, 255, 255, 255, 255, 255, 255, 255, 255}}) CHECK(code(bytes) == ErrorCode::kCorrupt);
}
