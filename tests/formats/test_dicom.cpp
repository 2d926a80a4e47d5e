#include <algorithm>
#include <cmath>
#include <cstring>

#include "catch.h"
#include "core/formats/dicom.h"
#include "core/formats/pages.h"
#include "write_dicom.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

const FileBytes& example(const std::string& name) {
  static const std::map<std::string, FileBytes> all = dicom_examples();
  return all.at(name);
}

std::unique_ptr<ImageFile> open(const FileBytes& bytes) {
  auto file = open_image_file(std::make_shared<MemorySource>(bytes));
  REQUIRE(file);
  CHECK(file->format() == FileFormat::kDicom);
  return file;
}

template <typename Sample>
Sample at(const Image& image, int x, int y, int colour = 0) {
  Sample value;
  std::memcpy(&value, image.view().row(y) + static_cast<std::size_t>(x * image.channels() + colour) * sizeof value, sizeof value);
  return value;
}

/// How far any sample is from what it should be; large where the type or the size is another.
template <typename Sample, typename Expected>
double farthest(const Image& image, int colours, Expected expected) {
  if (image.channels() != colours || sample_bytes(image.type()) != sizeof(Sample)) return 1e9;
  double far = 0;
  for (int y = 0; y < image.height_px(); ++y) {
    for (int x = 0; x < image.width_px(); ++x) {
      for (int c = 0; c < colours; ++c) far = std::max(far, std::fabs(static_cast<double>(at<Sample>(image, x, y, c)) - static_cast<double>(expected(x, y, c))));
    }
  }
  return far;
}

const auto kGrey = [](int x, int y, int) { return dicom_value(x, y); };
const auto kRgb = [](int x, int y, int c) { return dicom_value(x, y, c); };
const auto kDeep = [](int x, int y, int) { return dicom_deep_value(x, y); };

Image first_plane(const std::string& name) {
  INFO(name);
  const auto file = open(example(name));
  CHECK(file->series().size() == 1);
  return file->read({});
}

const Tag* find_tag_named(const FileContent& content, const std::string& name) {
  const auto found = std::find_if(content.tags.begin(), content.tags.end(), [&](const Tag& tag) { return tag.name == name; });
  return found == content.tags.end() ? nullptr : &*found;
}

/// Nothing but an Error comes out, whatever the bytes are.
void read_or_refuse(const FileBytes& bytes) {
  try {
    const auto file = open_image_file(std::make_shared<MemorySource>(bytes));
    if (!file) return;
    inspect(*file);
    for (int t = 0; t < file->series()[0].t && t < 3; ++t) file->read({.t = t});
  } catch (const Error& error) {
    CHECK(error.code() != ErrorCode::kInternal);
    CHECK(std::string(error.what()).size() > 10);
  }
}

}  // namespace

TEST_CASE("DICOM is read in every way in which elements are written") {
  for (const char* name : {"explicit-grey-12", "implicit-grey-12", "big-grey-12", "deflated-grey-12"}) {
    INFO(name);
    const auto file = open(example(name));
    const Series& series = file->series()[0];
    CHECK(series.bits == 12);
    CHECK(series.y_um == Approx(0.5));
    CHECK(series.x_um == Approx(0.25));
    CHECK(farthest<std::uint16_t>(file->read({}), 1, kDeep) == 0);
    const FileContent content = inspect(*file);
    REQUIRE(find_tag_named(content, "Window centre"));
    CHECK(find_tag_named(content, "Window centre")->value == "2000");
    REQUIRE(find_tag_named(content, "Study date"));
    CHECK(find_tag_named(content, "Study date")->mark == Mark::kTime);
    CHECK(find_tag_named(content, "Study description")->mark == Mark::kText);
    CHECK(content.facts->pixel_size_um == Approx(0.25));
  }
  CHECK(farthest<std::uint8_t>(first_plane("big-rgb-bytes"), 3, kRgb) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("big-rgb-words"), 3, kRgb) == 0);
}

TEST_CASE("DICOM's grey is as stored, turned over, shifted or rescaled as the file needs it") {
  CHECK(farthest<std::uint8_t>(first_plane("grey-8"), 1, kGrey) == 0);
  CHECK(open(example("grey-8"))->series()[0].x_um == Approx(1));
  CHECK(farthest<std::uint8_t>(first_plane("grey-8-turned"), 1, [](int x, int y, int) { return 255 - dicom_value(x, y); }) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("high-bit-turned"), 1, [](int x, int y, int) { return 4095 - dicom_deep_value(x, y); }) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("signed"), 1, kDeep) == 0);
  CHECK(farthest<float>(first_plane("slope"), 1, [](int x, int y, int) { return 0.5 * (dicom_deep_value(x, y) - 2048) - 1024; }) == 0);
  CHECK(farthest<float>(first_plane("grey-32"), 1, [](int x, int y, int) { return dicom_deep_value(x, y) + 65536; }) == 0);
  const auto bits = open(example("bits"));
  CHECK(bits->series()[0].t == 2);
  // 0xb2, its lowest bit first; the second frame begins with a byte, since 48 bits are whole ones.
  CHECK(farthest<std::uint8_t>(bits->read({.t = 1}), 1, [](int x, int, int) { return (0xb2 >> x & 1) * 255; }) == 0);
}

TEST_CASE("DICOM's colours become RGB") {
  CHECK(farthest<std::uint8_t>(first_plane("rgb"), 3, kRgb) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("rgb-planar"), 3, kRgb) == 0);
  const auto turned = [](double y, double cb, double cr, int c) {
    const double value = c == 0 ? y + 1.402 * (cr - 128) : c == 1 ? y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128) : y + 1.772 * (cb - 128);
    return std::clamp(std::floor(value + 0.5), 0.0, 255.0);
  };
  CHECK(farthest<std::uint8_t>(first_plane("ybr"), 3, [&](int x, int y, int c) { return turned(dicom_value(x, y), dicom_value(x, y, 1), dicom_value(x, y, 2), c); }) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("ybr-422"), 3, [&](int x, int y, int c) { return turned(dicom_value(x, y), dicom_value(x / 2 * 2, y, 1), dicom_value(x / 2 * 2, y, 2), c); }) == 0);
  const auto entry = [](int x, int y) { return std::clamp(dicom_value(x, y) - 10, 0, 199); };
  CHECK(farthest<std::uint8_t>(first_plane("palette-8"), 3, [&](int x, int y, int c) { return entry(x, y) * (c + 1) % 256; }) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("palette-16"), 3, [&](int x, int y, int c) { return entry(x, y) * (c + 1) % 256 + 256 * entry(x, y); }) == 0);
}

TEST_CASE("frames of DICOM are times, or z where the file says how far apart they are") {
  const auto times = open(example("times"));
  CHECK(times->series()[0].t == 3);
  CHECK(times->series()[0].z == 1);
  CHECK(farthest<std::uint8_t>(times->read({.t = 2}), 1, [](int x, int y, int) { return dicom_value(x, y, 0, 2); }) == 0);
  const auto slices = open(example("slices"));
  CHECK(slices->series()[0].z == 3);
  CHECK(slices->series()[0].z_um == Approx(2));
  CHECK(farthest<std::uint8_t>(slices->read({.z = 1}), 1, [](int x, int y, int) { return dicom_value(x, y, 0, 1); }) == 0);
  const auto shared = open(example("shared-measures"));
  CHECK(shared->series()[0].x_um == Approx(0.25));
  CHECK(shared->series()[0].y_um == Approx(0.5));
  CHECK(shared->series()[0].z_um == Approx(1));
}

TEST_CASE("a whole slide of DICOM is put together from its tiles") {
  const auto full = [](int x, int y, int c) { return dicom_value(x % 8, y % 6, c, y / 6 * 3 + x / 8); };
  for (const char* name : {"slide-full", "slide-rle-none", "slide-rle-basic", "slide-rle-extended"}) {
    INFO(name);
    const auto file = open(example(name));
    REQUIRE(file->series()[0].levels[0].width_px == 20);
    CHECK(file->series()[0].levels[0].height_px == 10);
    CHECK(farthest<std::uint8_t>(file->read({}), 3, full) == 0);
    // Across four tiles.
    const Image part = file->read({.region = Box{6, 4, 5, 4}});
    CHECK(farthest<std::uint8_t>(part, 3, [&](int x, int y, int c) { return full(x + 6, y + 4, c); }) == 0);
  }
  CHECK(open(example("slide-full"))->series()[0].x_um == Approx(0.25));

  const auto planes = open(example("slide-planes"));
  const Series& series = planes->series()[0];
  CHECK(series.z == 2);
  REQUIRE(series.channels.size() == 2);
  CHECK(series.channels[0].name == "DAPI");
  CHECK(series.channels[1].name == "2");
  CHECK(farthest<std::uint8_t>(planes->read({.channel = 1, .z = 1}), 3, [](int x, int y, int c) { return dicom_value(x % 8, y % 6, c, 18 + y / 6 * 3 + x / 8); }) == 0);

  const auto sparse = open(example("slide-sparse"))->read({});
  CHECK(farthest<std::uint8_t>(sparse, 3, [](int x, int y, int c) {
          if (x >= 9 && x < 17 && y >= 3 && y < 9) return dicom_value(x - 9, y - 3, c, 1);
          return x < 8 && y < 6 ? dicom_value(x, y, c) : 0;
        }) == 0);
  // The last two of six tiles.
  CHECK(farthest<std::uint8_t>(open(example("slide-second-file"))->read({}), 3, [](int x, int y, int c) { return y >= 6 && x >= 8 ? dicom_value(x % 8, y - 6, c, x / 8 - 1) : 0; }) == 0);
  CHECK(open(example("slide-second-file"))->series()[0].name == "part 2 of 2 of an image in several files");
  const FileContent part = inspect(*open(example("slide-second-file")));
  CHECK(std::any_of(part.notes.begin(), part.notes.end(), [](const std::string& note) { return note.find("Export it as one file") != std::string::npos; }));
  CHECK(open(example("slide-label"))->series()[0].name == "label");
}

TEST_CASE("compressed frames of DICOM are decoded") {
  CHECK(farthest<std::uint8_t>(first_plane("rle-grey"), 1, kGrey) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("rle-grey-12"), 1, kDeep) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("rle-rgb"), 3, kRgb) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("lossless-8"), 1, kGrey) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("lossless-12"), 1, kDeep) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("jpeg-12"), 1, kDeep) <= 3);
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-ls-grey"), 1, kGrey) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-ls-runs"), 1, [](int x, int y, int) { return x == 3 && y == 2 ? 180 : 100; }) == 0);
  CHECK(farthest<std::uint16_t>(first_plane("jpeg-ls-12"), 1, kDeep) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-ls-rgb"), 3, kRgb) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-ls-near"), 1, kGrey) == 2);
  CHECK(farthest<std::uint16_t>(first_plane("jpeg2000-12"), 1, kDeep) == 0);
  CHECK(farthest<std::uint8_t>(first_plane("jpeg2000-rgb"), 3, kRgb) == 0);

  const auto slope = [](int x, int y, int) { return x * 8 + y * 5 + 60; };
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-grey"), 1, slope) <= 2);
  const auto colours = [](int x, int y, int c) { return c == 0 ? x * 8 + 60 : c == 1 ? y * 10 + 80 : x * 3 + y * 4 + 100; };
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-ybr"), 3, colours) <= 3);
  // No word in the JPEG on its colours: the DICOM file's counts.
  CHECK(farthest<std::uint8_t>(first_plane("jpeg-rgb"), 3, colours) <= 3);
  for (const char* name : {"jpeg-pieces", "jpeg-pieces-table"}) {
    const auto pieces = open(example(name));
    CHECK(pieces->series()[0].t == 2);
    CHECK(farthest<std::uint8_t>(pieces->read({.t = 1}), 1, slope) <= 2);
  }
}

TEST_CASE("what a DICOM file says of people, places and devices is marked") {
  const FileContent content = inspect(*open(example("tags")));
  const auto mark = [&](const std::string& name) {
    const Tag* tag = find_tag_named(content, name);
    INFO(name);
    REQUIRE(tag);
    return tag->mark;
  };
  CHECK(mark("Patient") == Mark::kPerson);
  CHECK(mark("Patient ID") == Mark::kPerson);
  CHECK(mark("Weight") == Mark::kPerson);
  CHECK(mark("Institution") == Mark::kPlace);
  CHECK(mark("Device serial number") == Mark::kDevice);
  CHECK(mark("Object UID") == Mark::kDevice);
  CHECK(mark("Original attributes: Patient") == Mark::kPerson);
  CHECK(mark("Original attributes: Referenced image: Referenced object UID") == Mark::kDevice);
  CHECK(mark("(0009,1001)") == Mark::kText);
  CHECK(find_tag_named(content, "(0009,1001)")->value == "6 bytes, not read");
  CHECK(find_tag_named(content, "(0009,1002): (0009,1003)")->value == "6 bytes, not read");
  CHECK(mark("Rows") == Mark::kNone);
}

TEST_CASE("a damaged DICOM file is refused by a sentence") {
  const auto refusal = [](const FileBytes& bytes) { return error_of([&] { open(bytes)->read({}); }); };
  CHECK(std::string(refusal(example("refused-too-deep")).what()) == "the DICOM file is damaged (its sequences nest too deep)");
  FileBytes cut = example("rgb");
  cut.resize(cut.size() - 10);
  CHECK(refusal(cut).code() == ErrorCode::kTruncated);
  const auto image = [](int width, int height, int samples, int bits, const char* colours) { return DicomWriter().image(width, height, samples, bits, colours); };
  CHECK(refusal(image(8, 6, 1, 8, "MONOCHROME2").file()).code() == ErrorCode::kUnsupportedFeature);
  CHECK(refusal(image(8, 6, 1, 8, "MONOCHROME2").pixels(FileBytes(40)).file()).code() == ErrorCode::kCorrupt);
  CHECK(refusal(image(0, 6, 1, 8, "MONOCHROME2").pixels(FileBytes(48)).file()).code() == ErrorCode::kCorrupt);
  CHECK(refusal(image(8, 6, 1, 8, "RGB").pixels(FileBytes(48)).file()).code() == ErrorCode::kCorrupt);
  CHECK(refusal(image(8, 6, 3, 8, "CMYK").pixels(FileBytes(144)).file()).code() == ErrorCode::kUnsupportedFeature);
  CHECK(refusal(image(7, 6, 3, 8, "YBR_FULL_422").pixels(FileBytes(144)).file()).code() == ErrorCode::kCorrupt);
  CHECK(refusal(image(8, 6, 1, 8, "PALETTE COLOR").pixels(FileBytes(48)).file()).code() == ErrorCode::kCorrupt);
  const auto packed = [](const char* syntax, const FileBytes& frame, int frames = 1) {
    return DicomWriter(syntax).image(60000, 60000, 1, 8, "MONOCHROME2", frames).frames({{frame}}).file();
  };
  CHECK(refusal(packed(kRle, FileBytes(100))).code() == ErrorCode::kTooLarge);
  CHECK(refusal(packed(kRle, FileBytes(100), 5)).code() == ErrorCode::kCorrupt);
  CHECK(refusal(packed("1.2.840.10008.1.2.4.102", FileBytes(100))).code() == ErrorCode::kUnsupportedFeature);
  const DicomWriter small = DicomWriter(kRle).image(9000, 9000, 1, 8, "MONOCHROME2");
  CHECK(refusal(DicomWriter(small).frames({{FileBytes(100)}}).file()).code() == ErrorCode::kCorrupt);
  for (const char* syntax : {kJpegBaseline, kJpegLossless, kJpegLsLossless, kJpeg2000Lossless}) {
    // Each codec's own header says 8 × 6.
    for (const char* name : {"jpeg-grey", "lossless-8", "jpeg-ls-grey", "jpeg2000-12"}) {
      const FileBytes& other = example(name);
      const auto pixels = std::search(other.begin(), other.end(), std::begin("\xe0\x7f\x10\x00"), std::begin("\xe0\x7f\x10\x00") + 4);
      DicomWriter writer(syntax);
      FileBytes bytes = writer.image(9, 6, 1, 16, "MONOCHROME2").file();
      bytes.insert(bytes.end(), pixels, other.end());
      const ErrorCode code = refusal(bytes).code();
      CHECK((code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupportedFeature));
    }
  }
}

TEST_CASE("DICOM files that are cut off or changed end in an Error or in pixels") {
  for (const auto& [name, bytes] : dicom_examples()) {
    INFO(name);
    for (std::size_t size = 0; size < bytes.size(); size += 7) read_or_refuse(FileBytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    for (std::size_t at_byte = 132; at_byte < bytes.size(); at_byte += 5) {
      FileBytes changed = bytes;
      changed[at_byte] ^= static_cast<std::uint8_t>(at_byte % 2 == 0 ? 0xff : 0x41);
      read_or_refuse(changed);
    }
  }
}
