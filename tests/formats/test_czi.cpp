#include <algorithm>
#include <chrono>
#include <cstring>

#include "catch.h"
#include "check_file.h"
#include "coded_pixels.h"
#include "core/decode/decode.h"
#include "core/formats/pages.h"
#include "write_czi.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::unique_ptr<ImageFile> open(const FileBytes& bytes) { return open_bytes(bytes); }

/// Colours from BGR to RGB, other samples as they are.
FileBytes swapped(FileBytes pixels, std::size_t samples, std::size_t size) {
  if (samples < 3) return pixels;
  for (std::size_t at = 0; at < pixels.size(); at += samples * size) {
    std::swap_ranges(pixels.begin() + static_cast<std::ptrdiff_t>(at), pixels.begin() + static_cast<std::ptrdiff_t>(at + size), pixels.begin() + static_cast<std::ptrdiff_t>(at + 2 * size));
  }
  return pixels;
}

const FileBytes& example(const std::string& name) {
  static const auto all = czi_examples();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == name; });
  REQUIRE(found != all.end());
  return found->second;
}

/// The grey values of 8 bits of a picture that is drawn tile by tile, by itself.
struct Canvas {
  int width, height;
  FileBytes pixels = FileBytes(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));

  void draw(int x, int y, int w, int h, const FileBytes& tile) {
    for (int j = 0; j < h; ++j) {
      for (int i = 0; i < w; ++i) pixels[static_cast<std::size_t>((y + j) * width + x + i)] = tile[static_cast<std::size_t>(j * w + i)];
    }
  }
  FileBytes part(const Box& box) const {
    FileBytes cut;
    for (int j = 0; j < box.height_px; ++j) {
      for (int i = 0; i < box.width_px; ++i) cut.push_back(pixels[static_cast<std::size_t>((box.top_px + j) * width + box.left_px + i)]);
    }
    return cut;
  }
};

/// Opens and reads one plane of each level of each series; gives the code of the Error, or nothing where all was read.
std::optional<ErrorCode> outcome(const FileBytes& bytes) {
  try {
    const auto file = open(bytes);
    if (!file) return ErrorCode::kUnsupportedFormat;
    inspect(*file);
    for (std::size_t s = 0; s < file->series().size(); ++s) {
      for (std::size_t l = 0; l < file->series()[s].levels.size(); ++l) file->read({.series = static_cast<int>(s), .level = static_cast<int>(l)});
    }
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

void put_u32(FileBytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<std::uint8_t>(value >> 8 * i);
}

}  // namespace

TEST_CASE("a CZI file of each type of pixels gives its samples to the last bit, however it is compressed") {
  struct Kind {
    int type;
    std::size_t stored, size;
    SampleType sample;
  };
  for (const Kind& kind : {Kind{0, 1, 1, SampleType::kUint8}, Kind{1, 1, 2, SampleType::kUint16}, Kind{2, 1, 4, SampleType::kFloat32}, Kind{3, 3, 1, SampleType::kUint8}, Kind{4, 3, 2, SampleType::kUint16},
                           Kind{8, 3, 4, SampleType::kFloat32}}) {
    for (const int compression : {0, 5, 6}) {
      const auto file = open(example("type" + std::to_string(kind.type) + "_compression" + std::to_string(compression)));
      REQUIRE(file);
      CHECK(file->format() == FileFormat::kCzi);
      REQUIRE(file->series().size() == 1);
      CHECK(file->series()[0].samples == (kind.stored == 1 ? 1 : 3));
      CHECK(file->series()[0].type == kind.sample);
      const FileBytes pixels = swapped(czi_pixels(kind.type, 9, 7, 3), kind.stored, kind.size);
      CHECK(bytes_of(file->read({})) == pixels);
      CHECK_FALSE(file->damaged());
    }
  }
}

TEST_CASE("of a CZI file with transparency the colours lie on white, as in any other file") {
  const FileBytes stored = czi_pixels(9, 9, 7, 3);
  FileBytes expected;
  for (std::size_t i = 0; i < stored.size(); i += 4) {
    for (const std::size_t j : {2u, 1u, 0u}) expected.push_back(static_cast<std::uint8_t>((stored[i + j] * stored[i + 3] + 255 * (255 - stored[i + 3]) + 127) / 255));
  }
  for (const int compression : {0, 5, 6}) CHECK(bytes_of(open(example("type9_compression" + std::to_string(compression)))->read({})) == expected);
}

TEST_CASE("floats of a CZI file that are no measurement are 0") {
  FileBytes pixels(16);
  const float values[] = {1.5f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -3e38f};
  std::memcpy(pixels.data(), values, sizeof values);
  const auto file = open(make_czi({.tiles = {{.pixel_type = 2, .width_px = 4, .pixels = pixels}}}));
  float read[4];
  const Image image = file->read({});
  std::memcpy(read, image.data(), sizeof read);
  CHECK(std::vector<float>(read, read + 4) == std::vector<float>{1.5f, 0, 0, 0});
}

TEST_CASE("JPEG and JPEG XR in a CZI file give what their decoders give") {
  for (const Coded& coded : coded_pixels()) {
    const auto file = open(example(coded.name));
    const Image image = file->read({});
    REQUIRE(image.width_px() == kCodedWidth);
    if (coded.compression == 1) {
      CHECK(bytes_of(image) == swapped(bytes_of(decode(coded.bytes).image), static_cast<std::size_t>(image.channels()), 1));
      continue;
    }
    INFO(coded.name);
    const bool lossy = coded.name == "jxr_lossy";
    double most = 0;
    for (int y = 0; y < kCodedHeight; ++y) {
      for (int x = 0; x < kCodedWidth; ++x) {
        for (int c = 0; c < image.channels(); ++c) {
          const auto* row = reinterpret_cast<const std::uint8_t*>(image.view().row(y)) + static_cast<std::size_t>(x * image.channels() + c) * sample_bytes(image.type());
          double value = 0, expected = 0;
          if (image.type() == SampleType::kUint8) {
            value = *row;
            expected = image.channels() == 1 ? (9 * x + 5 * y) % 256 : c == 0 ? 9 * x : c == 1 ? 7 * y : x + y;
          } else if (image.type() == SampleType::kUint16) {
            value = row[0] + 256 * row[1];
            expected = image.channels() == 1 ? (977 * x + 3301 * y) % 65536 : c == 0 ? 977 * x : c == 1 ? 3301 * y : 100 * (x + y);
          } else {
            float sample;
            std::memcpy(&sample, row, sizeof sample);
            value = sample;
            expected = image.channels() == 1 ? x / 4.0 + 1.5 * y : c == 0 ? x / 4.0 : c == 1 ? 1.5 * y : x + y;
          }
          most = std::max(most, std::abs(value - expected));
        }
      }
    }
    // As much as the encoder lost.
    CHECK(most <= (lossy ? 5 : 0));
  }
}

TEST_CASE("tiles of a CZI file lie at their places, the later over the earlier, and each scene is a series with its levels") {
  const auto file = open(example("mosaic_grey"));
  REQUIRE(file->series().size() == 2);
  unsigned seed = 1;
  for (int scene = 0; scene < 2; ++scene) {
    const Series& series = file->series()[static_cast<std::size_t>(scene)];
    CHECK(series.name == (scene == 0 ? "A1" : "B2"));
    REQUIRE(series.levels.size() == 3);
    const std::vector<std::pair<int, int>> sizes{{52, 28}, {26, 14}, {13, 7}};
    for (std::size_t l = 0; l < 3; ++l) CHECK(std::pair<int, int>(static_cast<int>(series.levels[l].width_px), static_cast<int>(series.levels[l].height_px)) == sizes[l]);
    CHECK(series.x_um == Approx(0.25));
    CHECK(series.y_um == Approx(0.5));
    CHECK(series.z_um == Approx(2));
    std::vector<FileBytes> tiles(6);
    for (int i = 0; i < 6; ++i) tiles[static_cast<std::size_t>(scene == 0 ? i : 5 - i)] = czi_pixels(0, 20, 16, seed++);
    Canvas full{52, 28}, half{26, 14}, quarter{13, 7};
    for (int i = 0; i < 6; ++i) full.draw(16 * (i % 3), 12 * (i / 3), 20, 16, tiles[static_cast<std::size_t>(i)]);
    half.draw(0, 0, 16, 14, czi_pixels(0, 16, 14, seed++));
    half.draw(16, 0, 10, 14, czi_pixels(0, 10, 14, seed++));
    quarter.draw(0, 0, 13, 7, czi_pixels(0, 13, 7, seed++));
    int level = 0;
    for (const Canvas* canvas : {&full, &half, &quarter}) {
      CHECK(bytes_of(file->read({.series = scene, .level = level})) == canvas->pixels);
      for (const Box& region : {Box{0, 0, 1, 1}, Box{canvas->width - 3, canvas->height - 2, 3, 2}, Box{1, 1, canvas->width - 2, canvas->height - 3}, Box{canvas->width / 3, 0, canvas->width / 3 + 2, canvas->height}}) {
        CHECK(bytes_of(file->read({.series = scene, .level = level, .region = region})) == canvas->part(region));
      }
      ++level;
    }
  }
}

TEST_CASE("a region of a CZI file reads the blocks that it touches and no others") {
  const FileBytes& bytes = example("mosaic_colour_zstd");
  std::uint64_t fetched = 0;
  class Counting final : public Source {
   public:
    Counting(const FileBytes& all, std::uint64_t& count) : bytes_(all), fetched_(count) {}
    std::uint64_t size() const override { return bytes_.size(); }

   protected:
    void fetch(std::uint64_t at, std::span<std::uint8_t> to) override {
      fetched_ += to.size();
      std::memcpy(to.data(), bytes_.data() + at, to.size());
    }

   private:
    const FileBytes& bytes_;
    std::uint64_t& fetched_;
  };
  const auto file = open_image_file(std::make_shared<Counting>(bytes, fetched));
  // One tile has 20 × 16 × 6 bytes, and as much besides as its segment's head and its frame take.
  fetched = 0;
  file->read({.region = Box{0, 0, 4, 4}});
  CHECK(fetched < 1920 + 200);
  // Where four meet.
  fetched = 0;
  file->read({.region = Box{17, 13, 2, 2}});
  CHECK(fetched > 4 * 1920);
  CHECK(fetched < 4 * (1920 + 200));
}

TEST_CASE("channels, z and times of a CZI file are chosen by their places, and the metadata names them") {
  const auto file = open(example("planes"));
  REQUIRE(file->series().size() == 1);
  const Series& series = file->series()[0];
  CHECK(series.z == 3);
  CHECK(series.t == 2);
  CHECK(series.bits == 12);
  REQUIRE(series.channels.size() == 2);
  CHECK(series.channels[0].name == "DAPI");
  CHECK(series.channels[0].wavelength_nm == Approx(465.5));
  CHECK(series.channels[1].name == "EGFP");
  for (int i = 0; i < 12; ++i) CHECK(bytes_of(file->read({.channel = i % 2, .z = i / 2 % 3, .t = i / 6})) == czi_pixels(1, 5, 4, static_cast<unsigned>(i)));
  const FileContent content = inspect(*file);
  const auto has = [&](const std::string& name, const std::string& value, Mark mark) {
    return std::any_of(content.tags.begin(), content.tags.end(), [&](const Tag& tag) { return tag.group == "CZI" && tag.name == name && tag.value == value && tag.mark == mark; });
  };
  CHECK(has("User DisplayName", "Jane & Doe", Mark::kPerson));
  CHECK(has("User Email", "jane@example.org", Mark::kPerson));
  CHECK(has("Document Title", "Patient 17", Mark::kText));
  CHECK(has("Document Description", "blood <film>", Mark::kText));
  CHECK(has("Document UserName", "jdoe", Mark::kPerson));
  CHECK(has("Document CreationDate", "2024-05-06T07:08:09Z", Mark::kTime));
  CHECK(has("Image AcquisitionDateAndTime", "2024-05-06T07:08:00Z", Mark::kTime));
  CHECK(has("Application Name", "ZEN 3.4 (blue edition)", Mark::kNone));
  CHECK(has("Microscope Name", "Axio Observer.Z1", Mark::kNone));
  CHECK(has("Objective Name", "Plan-Apochromat 20x/0.8", Mark::kNone));
  CHECK(has("Instrument SerialNumber", "420650-9901", Mark::kDevice));
  CHECK(has("Channel Name", "EGFP", Mark::kText));
  CHECK(has("Attachment Label", "a small picture of 100 bytes, not read; it may show more than the image", Mark::kText));
  CHECK(has("Attachment TimeStamps", "16 bytes, not read", Mark::kTime));
  // What was planned stands in the experiment, and is nobody who looked.
  CHECK_FALSE(has("User DisplayName", "Nobody", Mark::kPerson));
}

TEST_CASE("a CZI file with two types of pixels has a series for each") {
  const auto file = open(example("two_types"));
  REQUIRE(file->series().size() == 2);
  CHECK(file->series()[0].type == SampleType::kUint16);
  CHECK(file->series()[0].channels.at(0).name == "DAPI");
  CHECK(file->series()[1].samples == 3);
  CHECK(file->series()[1].channels.at(0).name == "EGFP");
  CHECK(bytes_of(file->read({.series = 0})) == czi_pixels(1, 5, 4, 1));
  CHECK(bytes_of(file->read({.series = 1})) == swapped(czi_pixels(3, 5, 4, 2), 3, 1));
}

TEST_CASE("of further dimensions of a CZI file the first index is read, and the file's notes say so") {
  const auto file = open(example("others"));
  CHECK(bytes_of(file->read({})) == czi_pixels(0, 5, 4, 2));
  const FileContent content = inspect(*file);
  CHECK(std::find(content.notes.begin(), content.notes.end(), "The file has 2 indices of dimension H; only the first is read.") != content.notes.end());
}

TEST_CASE("planes that a CZI file left out are black") {
  CziParts parts{.tiles = {{.width_px = 2, .pixels = {1, 2}}, {.width_px = 2, .c = 1, .z = 4, .pixels = {3, 4}}}};
  const auto file = open(make_czi(parts));
  CHECK(file->series()[0].z == 2);
  CHECK(bytes_of(file->read({.channel = 1, .z = 1})) == FileBytes{3, 4});
  CHECK(bytes_of(file->read({.channel = 1, .z = 0})) == FileBytes{0, 0});
}

TEST_CASE("a CZI file that is cut off anywhere is refused, never guessed") {
  for (const std::string name : {"mosaic_colour_zstd", "planes", "jpeg_colour", "jxr_grey16"}) {
    const FileBytes& whole = example(name);
    REQUIRE_FALSE(outcome(whole));
    // What follows the last segment's bytes is only there to fill it up.
    for (std::size_t size = 4; size + 32 < whole.size(); size += 7) {
      const FileBytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto code = outcome(cut);
      INFO(name << " cut off after " << size << " bytes");
      // The list of attachments comes last, and no pixels hang on it.
      if (!code) CHECK(name == "planes");
      else CHECK((*code == ErrorCode::kTruncated || *code == ErrorCode::kCorrupt || (size < 10 && (*code == ErrorCode::kUnsupportedFormat || *code == ErrorCode::kEmptyFile))));
    }
  }
}

TEST_CASE("lengths of a CZI file that lie are found out before memory is taken for them") {
  const FileBytes good = make_czi({.tiles = {{.width_px = 4, .pixels = {1, 2, 3, 4}}}, .xml = czi_xml()});
  REQUIRE_FALSE(outcome(good));
  const std::size_t entry = czi_first_entry_at(good), directory = czi_directory_at(good);
  const auto with = [&](std::size_t at, std::uint32_t value) {
    FileBytes bad = good;
    put_u32(bad, at, value);
    return outcome(bad);
  };
  const auto started = std::chrono::steady_clock::now();
  CHECK(with(directory + 32, 0xffffffff) == ErrorCode::kCorrupt);
  CHECK(with(directory + 32, 0) == ErrorCode::kCorrupt);
  CHECK(with(directory + 24, 0x7fffffff) == ErrorCode::kTruncated);
  // Its own directory, its header, nothing.
  for (const std::uint32_t at : {static_cast<std::uint32_t>(directory), 0u, 7u, 0xfffffff0u}) CHECK(with(entry + 6, at));
  CHECK(with(84, static_cast<std::uint32_t>(directory) + 1) == ErrorCode::kCorrupt);
  CHECK(with(84, 0) == ErrorCode::kCorrupt);
  // Dimensions; a width of none, of billions, of more than is stored.
  CHECK(with(entry + 28, 0xffffffff) == ErrorCode::kCorrupt);
  CHECK(with(entry + 28, 1) == ErrorCode::kCorrupt);
  CHECK(with(entry + 32 + 8, 0) == ErrorCode::kCorrupt);
  CHECK(with(entry + 32 + 8, 0x80000000) == ErrorCode::kCorrupt);
  CHECK(with(entry + 32 + 16, 5) == ErrorCode::kUnsupportedFeature);
  FileBytes huge = good;
  put_u32(huge, entry + 32 + 8, 0x7fffffff);
  put_u32(huge, entry + 32 + 16, 0x7fffffff);
  CHECK(outcome(huge) == ErrorCode::kTooLarge);
  put_u32(huge, entry + 32 + 8, 1000);
  put_u32(huge, entry + 32 + 16, 1000);
  CHECK(outcome(huge) == ErrorCode::kCorrupt);
  CHECK(with(entry + 18, 2) == ErrorCode::kUnsupportedFeature);
  CHECK(with(entry + 18, 77) == ErrorCode::kUnsupportedFeature);
  CHECK(with(entry + 18, 5) == ErrorCode::kCorrupt);
  CHECK(with(entry + 2, 10) == ErrorCode::kUnsupportedFeature);
  CHECK(with(entry + 14, 1) == ErrorCode::kUnsupportedFeature);
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(2));
}

TEST_CASE("a CZI file that is one part of several is refused by a sentence") {
  const Error error = error_of([] { open(make_czi({.tiles = {{.pixels = {1}}}, .file_part = 1})); });
  CHECK(error.code() == ErrorCode::kUnsupportedFeature);
  CHECK(std::string(error.what()) == "this CZI file is one of several that belong together, which are not read; save it from ZEN as one file");
}

TEST_CASE("a CZI file with hundreds of thousands of blocks opens quickly, and one that stacks them in one place is refused") {
  CziTile tile{.width_px = 1, .pixels = {9}};
  FileBytes one = make_czi({.tiles = {tile}});
  const std::size_t entry = czi_first_entry_at(one), length = 32 + 5 * 20;
  const std::size_t directory = czi_directory_at(one);
  constexpr std::uint32_t kBlocks = 300'000;
  FileBytes many(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(entry));
  many.reserve(entry + length * kBlocks);
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    FileBytes copy(one.begin() + static_cast<std::ptrdiff_t>(entry), one.begin() + static_cast<std::ptrdiff_t>(entry + length));
    put_u32(copy, 32 + 4, i % 1000);
    put_u32(copy, 32 + 20 + 4, i / 1000);
    many.insert(many.end(), copy.begin(), copy.end());
  }
  put_u32(many, directory + 32, kBlocks);
  put_u32(many, directory + 24, static_cast<std::uint32_t>(128 + length * kBlocks));
  const auto started = std::chrono::steady_clock::now();
  const auto file = open(many);
  CHECK(file->series()[0].levels[0].width_px == 1000);
  CHECK(file->series()[0].levels[0].height_px == 300);
  CHECK(bytes_of(file->read({.region = Box{500, 100, 2, 1}})) == FileBytes{9, 9});
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));

  // A few bytes that stand for 16 million pixels, forty times over the same place.
  CziParts stacked;
  for (int i = 0; i < 40; ++i) stacked.tiles.push_back({.compression = 5, .width_px = 4000, .height_px = 4000, .m = i, .pixels = zstd_repeated(1, 16'000'000)});
  CHECK(error_of([&] { open(make_czi(stacked))->read({}); }).code() == ErrorCode::kTooLarge);
}
