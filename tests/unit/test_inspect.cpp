#include <algorithm>
#include <random>
#include <string>

#include "catch.h"
#include "core/inspect/inspect.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

FileBytes text(const std::string& s) { return {s.begin(), s.end()}; }

void append(FileBytes& to, const FileBytes& more) { to.insert(to.end(), more.begin(), more.end()); }

std::string value_of(const FileContent& content, const std::string& name, const std::string& group = "") {
  for (const Tag& tag : content.tags) {
    if (tag.name == name && (group.empty() || tag.group == group)) return tag.value;
  }
  return "(not listed)";
}

Mark mark_of(const FileContent& content, const std::string& name) {
  const auto found = std::find_if(content.tags.begin(), content.tags.end(), [&](const Tag& tag) { return tag.name == name; });
  return found == content.tags.end() ? Mark::kNone : found->mark;
}

bool has_note(const FileContent& content, const std::string& words) {
  return std::any_of(content.notes.begin(), content.notes.end(), [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

/// A directory of a big-endian TIFF structure.
struct Exif {
  struct Entry {
    int tag, type;
    FileBytes value;
    int directory = -1;  ///< of which the value is the place
  };
  std::vector<std::vector<Entry>> directories;

  static FileBytes number(std::uint32_t value, int bytes) {
    FileBytes out;
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return out;
  }
  static FileBytes rationals(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& values) {
    FileBytes out;
    for (const auto& [over, under] : values) append(out, number(over, 4)), append(out, number(under, 4));
    return out;
  }

  /// `next`: which directory the first one names as the next; -1: none.
  FileBytes bytes(int next = -1) const {
    constexpr std::size_t kSizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8};
    std::vector<std::size_t> places;
    std::size_t at = 8;
    for (const auto& entries : directories) {
      places.push_back(at);
      at += 2 + 12 * entries.size() + 4;
    }
    FileBytes file{'M', 'M', 0, 42, 0, 0, 0, 8}, data;
    for (std::size_t d = 0; d < directories.size(); ++d) {
      append(file, number(static_cast<std::uint32_t>(directories[d].size()), 2));
      for (const Entry& entry : directories[d]) {
        const FileBytes value = entry.directory < 0 ? entry.value : number(static_cast<std::uint32_t>(places[static_cast<std::size_t>(entry.directory)]), 4);
        append(file, number(static_cast<std::uint32_t>(entry.tag), 2));
        append(file, number(static_cast<std::uint32_t>(entry.type), 2));
        append(file, number(static_cast<std::uint32_t>(value.size() / kSizes[entry.type]), 4));
        FileBytes inside = value;
        if (value.size() > 4) {
          inside = number(static_cast<std::uint32_t>(at + data.size()), 4);
          append(data, value);
        }
        inside.resize(4);
        append(file, inside);
      }
      append(file, number(d == 0 && next >= 0 ? static_cast<std::uint32_t>(places[static_cast<std::size_t>(next)]) : 0, 4));
    }
    append(file, data);
    return file;
  }
};

FileBytes segment(std::uint8_t code, const FileBytes& data) {
  FileBytes out{0xff, code};
  append(out, Exif::number(static_cast<std::uint32_t>(data.size() + 2), 2));
  append(out, data);
  return out;
}

FileBytes jpeg(const std::vector<FileBytes>& segments) {
  FileBytes file{0xff, 0xd8};
  for (const FileBytes& each : segments) append(file, each);
  append(file, {0xff, 0xd9});
  return file;
}

FileBytes exif_jpeg(const Exif& exif, int next = -1) {
  FileBytes data = text(std::string("Exif\0\0", 6));
  append(data, exif.bytes(next));
  return jpeg({segment(0xe1, data)});
}

FileBytes png_with(const std::vector<std::pair<std::string, FileBytes>>& chunks) {
  FileBytes file = make_png(1, 1, 8, 0, {7});
  FileBytes more;
  for (const auto& [type, data] : chunks) append(more, png_chunk(type, data));
  file.insert(file.begin() + 33, more.begin(), more.end());
  return file;
}

/// Blocks of Deflate that are not compressed.
FileBytes stored(const FileBytes& data) {
  FileBytes out{0x78, 0x01};
  for (std::size_t at = 0; at < data.size(); at += 60'000) {
    const std::size_t n = std::min<std::size_t>(60'000, data.size() - at);
    append(out, {static_cast<std::uint8_t>(at + n == data.size()), static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(~n), static_cast<std::uint8_t>(~n >> 8)});
    out.insert(out.end(), data.begin() + static_cast<std::ptrdiff_t>(at), data.begin() + static_cast<std::ptrdiff_t>(at + n));
  }
  return out;
}

FileBytes marked_tiff(const std::string& description, bool big_endian = false, bool big_tiff = false) {
  TiffPage page{.pixels = {1}};
  const FileBytes half_a_millimetre = big_endian ? FileBytes{0, 0, 0, 20, 0, 0, 0, 1} : FileBytes{20, 0, 0, 0, 1, 0, 0, 0};
  page.extra = {{270, 2, text(description)}, {305, 2, text("Scope 3\0")}, {306, 2, text("2024:05:06 07:08:09")}, {315, 2, text("Ada L.")}, {316, 2, text("lab-pc-7")},
                {282, 5, half_a_millimetre}, {296, 3, big_endian ? FileBytes{0, 3} : FileBytes{3, 0}}};
  return make_tiff({page}, big_endian, big_tiff);
}

}  // namespace

TEST_CASE("the tags of a TIFF are listed, with what they may give away") {
  for (const bool big_endian : {false, true}) {
    for (const bool big_tiff : {false, true}) {
      const FileContent content = inspect(marked_tiff("slide 12", big_endian, big_tiff));
      CHECK(value_of(content, "ImageDescription") == "slide 12");
      CHECK(mark_of(content, "ImageDescription") == Mark::kText);
      CHECK(value_of(content, "Software") == "Scope 3");
      CHECK(mark_of(content, "Software") == Mark::kNone);
      CHECK(value_of(content, "DateTime") == "2024:05:06 07:08:09");
      CHECK(mark_of(content, "DateTime") == Mark::kTime);
      CHECK(mark_of(content, "Artist") == Mark::kPerson);
      CHECK(mark_of(content, "HostComputer") == Mark::kDevice);
      CHECK(value_of(content, "XResolution") == "20");
      CHECK(value_of(content, "ResolutionUnit") == "centimetre");
      CHECK(value_of(content, "Compression") == "none");
      CHECK(value_of(content, "tag 273") == "(not listed)");
      REQUIRE(content.facts);
      CHECK(content.facts->header.width_px == 1);
      CHECK(content.facts->pixel_size_um == 0);  // 500 µm: of a printer
      CHECK(content.notes.empty());
    }
  }
}

TEST_CASE("where the pixel size comes from is said") {
  TiffPage page{.pixels = {1}};
  page.extra = {{282, 5, {0x10, 0x27, 0, 0, 1, 0, 0, 0}}, {296, 3, {3, 0}}};
  FileContent content = inspect(make_tiff({page}));
  CHECK(content.facts->pixel_size_um == Approx(1));
  CHECK(content.facts->pixel_size_source == "resolution tags");
  page.extra.push_back({270, 2, text("ImageJ=1.53\nimages=1\nunit=nm\n")});
  content = inspect(make_tiff({page}));
  CHECK(content.facts->pixel_size_um == Approx(1));
  CHECK(content.facts->pixel_size_source == "resolution tags");  // smaller than any: not believed
  page.extra.back().value = text("ImageJ=1.53\nimages=1\nunit=mm\n");
  content = inspect(make_tiff({page}));
  CHECK(content.facts->pixel_size_um == Approx(0.1));
  CHECK(content.facts->pixel_size_source == "ImageJ");
  page.extra.back().value = text("<OME><Pixels PhysicalSizeX=\"0.25\"/></OME>");
  content = inspect(make_tiff({page}));
  CHECK(content.facts->pixel_size_um == Approx(0.25));
  CHECK(content.facts->pixel_size_source == "OME-XML");
  CHECK(content.facts->pages == 1);
}

TEST_CASE("OME-XML: its main fields, as inert text") {
  const FileContent content = inspect(marked_tiff(
      "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><ome:OME Creator='Maker &lt;2&gt;' UUID='urn:uuid:1'>"
      "<Experimenter FirstName=\"Ada\" LastName=\"L&#246;we\" Email=\"&e;\"/><Microscope Model=\"M1\" SerialNumber=\"S-9\"/>"
      "<Image Name=\"patient 7\"><AcquisitionDate>2024-05-06T07:08:09</AcquisitionDate><Description>a &amp; b</Description>"
      "<Pixels SizeX=\"1\" PhysicalSizeX=\"0.25\"><Channel Name=\"DAPI\"/><Channel Name=\"DAPI\"/></Pixels></Image></ome:OME>"));
  CHECK(value_of(content, "OME Creator") == "Maker <2>");
  CHECK(value_of(content, "Experimenter LastName") == "L\xc3\xb6we");
  CHECK(mark_of(content, "Experimenter LastName") == Mark::kPerson);
  CHECK(value_of(content, "Experimenter Email") == "&e;");
  CHECK(value_of(content, "Microscope SerialNumber") == "S-9");
  CHECK(mark_of(content, "Microscope SerialNumber") == Mark::kDevice);
  CHECK(value_of(content, "AcquisitionDate") == "2024-05-06T07:08:09");
  CHECK(mark_of(content, "AcquisitionDate") == Mark::kTime);
  CHECK(value_of(content, "Description") == "a & b");
  CHECK(value_of(content, "Pixels PhysicalSizeX") == "0.25");
  CHECK(std::count_if(content.tags.begin(), content.tags.end(), [](const Tag& tag) { return tag.name == "Channel Name"; }) == 1);
  CHECK(value_of(content, "ImageDescription").find("its main fields are listed below") != std::string::npos);
}

TEST_CASE("EXIF of a JPEG: camera, dates, place, serial numbers, a comment, a thumbnail") {
  const Exif exif{{
      {{271, 2, text("Canon")}, {272, 2, text("EOS")}, {34665, 4, {}, 1}, {34853, 4, {}, 2}, {40093, 1, {'A', 0, 'd', 0, 'a', 0}}},
      {{33434, 5, Exif::rationals({{1, 250}})}, {36864, 7, text("0232")}, {36867, 2, text("2024:05:06 07:08:09")}, {37500, 7, FileBytes(99, 1)},
       {37510, 7, text(std::string("ASCII\0\0\0note", 12))}, {42033, 2, text("12345678")}},
      {{1, 2, text("N")}, {2, 5, Exif::rationals({{48, 1}, {51, 1}, {2960, 100}})}, {4, 5, Exif::rationals({{2, 1}, {17, 1}, {0, 0}})}},
      {{514, 4, Exif::number(4321, 4)}},
  }};
  const FileContent content = inspect(exif_jpeg(exif, 3));
  CHECK(value_of(content, "Make") == "Canon");
  CHECK(value_of(content, "XPAuthor") == "Ada");
  CHECK(value_of(content, "ExposureTime") == "0.004");
  CHECK(value_of(content, "ExifVersion") == "0232");
  CHECK(value_of(content, "UserComment") == "note");
  CHECK(value_of(content, "MakerNote") == "99 bytes, not read");
  CHECK(mark_of(content, "MakerNote") == Mark::kDevice);
  CHECK(mark_of(content, "BodySerialNumber") == Mark::kDevice);
  CHECK(value_of(content, "GPSLatitude", "GPS") == "48\xc2\xb0 51' 29.6\"");
  CHECK(value_of(content, "GPSLongitude", "GPS") == "2\xc2\xb0 17' nan\"");
  CHECK(mark_of(content, "GPSLatitude") == Mark::kPlace);
  CHECK(value_of(content, "Thumbnail").find("4321") != std::string::npos);
  CHECK_FALSE(content.facts);  // it has no pixels
  CHECK_FALSE(content.problem.empty());
}

TEST_CASE("JPEG: comment, density, XMP and what is not read") {
  const FileContent content = inspect(jpeg({segment(0xe0, text(std::string("JFIF\0\1\2\1\0\x48\0\x48\0\0", 14))), segment(0xfe, text("by Ada")),
                                            segment(0xe1, text(std::string("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>", 41))), segment(0xed, text("Photoshop 3.0")), segment(0xe5, text("secret"))}));
  CHECK(value_of(content, "Pixels per inch") == "72 × 72");
  CHECK(value_of(content, "Comment") == "by Ada");
  CHECK(value_of(content, "XMP") == "<x:xmpmeta/>");
  CHECK(mark_of(content, "Photoshop or IPTC") == Mark::kPerson);
  CHECK(value_of(content, "Segment APP5") == "6 bytes, not read");
}

TEST_CASE("PNG: texts, compressed or not, EXIF, the time, and bytes behind the image") {
  FileBytes compressed = text(std::string("Author\0\0", 8)), international = text(std::string("Comment\0\1\0en\0\0", 14));
  append(compressed, stored(text("Ada")));
  append(international, stored(text("gr\xc3\xbc\xc3\x9f")));
  FileBytes file = png_with({{"tEXt", text(std::string("Title\0caf\xe9", 10))}, {"zTXt", compressed}, {"iTXt", international}, {"tIME", {0x07, 0xe8, 5, 6, 7, 8, 9}},
                             {"eXIf", Exif{{{{306, 2, text("2024")}}}}.bytes()}});
  append(file, text("behind"));
  const FileContent content = inspect(file);
  CHECK(value_of(content, "Title") == "caf\xc3\xa9");
  CHECK(value_of(content, "Author") == "Ada");
  CHECK(mark_of(content, "Author") == Mark::kPerson);
  CHECK(value_of(content, "Comment") == "gr\xc3\xbc\xc3\x9f");
  CHECK(value_of(content, "Last change") == "2024-05-06 07:08:09");
  CHECK(value_of(content, "DateTime", "EXIF") == "2024");
  CHECK(value_of(content, "Bytes behind the image") == "6 bytes, not read");
  REQUIRE(content.facts);
  CHECK(content.facts->header.channels == 1);
}

TEST_CASE("text comes out as text: no control characters, no turned writing, markup as it is written") {
  const auto shown = [](const std::string& s) { return value_of(inspect(marked_tiff(s)), "ImageDescription"); };
  CHECK(shown("<script>alert(1)</script>") == "<script>alert(1)</script>");
  CHECK(shown("a\x1b[31mb\x07\x7f\r\nc\t ") == "a[31mb\nc");
  CHECK(shown("x\xe2\x80\xaegnp.exe\xe2\x81\xa6\xef\xbb\xbf") == "xgnp.exe");
  CHECK(shown("na\xefve") == "na\xc3\xafve");
  CHECK(shown("\xc0\xaf\xed\xa0\x80") == "\xc3\x80\xc2\xaf\xc3\xad\xc2\xa0");  // no UTF-8: as Latin-1, without its control character
  CHECK(shown(std::string(100'000, 'a')) == std::string(kMaxValueBytes, 'a') + " … (the first part of 100000 bytes)");
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "\xe2\x82\xac";
  CHECK(shown(many).substr(0, 6) == "\xe2\x82\xac\xe2\x82\xac");
  CHECK(shown(many).size() < kMaxValueBytes + 60);
}

TEST_CASE("hostile directories: circles, places outside, counts beyond reason, too many") {
  // EXIF that names the first directory as its own, and GPS beyond the end.
  Exif circle{{{{271, 2, text("A")}, {34665, 4, {}, 0}, {34853, 4, Exif::number(0xfffffff0, 4)}}}};
  FileContent content = inspect(exif_jpeg(circle, 0));
  CHECK(content.tags.size() == 2);

  FileBytes far = Exif{{{{270, 2, text("too far")}, {306, 2, text("x")}}}}.bytes();
  for (const std::size_t at : {std::size_t{14}, std::size_t{18}}) {
    FileBytes broken = far;
    std::fill_n(broken.begin() + static_cast<std::ptrdiff_t>(at), 4, std::uint8_t{0xff});
    FileBytes data = text(std::string("Exif\0\0", 6));
    append(data, broken);
    CHECK(value_of(inspect(jpeg({segment(0xe1, data)})), "ImageDescription") == "not readable: it lies outside the file");
  }

  // A compression that is no whole number.
  content = inspect(exif_jpeg(Exif{{{{259, 10, Exif::rationals({{0xffffffff, 2}})}, {262, 5, Exif::rationals({{0, 0}})}}}}));
  CHECK(value_of(content, "Compression") == "-0.5");
  CHECK(value_of(content, "PhotometricInterpretation") == "nan");

  std::vector<Exif::Entry> entries(1200, {40000, 3, {0, 1}});
  content = inspect(exif_jpeg(Exif{{entries}}));
  CHECK(content.tags.size() == kMaxTags);
  CHECK(has_note(content, "more than 600 tags"));
  CHECK(has_note(content, "only its first part was read"));

  std::vector<TiffPage> pages(40, TiffPage{.pixels = {1}});
  for (std::size_t i = 0; i < pages.size(); ++i) pages[i].extra = {{270, 2, text("page " + std::to_string(i / 2))}};
  content = inspect(make_tiff(pages));
  CHECK(value_of(content, "ImageDescription", "TIFF, page 3") == "page 1");
  CHECK(value_of(content, "ImageDescription", "TIFF, page 2") == "(not listed)");
  CHECK(has_note(content, "the first 16 are listed"));
}

TEST_CASE("a text that unpacks to far more is cut") {
  FileBytes bomb = text(std::string("Comment\0\0", 9));
  append(bomb, stored(FileBytes(3'000'000, 'z')));
  const FileContent content = inspect(png_with({{"zTXt", bomb}}));
  CHECK(value_of(content, "Comment").substr(0, 3) == "zzz");
  CHECK(value_of(content, "Comment").size() < kMaxValueBytes + 60);
}

TEST_CASE("a file cut off anywhere or damaged anywhere is read as far as it goes") {
  const Exif exif{{{{271, 2, text("Canon")}, {34665, 4, {}, 1}, {34853, 4, {}, 1}}, {{36867, 2, text("2024:05:06 07:08:09")}, {37510, 7, text(std::string("UNICODE\0\0a\0b", 12))}}}};
  const FileBytes files[] = {marked_tiff("<OME><Image Name=\"x\"><Pixels SizeX=\"1\"/></Image></OME>"), marked_tiff("b", true, true), exif_jpeg(exif, 1),
                             png_with({{"iTXt", text(std::string("Comment\0\0\0\0\0hello", 17))}, {"eXIf", exif.bytes()}})};
  std::mt19937 random(1);
  std::size_t listed = 0;
  for (const FileBytes& file : files) {
    for (std::size_t length = 0; length < file.size(); ++length) listed += inspect({file.data(), length}).tags.size();
    for (int round = 0; round < 500; ++round) {
      FileBytes broken = file;
      for (int i = 0; i < 4; ++i) broken[random() % broken.size()] = static_cast<std::uint8_t>(random());
      listed += inspect(broken).tags.size();
    }
  }
  CHECK(listed > 1000);
  CHECK(inspect({}).tags.empty());
  CHECK_FALSE(inspect({}).problem.empty());
}
