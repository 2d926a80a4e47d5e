#include <string>

#include "compressed_frames.h"
#include "write_dicom.h"
#include "write_pictures.h"

namespace cytodrop::test {
namespace {

using Table = DicomWriter::Table;

/// Samples of 8 bits; of several colours those of a pixel next to each other, or one plane after the other.
FileBytes samples(int colours = 1, bool planar = false, int frame = 0) {
  FileBytes all;
  for (int plane = 0; plane < (planar ? colours : 1); ++plane) {
    for (int y = 0; y < kDicomHeight; ++y) {
      for (int x = 0; x < kDicomWidth; ++x) {
        for (int c = planar ? plane : 0; c < (planar ? plane + 1 : colours); ++c) all.push_back(static_cast<std::uint8_t>(dicom_value(x, y, c, frame)));
      }
    }
  }
  return all;
}

std::vector<int> deep(int frame = 0) {
  std::vector<int> all;
  for (int y = 0; y < kDicomHeight; ++y) {
    for (int x = 0; x < kDicomWidth; ++x) all.push_back(dicom_deep_value(x, y, frame));
  }
  return all;
}

DicomWriter start(const char* syntax = kExplicit) {
  DicomWriter writer(syntax);
  writer.text(0x00080008, "CS", "DERIVED\\SECONDARY\\OTHER").text(0x00080020, "DA", "20240506").text(0x00081030, "LO", "Smear");
  return writer;
}

DicomWriter image(int samples, int bits, const std::string& colours, int frames = 1, const char* syntax = kExplicit) {
  return start(syntax).image(kDicomWidth, kDicomHeight, samples, bits, colours, frames);
}

/// A slide of 20 × 10 in tiles of 8 × 6.
DicomWriter slide(const char* kind, bool sparse, int frames, const char* syntax = kExplicit) {
  DicomWriter writer(syntax);
  writer.text(0x00080008, "CS", std::string("ORIGINAL\\PRIMARY\\") + kind + "\\NONE");
  writer.text(0x00209311, "CS", sparse ? "TILED_SPARSE" : "TILED_FULL");
  writer.image(kDicomWidth, kDicomHeight, 3, 8, "RGB", frames);
  writer.numbers(0x00480006, "UL", {20}).numbers(0x00480007, "UL", {10});
  return writer;
}

DicomWriter measures() {
  const DicomWriter values = DicomWriter().text(0x00280030, "DS", "0.0005\\0.00025").text(0x00180050, "DS", "0.001");
  return DicomWriter().sequence(0x00289110, {values});
}

FileBytes all_samples(int frames, int colours) {
  FileBytes all;
  for (int frame = 0; frame < frames; ++frame) {
    const FileBytes one = samples(colours, false, frame);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

std::vector<FileBytes> planes(const FileBytes& interleaved, std::size_t count) {
  std::vector<FileBytes> all(count);
  for (std::size_t i = 0; i < interleaved.size(); ++i) all[i % count].push_back(interleaved[i]);
  return all;
}

void add_plain(std::map<std::string, FileBytes>& all) {
  for (const char* syntax : {kExplicit, kImplicit, kBigEndian, kDeflated}) {
    const std::string name = syntax == kExplicit ? "explicit" : syntax == kImplicit ? "implicit" : syntax == kBigEndian ? "big" : "deflated";
    DicomWriter grey = image(1, 12, "MONOCHROME2", 1, syntax);
    grey.text(0x00280030, "DS", "0.0005\\0.00025").text(0x00281050, "DS", "2000").text(0x00281051, "DS", "4000");
    all[name + "-grey-12"] = grey.pixels(grey.words(deep())).file();
  }
  DicomWriter bytes = image(3, 8, "RGB", 1, kBigEndian);
  all["big-rgb-bytes"] = bytes.bytes(0x7fe00010, "OB", samples(3)).file();
  FileBytes swapped = samples(3);
  for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
  all["big-rgb-words"] = image(3, 8, "RGB", 1, kBigEndian).pixels(swapped).file();
  all["grey-8"] = image(1, 8, "MONOCHROME2").text(0x00181164, "DS", "0.002\\0.001").pixels(samples()).file();
  all["grey-8-turned"] = image(1, 8, "MONOCHROME1").pixels(samples()).file();
  all["rgb"] = image(3, 8, "RGB").pixels(samples(3)).file();
  all["rgb-planar"] = image(3, 8, "RGB").numbers(0x00280006, "US", {1}).pixels(samples(3, true)).file();
  all["ybr"] = image(3, 8, "YBR_FULL").pixels(samples(3)).file();
  FileBytes pairs;
  for (int y = 0; y < kDicomHeight; ++y) {
    for (int x = 0; x < kDicomWidth; x += 2) {
      for (const int value : {dicom_value(x, y), dicom_value(x + 1, y), dicom_value(x, y, 1), dicom_value(x, y, 2)}) pairs.push_back(static_cast<std::uint8_t>(value));
    }
  }
  all["ybr-422"] = image(3, 8, "YBR_FULL_422").pixels(pairs).file();

  DicomWriter is_signed = image(1, 12, "MONOCHROME2");
  std::vector<int> shifted = deep();
  for (int& value : shifted) value -= 2048;
  all["signed"] = is_signed.numbers(0x00280103, "US", {1}).text(0x00281052, "DS", "-1024").text(0x00281053, "DS", "1").pixels(is_signed.words(shifted)).file();
  DicomWriter slope = image(1, 12, "MONOCHROME2");
  all["slope"] = slope.numbers(0x00280103, "US", {1}).text(0x00281052, "DS", "-1024").text(0x00281053, "DS", "0.5").pixels(slope.words(shifted)).file();
  DicomWriter high = image(1, 12, "MONOCHROME1");
  std::vector<int> left = deep();
  for (int& value : left) value = value << 4 | 5;  // what lies below the stored bits is no pixel
  all["high-bit-turned"] = high.numbers(0x00280102, "US", {15}).pixels(high.words(left)).file();
  DicomWriter wide = image(1, 32, "MONOCHROME2");
  FileBytes longs;
  for (const int value : deep()) longs.insert(longs.end(), {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8), 1, 0});
  all["grey-32"] = wide.pixels(longs).file();
  FileBytes bits((kDicomWidth * kDicomHeight * 2 + 7) / 8, 0xb2);
  all["bits"] = image(1, 1, "MONOCHROME2", 2).pixels(bits).file();

  for (const int depth : {8, 16}) {
    DicomWriter palette = image(1, 8, "PALETTE COLOR");
    for (std::uint32_t c = 0; c < 3; ++c) palette.numbers(0x00281101 + c, "US", {200, 10, static_cast<double>(depth)});
    for (std::uint32_t c = 0; c < 3; ++c) {
      FileBytes table;
      for (int i = 0; i < 200; ++i) {
        table.push_back(static_cast<std::uint8_t>(i * (static_cast<int>(c) + 1)));
        if (depth == 16) table.push_back(static_cast<std::uint8_t>(i));
      }
      palette.bytes(0x00281201 + c, "OW", table);
    }
    all["palette-" + std::to_string(depth)] = palette.pixels(samples()).file();
  }
}

void add_frames(std::map<std::string, FileBytes>& all) {
  all["times"] = image(1, 8, "MONOCHROME2", 3).text(0x00181063, "DS", "40").text(0x00180050, "DS", "0.003").pixels(all_samples(3, 1)).file();
  all["slices"] = image(1, 8, "MONOCHROME2", 3).text(0x00180088, "DS", "0.002").pixels(all_samples(3, 1)).file();
  DicomWriter shared = image(3, 8, "RGB", 2);
  all["shared-measures"] = shared.sequence(0x52009229, {measures()}, true).pixels(all_samples(2, 3)).file();

  DicomWriter private_things = image(1, 8, "MONOCHROME2");
  private_things.text(0x00100010, "PN", "Doe^Jane").text(0x00100020, "LO", "4711").text(0x00080080, "LO", "St. Elsewhere").text(0x00181000, "LO", "SN-9");
  private_things.sequence(0x04000561, {DicomWriter().text(0x00100010, "PN", "Roe^Jane").sequence(0x00081140, {DicomWriter().text(0x00081155, "UI", "1.2.3")}, true)}, true);
  private_things.text(0x00091001, "LO", "secret").sequence(0x00091002, {DicomWriter().text(0x00091003, "LO", "secret")});
  private_things.text(0x00101030, "DS", "70");
  all["tags"] = private_things.pixels(samples()).file();
  DicomWriter nested = DicomWriter();
  for (int depth = 0; depth < 20; ++depth) {
    DicomWriter outer;
    outer.sequence(0x00081140, {nested}, depth % 2 == 0);
    nested = outer;
  }
  DicomWriter too_deep = image(1, 8, "MONOCHROME2");
  all["refused-too-deep"] = too_deep.sequence(0x00081140, {nested}).pixels(samples()).file();
}

void add_slides(std::map<std::string, FileBytes>& all) {
  all["slide-full"] = slide("VOLUME", false, 6).sequence(0x52009229, {measures()}).pixels(all_samples(6, 3)).file();
  DicomWriter planes_and_paths = slide("VOLUME", false, 24);
  planes_and_paths.sequence(0x00480105, {DicomWriter().text(0x00480106, "SH", "1").text(0x00480107, "ST", "DAPI"), DicomWriter().text(0x00480106, "SH", "2")});
  all["slide-planes"] = planes_and_paths.numbers(0x00480302, "UL", {2}).numbers(0x00480303, "UL", {2}).pixels(all_samples(24, 3)).file();
  // Two tiles, the second one somewhere in between; what no tile covers is black.
  std::vector<DicomWriter> places;
  for (const auto& [column, row] : {std::pair{1, 1}, {10, 4}}) {
    places.push_back(DicomWriter().sequence(0x0048021a, {DicomWriter().text(0x0040074a, "DS", "0").numbers(0x0048021e, "SL", {static_cast<double>(column)}).numbers(0x0048021f, "SL", {static_cast<double>(row)})}, true));
  }
  all["slide-sparse"] = slide("VOLUME", true, 2).sequence(0x52009230, places, true).pixels(all_samples(2, 3)).file();
  std::vector<std::vector<FileBytes>> tiles;
  for (int frame = 0; frame < 6; ++frame) tiles.push_back({pack_rle(planes(samples(3, false, frame), 3))});
  for (const Table table : {Table::kNone, Table::kBasic, Table::kExtended}) {
    const std::string name = table == Table::kNone ? "none" : table == Table::kBasic ? "basic" : "extended";
    all["slide-rle-" + name] = slide("VOLUME", false, 6, kRle).frames(tiles, table).file();
  }
  all["slide-second-file"] = slide("VOLUME", false, 2).numbers(0x00209162, "US", {2}).numbers(0x00209163, "US", {2}).numbers(0x00209228, "UL", {4}).pixels(all_samples(2, 3)).file();
  all["slide-label"] = slide("LABEL", false, 6).pixels(all_samples(6, 3)).file();
}

void add_codecs(std::map<std::string, FileBytes>& all) {
  const auto add = [&](const std::string& name, const char* syntax, int colours, int bits, const std::string& interpretation, const FileBytes& frame) {
    all[name] = image(colours, bits, interpretation, 1, syntax).frames({{frame}}).file();
  };
  add("rle-grey", kRle, 1, 8, "MONOCHROME2", pack_rle({samples()}));
  FileBytes high, low;
  for (const int value : deep()) {
    high.push_back(static_cast<std::uint8_t>(value >> 8));
    low.push_back(static_cast<std::uint8_t>(value));
  }
  add("rle-grey-12", kRle, 1, 12, "MONOCHROME2", pack_rle({high, low}));
  add("rle-rgb", kRle, 3, 8, "RGB", pack_rle(planes(samples(3), 3)));
  add("jpeg-grey", kJpegBaseline, 1, 8, "MONOCHROME2", from_digits(kJpegGrey));
  add("jpeg-ybr", kJpegBaseline, 3, 8, "YBR_FULL", from_digits(kJpegColour));
  add("jpeg-rgb", kJpegBaseline, 3, 8, "RGB", from_digits(kJpegPlainRgb));
  add("jpeg-12", kJpegExtended, 1, 12, "MONOCHROME2", from_digits(kJpeg12));
  add("lossless-8", kJpegLossless, 1, 8, "MONOCHROME2", from_digits(kLossless8));
  add("lossless-12", kJpegLossless, 1, 12, "MONOCHROME2", from_digits(kLossless12));
  add("jpeg-ls-grey", kJpegLsLossless, 1, 8, "MONOCHROME2", from_digits(kLsGrey));
  add("jpeg-ls-runs", kJpegLsLossless, 1, 8, "MONOCHROME2", from_digits(kLsRuns));
  add("jpeg-ls-12", kJpegLsLossless, 1, 12, "MONOCHROME2", from_digits(kLsDeep));
  add("jpeg-ls-rgb", kJpegLsLossless, 3, 8, "RGB", from_digits(kLsColour));
  add("jpeg-ls-near", kJpegLsNearLossless, 1, 8, "MONOCHROME2", from_digits(kLsNear));
  add("jpeg2000-12", kJpeg2000Lossless, 1, 12, "MONOCHROME2", from_digits(kJ2kDeep));
  add("jpeg2000-rgb", kJpeg2000Lossless, 3, 8, "YBR_RCT", from_digits(kJ2kColour));
  // A frame in three pieces, twice.
  const FileBytes jpeg = from_digits(kJpegGrey);
  std::vector<FileBytes> pieces{{jpeg.begin(), jpeg.begin() + 100}, {jpeg.begin() + 100, jpeg.begin() + 200}, {jpeg.begin() + 200, jpeg.end()}};
  for (const Table table : {Table::kNone, Table::kBasic}) {
    all[table == Table::kNone ? "jpeg-pieces" : "jpeg-pieces-table"] = image(1, 8, "MONOCHROME2", 2, kJpegBaseline).frames({pieces, pieces}, table).file();
  }
}

}  // namespace

std::map<std::string, FileBytes> dicom_examples() {
  std::map<std::string, FileBytes> all;
  add_plain(all);
  add_frames(all);
  add_slides(all);
  add_codecs(all);
  return all;
}

}  // namespace cytodrop::test
