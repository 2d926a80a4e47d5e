#include <algorithm>

#include "check_file.h"
#include "core/formats/blosc.h"
#include "core/formats/lz_blocks.h"
#include "core/formats/pages.h"
#include "core/formats/zip_files.h"
#include "write_bytes.h"
#include "write_zarr.h"

using namespace cytodrop;
using namespace cytodrop::test;

namespace {

std::unique_ptr<ImageFile> open_files(const NamedFiles& files, const ZipOptions& options = {}) { return open_bytes(make_zip(files, options)); }

/// The code of the error that opening a file, or reading all of its first series, ends with; kInternal where there is none.
ErrorCode code_of(const NamedFiles& files, PlaneChoice choice = {}) {
  try {
    open_files(files)->read(choice);
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.code();
  }
  return ErrorCode::kInternal;
}

FileBytes example(const std::string& wanted) {
  for (const auto& [name, bytes] : zarr_examples()) {
    if (name == wanted) return bytes;
  }
  throw std::runtime_error("no example " + wanted);
}

/// A frame of Zstandard that repeats one byte; a few bytes for any length.
FileBytes zstd_of_one_byte(std::uint64_t length, std::uint8_t byte) {
  FileBytes frame{0x28, 0xb5, 0x2f, 0xfd, 0xe0};
  put(frame, length);
  constexpr std::uint64_t kBlock = 128 * 1024;
  for (std::uint64_t left = length; left > 0;) {
    const std::uint64_t step = std::min(left, kBlock);
    left -= step;
    const auto header = static_cast<std::uint32_t>(step << 3 | 2 | (left == 0 ? 1 : 0));
    frame.insert(frame.end(), {static_cast<std::uint8_t>(header), static_cast<std::uint8_t>(header >> 8), static_cast<std::uint8_t>(header >> 16), byte});
  }
  return frame;
}

}  // namespace

TEST_CASE("OME-Zarr: chunks at their places, those that are not there filled, whatever the archive is like") {
  const FileBytes chunk = counted_samples(6, 8, 1);
  for (const char* name : {"plain", "zip64", "deflated"}) {
    INFO(name);
    const auto file = open_bytes(example(name));
    REQUIRE(file->series().size() == 1);
    const Series& one = file->series().front();
    CHECK(one.name == "an image");
    CHECK(one.levels.front().width_px == 4);
    CHECK(one.levels.front().height_px == 5);
    CHECK(one.x_um == 0.5);
    CHECK(one.channels.front().name == "BF");
    const Image image = file->read({});
    std::vector<std::uint8_t> expected(20, 7);
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t x = 0; x < 3; ++x) expected[4 * y + x] = chunk[3 * y + x];
    }
    // The last chunk reaches beyond the array.
    expected[4 * 4 + 3] = chunk[0];
    CHECK(bytes_of(image) == expected);
    const Image part = file->read({.region = Box{2, 1, 2, 2}});
    CHECK(bytes_of(part) == FileBytes{chunk[5], 7, 7, 7});
  }
}

TEST_CASE("OME-Zarr: byte orders, orders of axes, shards") {
  const FileBytes words = counted_samples(6, 16, 2), chunk = counted_samples(6, 8, 1);
  const auto word = [&](const FileBytes& bytes, std::size_t i) { return bytes[2 * i] | bytes[2 * i + 1] << 8; };
  const FileBytes big = bytes_of(open_bytes(example("big_endian"))->read({}));
  for (std::size_t i = 0; i < 6; ++i) CHECK(word(big, i) == ((words[2 * i] << 8 | words[2 * i + 1]) ^ 0x8000));
  const FileBytes turned = bytes_of(open_bytes(example("columns_first"))->read({.channel = 1}));
  for (std::size_t y = 0; y < 2; ++y) {
    for (std::size_t x = 0; x < 3; ++x) CHECK(word(turned, 3 * y + x) == word(words, 2 * x + y));
  }
  const FileBytes shard = bytes_of(open_bytes(example("shard"))->read({}));
  CHECK(shard == FileBytes{chunk[0], chunk[1], chunk[2], 7, 7, 7, chunk[3], chunk[4], chunk[5], 7, 7, 7});
  const FileBytes transposed = bytes_of(open_bytes(example("sum"))->read({}));
  CHECK(transposed == FileBytes{chunk[0], chunk[2], chunk[4], chunk[1], chunk[3], chunk[5]});
  const auto plate = open_bytes(example("plate"));
  CHECK(plate->series().front().name == "A/1/0");
  const auto series = open_bytes(example("series"));
  CHECK(series->series().front().name == "scene");
  CHECK(series->series().front().channels.front().name == "Phase");
}

TEST_CASE("OME-Zarr: every example is read, and every cut of it is refused or read") {
  for (const auto& [name, bytes] : zarr_examples()) {
    INFO(name);
    // Two of the Blosc containers say that six bytes are compressed, which they are not.
    if (!name.starts_with("blosc")) CHECK(reads_or_refuses(bytes));
    cut_everywhere(bytes);
  }
}

TEST_CASE("LZ4 and BloscLZ: copies that overlap, long lengths, and nothing beyond either end") {
  const auto lz4 = [](const FileBytes& block, std::size_t bytes) {
    FileBytes out(bytes);
    decode_lz4(block, out);
    return out;
  };
  CHECK(lz4({0x12, 'a', 1, 0, 0x10, 'b'}, 8) == bytes_of_text("aaaaaaab"));
  FileBytes expected(1 + 4 + 15 + 255 + 2, 'x');
  expected.push_back('y');
  CHECK(lz4({0x1f, 'x', 1, 0, 255, 2, 0x10, 'y'}, expected.size()) == expected);
  for (const auto& [block, bytes] : std::vector<std::pair<FileBytes, std::size_t>>{{{0x10}, 1}, {{0x12, 'a', 2, 0}, 7}, {{0x12, 'a', 0, 0}, 7}, {{0x12, 'a', 1, 0}, 6}, {{0x10, 'a'}, 2}, {{0xf0, 255}, 300}, {{}, 1}}) {
    CHECK_THROWS_AS(lz4(block, bytes), Error);
  }
  const auto blosclz = [](const FileBytes& block, std::size_t bytes) {
    FileBytes out(bytes);
    decode_blosclz(block, out);
    return out;
  };
  CHECK(blosclz({0x20 | 1, 'a', 'b', 0x40, 1}, 6) == bytes_of_text("ababab"));
  for (const auto& [block, bytes] : std::vector<std::pair<FileBytes, std::size_t>>{{{}, 1}, {{0x20}, 1}, {{0x20, 'a', 0x40, 1}, 5}, {{0x20, 'a', 0x40}, 5}, {{0x20, 'a', 0xe0, 255}, 999}, {{0x20, 'a', 0x40, 0}, 4}}) {
    CHECK_THROWS_AS(blosclz(block, bytes), Error);
  }
}

TEST_CASE("Blosc: a header that lies is damage, and Blosc 2 is told") {
  const FileBytes six = counted_samples(6, 8, 1);
  FileBytes good{2, 1, 0x10, 2, 6, 0, 0, 0, 6, 0, 0, 0, 30, 0, 0, 0, 20, 0, 0, 0, 6, 0, 0, 0};
  put_all(good, six);
  CHECK(decode_blosc(good, 6) == six);
  FileBytes shuffled = good;
  shuffled[2] = 0x11;
  CHECK(decode_blosc(shuffled, 6) == FileBytes{six[0], six[3], six[1], six[4], six[2], six[5]});
  const auto code = [&](std::size_t at, std::uint8_t byte) {
    FileBytes bad = good;
    bad[at] = byte;
    try {
      decode_blosc(bad, 6);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  CHECK(code(0, 5) == ErrorCode::kUnsupportedFeature);
  for (const std::size_t at : {4u, 5u, 8u, 9u, 16u, 17u, 20u, 21u}) CHECK(code(at, 250) == ErrorCode::kCorrupt);
  CHECK(code(8, 0) == ErrorCode::kCorrupt);
}

TEST_CASE("OME-Zarr: metadata that lies asks for no memory and no time") {
  const auto image = [](const std::string& array, const NamedFiles& chunks = {}) { return zarr_image("yx", array, chunks); };
  CHECK(code_of(image(array_json_2("[1152921504606846976, 1152921504606846976]", "[1, 1]"))) == ErrorCode::kCorrupt);
  CHECK(code_of(image(array_json_2("[4000000000, 4]", "[1, 1]"))) == ErrorCode::kTooLarge);
  CHECK(code_of(image(array_json_2("[0, 4]", "[1, 1]"))) == ErrorCode::kCorrupt);
  CHECK(code_of(image(array_json_2("[-1, 4]", "[1, 1]"))) == ErrorCode::kCorrupt);
  CHECK(code_of(image(array_json_2("[4, 4]", "[0, 1]"))) == ErrorCode::kCorrupt);
  CHECK(code_of(image(array_json_2("[4, 4]", "[1000000, 1000000]"))) == ErrorCode::kTooLarge);
  CHECK(code_of(image(array_json_2("[4, 4, 4]", "[1, 1, 1]"))) == ErrorCode::kCorrupt);
  CHECK(code_of(image("[]")) == ErrorCode::kCorrupt);
  CHECK(code_of(image(array_json_2("[4, 4]", "[4, 4]"), {{"0.0", FileBytes(15)}})) == ErrorCode::kCorrupt);
  CHECK(code_of(image(array_json_2("[4, 4]", "[4, 4]", "|u1", R"("compressor": {"id": "bz2"}, "fill_value": 0)"), {{"0.0", FileBytes(15)}})) == ErrorCode::kUnsupportedFeature);
  CHECK(code_of({{"notes.txt", FileBytes(4)}}) == ErrorCode::kUnsupportedFormat);
  CHECK(code_of({{".zgroup", bytes_of_text("{}")}}) == ErrorCode::kUnsupportedFormat);
  CHECK(code_of({{".zattrs", bytes_of_text(image_json("yx"))}}) == ErrorCode::kCorrupt);
  // A path that leads out of the archive leads nowhere.
  CHECK(code_of({{".zattrs", bytes_of_text(R"({"multiscales": [{"axes": ["y", "x"], "datasets": [{"path": "../../0"}]}]})")}}) == ErrorCode::kCorrupt);
  // A plate whose wells are the plate.
  CHECK(code_of({{".zattrs", bytes_of_text(R"({"plate": {"wells": [{"path": "."}, {"path": ".."}]}})")}}) == ErrorCode::kUnsupportedFormat);
  const std::string deep = R"({"multiscales": )" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  CHECK(code_of({{".zattrs", bytes_of_text(deep)}}) == ErrorCode::kCorrupt);
  CHECK(code_of({{".zattrs", FileBytes(17'000'000, ' ')}}) == ErrorCode::kTooLarge);

  CHECK(code_of(image(array_json_2("[10000, 10000]", "[1, 1]"))) == ErrorCode::kTooLarge);
  // Eight bombs of 250 MB, and one.
  NamedFiles bombs;
  for (int i = 0; i < 8; ++i) bombs.emplace_back(std::to_string(i) + ".0", zstd_of_one_byte(250'000'000, 9));
  const std::string large = array_json_2("[8, 125000000]", "[1, 250000000]", "|u1", R"("compressor": {"id": "zstd"}, "fill_value": 0)");
  CHECK(code_of(image(large, bombs), {.region = Box{0, 0, 4, 8}}) == ErrorCode::kTooLarge);
  CHECK(code_of(image(array_json_2("[4, 4]", "[4, 4]", "|u1", R"("compressor": {"id": "zstd"}, "fill_value": 0)"), {{"0.0", zstd_of_one_byte(250'000'000, 9)}})) == ErrorCode::kCorrupt);
}

TEST_CASE("ZIP: a directory that lies is refused, an encrypted file told, a name found only as a whole") {
  const NamedFiles files{{"b", {1, 2, 3}}, {"a/c", {4}}, {"folder/", {}}, {"a", {5, 6}}};
  ZipFiles zip(std::make_shared<OwnedSource>(make_zip(files)));
  CHECK(zip.count() == 3);
  CHECK(zip.at(0).name == "a");
  CHECK(zip.read(zip.find("b").value(), 10) == FileBytes{1, 2, 3});
  CHECK(zip.read_part(zip.find("b").value(), 1, 2, 10) == FileBytes{2, 3});
  CHECK_FALSE(zip.find("a/"));
  CHECK_FALSE(zip.find(""));
  CHECK_THROWS_AS(zip.read(zip.find("b").value(), 2), Error);
  CHECK_THROWS_AS(zip.read_part(zip.find("b").value(), 2, 2, 10), Error);
  ZipFiles locked(std::make_shared<OwnedSource>(make_zip(files, {.encrypted = true})));
  try {
    locked.read(locked.find("a").value(), 10);
    FAIL("an encrypted file was read");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUnsupportedFeature);
  }
  const FileBytes whole = make_zip(files);
  // The second count of files, the directory's length and its place.
  for (std::size_t at = whole.size() - 22 + 10; at < whole.size() - 2; ++at) {
    FileBytes bad = whole;
    bad[at] = 0xfe;
    INFO(at);
    CHECK_THROWS_AS(ZipFiles(std::make_shared<OwnedSource>(bad)), Error);
  }
}
