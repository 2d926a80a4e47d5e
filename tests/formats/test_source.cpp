#include <algorithm>
#include <cstring>
#include <numeric>

#include "catch.h"
#include "core/decode/packed_image.h"
#include "core/formats/pages.h"
#include "support.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

FileBytes counted(std::size_t count) {
  FileBytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return bytes;
}

/// Two series: 2 channels × 3 z × 2 t of grey, then one of RGB with two levels. Each pixel tells what was asked for.
class Drawn final : public ImageFile {
 public:
  Drawn() {
    series_[0].levels = {{4, 3}};
    series_[0].channels.resize(2);
    series_[0].z = 3;
    series_[0].t = 2;
    series_[0].x_um = 0.25;
    series_[1].levels = {{8, 6}, {4, 3}};
    series_[1].samples = 3;
  }
  FileFormat format() const override { return FileFormat::kCzi; }
  const std::vector<Series>& series() const override { return series_; }
  void list_tags(TagList& tags) const override { tags.add("Drawn", "Operator", "Jane Doe", Mark::kPerson); }

 protected:
  void fill(const PlaneChoice& choice, Image& image) override {
    const auto value = static_cast<std::uint8_t>(100 * choice.series + 50 * choice.channel + 10 * choice.t + choice.z + choice.region->left_px);
    std::memset(image.data(), value, image.row_stride_bytes() * static_cast<std::size_t>(image.height_px()));
  }

 private:
  std::vector<Series> series_{2};
};

}  // namespace

TEST_CASE("a source gives the bytes that are there, and says when there are no more") {
  const FileBytes bytes = counted(3 * BlockSource::kBlockBytes + 1234);
  int asked = 0;
  BlockSource blocks(bytes.size(), [&](std::uint64_t at, std::span<std::uint8_t> to) {
    ++asked;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
    return true;
  });
  MemorySource memory(bytes);
  for (Source* source : {static_cast<Source*>(&blocks), static_cast<Source*>(&memory)}) {
    // Over the border of two blocks, at the end, and one byte too many.
    for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{BlockSource::kBlockBytes - 3}, std::uint64_t{bytes.size() - 100}}) {
      const FileBytes part = source->read(at, 100);
      CHECK(std::equal(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)));
    }
    CHECK(source->read(0, bytes.size()) == bytes);
    CHECK(error_of([&] { source->read(bytes.size() - 99, 100); }).code() == ErrorCode::kTruncated);
    CHECK(error_of([&] { source->read(~std::uint64_t{0} - 5, 10); }).code() == ErrorCode::kTruncated);
    CHECK(error_of([&] { source->read(0, 100, 99); }).code() == ErrorCode::kTooLarge);
  }
  CHECK(asked == 4);  // three blocks, and what is large at once
  const SourceNumbers little(memory, true), big(memory, false);
  CHECK(little.u32(1) == (bytes[1] | bytes[2] << 8 | bytes[3] << 16 | static_cast<std::uint32_t>(bytes[4]) << 24));
  CHECK(big.u16(1) == (bytes[1] << 8 | bytes[2]));
}

TEST_CASE("a source keeps no more blocks than it may, and says when a file is gone") {
  bool there = true;
  int asked = 0;
  BlockSource blocks(std::uint64_t{100} << 30, [&](std::uint64_t, std::span<std::uint8_t> to) {
    ++asked;
    std::fill(to.begin(), to.end(), std::uint8_t{7});
    return there;
  });
  for (std::uint64_t i = 0; i <= BlockSource::kMaxBlocks; ++i) CHECK(blocks.read(i * BlockSource::kBlockBytes, 1) == FileBytes{7});
  CHECK(asked == BlockSource::kMaxBlocks + 1);
  blocks.read(BlockSource::kMaxBlocks * BlockSource::kBlockBytes, 1);
  CHECK(asked == BlockSource::kMaxBlocks + 1);
  blocks.read(0, 1);  // the first was let go
  CHECK(asked == BlockSource::kMaxBlocks + 2);
  there = false;
  CHECK(error_of([&] { blocks.read(std::uint64_t{99} << 30, 1); }).code() == ErrorCode::kUnreadable);
}

TEST_CASE("planes of all series lie one after the other as pages") {
  Drawn file;
  CHECK(page_count(file) == 7);
  const DecodedImage page = decode_page(file, {.page = 4, .channel = 1});  // t 1, z 1
  CHECK(page.image.data()[0] == std::byte{61});
  CHECK(page.pages == 7);
  CHECK(page.channels == 2);
  CHECK(page.pixel_size_um == 0.25);
  const DecodedImage colours = decode_page(file, {.page = 6});
  CHECK(colours.image.channels() == 3);
  CHECK(colours.image.width_px() == 8);
  CHECK(colours.image.data()[0] == std::byte{100});
  CHECK(error_of([&] { decode_page(file, {.page = 7}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { decode_page(file, {.page = 0, .channel = 2}); }).code() == ErrorCode::kInvalidArgument);
  const FileContent content = inspect(file);
  REQUIRE(content.tags.size() == 1);
  CHECK(content.tags[0].mark == Mark::kPerson);
  CHECK(content.facts->pages == 7);
}

TEST_CASE("a region lies within its level, or is refused") {
  Drawn file;
  const Image part = file.read({.series = 1, .level = 1, .region = Box{1, 1, 3, 2}});
  CHECK(part.width_px() == 3);
  CHECK(part.height_px() == 2);
  CHECK(part.data()[0] == std::byte{101});
  for (const Box box : {Box{2, 1, 3, 2}, Box{-1, 0, 2, 2}, Box{0, 0, 0, 1}, Box{0, 2147483647, 1, 2}}) {
    CHECK(error_of([&] { file.read({.series = 1, .level = 1, .region = box}); }).code() == ErrorCode::kInvalidArgument);
  }
  CHECK(error_of([&] { file.read({.series = 1, .level = 2}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { file.read({.series = 2}); }).code() == ErrorCode::kInvalidArgument);
  CHECK(error_of([&] { file.read({.z = 3}); }).code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("an image is handed over as bytes and taken as it was") {
  for (const SampleType type : {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
    DecodedImage decoded;
    decoded.image = noise_image(5, 4, 3, type);
    decoded.header = {.format = FileFormat::kNd2, .width_px = 50, .height_px = 40, .channels = 3, .bits_per_channel = 12};
    decoded.pages = 9;
    decoded.channels = 2;
    decoded.pixel_size_um = 0.325;
    decoded.damaged = true;
    const FileBytes packed = pack_image(decoded);
    const DecodedImage taken = decode(packed, {.page = 3});
    CHECK(std::memcmp(taken.image.data(), decoded.image.data(), decoded.image.row_stride_bytes() * 4) == 0);
    CHECK(taken.image.type() == type);
    CHECK(taken.header.format == FileFormat::kNd2);
    CHECK(taken.header.width_px == 50);
    CHECK(taken.header.bits_per_channel == 12);
    CHECK(taken.pages == 9);
    CHECK(taken.channels == 2);
    CHECK(taken.pixel_size_um == 0.325);
    CHECK(taken.damaged);
    CHECK(error_of([&] { decode(std::span(packed).first(packed.size() - 1)); }).code() == ErrorCode::kTruncated);
    CHECK(error_of([&] { decode(std::span(packed).first(20)); }).code() == ErrorCode::kTruncated);
    FileBytes wrong = packed;
    wrong[8] = 99;
    CHECK(error_of([&] { decode(wrong); }).code() == ErrorCode::kCorrupt);
  }
}
