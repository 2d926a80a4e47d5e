#include "write_czi.h"

#include <cstring>

#include "coded_pixels.h"

namespace cytodrop::test {
namespace {

class Writer {
 public:
  void u8(int value) { bytes.push_back(static_cast<std::uint8_t>(value)); }
  void u16(std::uint32_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void i32(int value) { u32(static_cast<std::uint32_t>(value)); }
  void u64(std::uint64_t value) { number(value, 8); }
  void text(const std::string& value, std::size_t room) {
    for (std::size_t i = 0; i < room; ++i) u8(i < value.size() ? value[i] : 0);
  }
  void zeros(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) u8(0);
  }
  void add(const FileBytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void put_u64(std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
  }

  FileBytes bytes;

 private:
  void number(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) u8(static_cast<int>(value >> 8 * i & 0xff));
  }
};

std::size_t add_segment(Writer& file, const std::string& kind, const FileBytes& data) {
  const std::size_t at = file.bytes.size(), padded = (data.size() + 31) / 32 * 32;
  file.text(kind, 16);
  file.u64(padded);
  file.u64(data.size());
  file.add(data);
  file.zeros(padded - data.size());
  return at;
}

FileBytes entry_of(const CziTile& tile, std::size_t at) {
  struct Dimension {
    char name;
    int start, size, stored;
  };
  std::vector<Dimension> dimensions{{'X', tile.x, tile.width_px, tile.stored_width_px ? tile.stored_width_px : tile.width_px},
                                    {'Y', tile.y, tile.height_px, tile.stored_height_px ? tile.stored_height_px : tile.height_px},
                                    {'C', tile.c, 1, 1},
                                    {'Z', tile.z, 1, 1},
                                    {'T', tile.t, 1, 1}};
  if (tile.scene >= 0) dimensions.push_back({'S', tile.scene, 1, 1});
  for (const auto& [name, index] : tile.others) dimensions.push_back({name, index, 1, 1});
  if (tile.m >= 0) dimensions.push_back({'M', tile.m, 1, 1});
  Writer entry;
  entry.text("DV", 2);
  entry.i32(tile.pixel_type);
  entry.u64(at);
  entry.i32(0);
  entry.i32(tile.compression);
  entry.zeros(6);
  entry.u32(static_cast<std::uint32_t>(dimensions.size()));
  for (const Dimension& dimension : dimensions) {
    entry.text(std::string(1, dimension.name), 4);
    entry.i32(dimension.start);
    entry.i32(dimension.size);
    entry.i32(0);
    entry.i32(dimension.stored);
  }
  return entry.bytes;
}

std::size_t add_tile(Writer& file, const CziTile& tile) {
  const std::string xml = "<METADATA><Tags><StageXPosition>+1</StageXPosition></Tags></METADATA>";
  Writer data;
  data.u32(static_cast<std::uint32_t>(xml.size()));
  data.u32(0);
  data.u64(tile.pixels.size());
  data.add(entry_of(tile, file.bytes.size()));
  if (data.bytes.size() < 256) data.zeros(256 - data.bytes.size());
  data.text(xml, xml.size());
  data.add(tile.pixels);
  return add_segment(file, "ZISRAWSUBBLOCK", data.bytes);
}

std::size_t add_attachments(Writer& file, const std::vector<CziAttached>& attachments) {
  Writer list;
  list.u32(static_cast<std::uint32_t>(attachments.size()));
  list.zeros(252);
  for (const CziAttached& attachment : attachments) {
    Writer entry;
    entry.text("A1", 2);
    entry.zeros(10);
    entry.u64(file.bytes.size());
    entry.zeros(20);
    entry.text(attachment.type, 8);
    entry.text(attachment.name, 80);
    Writer data;
    data.u64(attachment.bytes.size());
    data.zeros(8);
    data.add(entry.bytes);
    data.zeros(112);
    data.zeros(256 - data.bytes.size());
    data.add(attachment.bytes);
    add_segment(file, "ZISRAWATTACH", data.bytes);
    list.add(entry.bytes);
  }
  return add_segment(file, "ZISRAWATTDIR", list.bytes);
}

constexpr std::size_t kDirectoryPosition = 32 + 52;

std::size_t get_u64(const FileBytes& file, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(file.at(at + i)) << 8 * i;
  return static_cast<std::size_t>(value);
}

void begin_zstd_frame(Writer& frame, std::size_t bytes) {
  frame.u32(0xfd2fb528u);
  frame.u8(0xa0);  // one segment, its size in four bytes
  frame.u32(static_cast<std::uint32_t>(bytes));
}

void add_zstd_block(Writer& frame, std::uint32_t kind, std::uint32_t size, bool last) {
  const std::uint32_t head = (last ? 1u : 0u) | kind << 1 | size << 3;
  frame.u16(head & 0xffff);
  frame.u8(static_cast<int>(head >> 16));
}

constexpr std::uint32_t kMaxZstdBlock = 1 << 17;

/// A tile with pixels of its own.
CziTile drawn(CziTile tile, unsigned seed) {
  const int width = tile.stored_width_px ? tile.stored_width_px : tile.width_px, height = tile.stored_height_px ? tile.stored_height_px : tile.height_px;
  tile.pixels = czi_pixels(tile.pixel_type, width, height, seed);
  if (tile.compression == 5) tile.pixels = zstd_stored(tile.pixels);
  if (tile.compression == 6) tile.pixels = czi_zstd1(tile.pixels, tile.pixel_type == 1 || tile.pixel_type == 4);
  return tile;
}

CziParts mosaic_with_pyramid(int compression, int pixel_type) {
  CziParts parts{.tiles = {}, .xml = czi_xml()};
  unsigned seed = 1;
  for (int scene = 0; scene < 2; ++scene) {
    // Two rows of three tiles that overlap by 4 px; in the second scene the order of the file is not that of M.
    for (int i = 0; i < 6; ++i) {
      const int tile = scene == 0 ? i : 5 - i;
      parts.tiles.push_back(drawn({.pixel_type = pixel_type, .compression = compression, .x = -7 + 1000 * scene + 16 * (tile % 3), .y = 5 + 12 * (tile / 3), .width_px = 20, .height_px = 16, .scene = scene, .m = tile}, seed++));
    }
    parts.tiles.push_back(drawn({.pixel_type = pixel_type, .compression = compression, .x = -7 + 1000 * scene, .y = 5, .width_px = 32, .height_px = 28, .stored_width_px = 16, .stored_height_px = 14, .scene = scene}, seed++));
    parts.tiles.push_back(drawn({.pixel_type = pixel_type, .compression = compression, .x = 25 + 1000 * scene, .y = 5, .width_px = 20, .height_px = 28, .stored_width_px = 10, .stored_height_px = 14, .scene = scene}, seed++));
    parts.tiles.push_back(drawn({.pixel_type = pixel_type, .compression = compression, .x = -7 + 1000 * scene, .y = 5, .width_px = 52, .height_px = 28, .stored_width_px = 13, .stored_height_px = 7, .scene = scene}, seed++));
  }
  return parts;
}

}  // namespace

FileBytes make_czi(const CziParts& parts) {
  Writer file, header;
  header.u32(1);
  header.zeros(44);
  header.i32(parts.file_part);
  header.zeros(512 - header.bytes.size());
  add_segment(file, "ZISRAWFILE", header.bytes);
  FileBytes entries;
  for (const CziTile& tile : parts.tiles) {
    const FileBytes entry = entry_of(tile, add_tile(file, tile));
    entries.insert(entries.end(), entry.begin(), entry.end());
  }
  Writer directory;
  directory.u32(parts.stated_tiles ? parts.stated_tiles : static_cast<std::uint32_t>(parts.tiles.size()));
  directory.zeros(124);
  directory.add(entries);
  file.put_u64(kDirectoryPosition, add_segment(file, "ZISRAWDIRECTORY", directory.bytes));
  if (!parts.xml.empty()) {
    Writer metadata;
    metadata.u32(static_cast<std::uint32_t>(parts.xml.size()));
    metadata.zeros(252);
    metadata.text(parts.xml, parts.xml.size());
    file.put_u64(kDirectoryPosition + 8, add_segment(file, "ZISRAWMETADATA", metadata.bytes));
  }
  if (!parts.attachments.empty()) file.put_u64(kDirectoryPosition + 20, add_attachments(file, parts.attachments));
  return file.bytes;
}

std::size_t czi_directory_at(const FileBytes& file) { return get_u64(file, kDirectoryPosition); }
std::size_t czi_first_entry_at(const FileBytes& file) { return czi_directory_at(file) + 32 + 128; }

FileBytes czi_pixels(int pixel_type, int width_px, int height_px, unsigned seed) {
  const std::size_t samples = pixel_type == 3 || pixel_type == 4 || pixel_type == 8 ? 3 : pixel_type == 9 ? 4 : 1;
  const std::size_t size = pixel_type == 1 || pixel_type == 4 ? 2 : pixel_type == 2 || pixel_type == 8 ? 4 : 1;
  FileBytes bytes(static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px) * samples * size);
  std::uint32_t state = seed * 2654435761u + 1;
  const auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
  for (std::size_t i = 0; i < bytes.size(); i += size) {
    if (size == 4) {
      const float sample = static_cast<float>(next() % 100'000) / 64 - 500;
      std::memcpy(&bytes[i], &sample, size);
    } else {
      for (std::size_t j = 0; j < size; ++j) bytes[i + j] = static_cast<std::uint8_t>(next());
    }
  }
  return bytes;
}

FileBytes zstd_stored(const FileBytes& bytes) {
  Writer frame;
  begin_zstd_frame(frame, bytes.size());
  std::size_t at = 0;
  do {
    const std::size_t size = std::min<std::size_t>(bytes.size() - at, kMaxZstdBlock);
    add_zstd_block(frame, 0, static_cast<std::uint32_t>(size), at + size == bytes.size());
    frame.bytes.insert(frame.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
  } while (at < bytes.size());
  return frame.bytes;
}

FileBytes zstd_repeated(std::uint8_t byte, std::uint32_t count) {
  Writer frame;
  begin_zstd_frame(frame, count);
  while (count > 0) {
    const std::uint32_t size = std::min(count, kMaxZstdBlock);
    count -= size;
    add_zstd_block(frame, 1, size, count == 0);
    frame.u8(byte);
  }
  return frame.bytes;
}

FileBytes czi_zstd1(const FileBytes& pixels, bool halves) {
  FileBytes payload{1};
  FileBytes plain = pixels;
  if (halves) {
    payload = {3, 1, 1};
    for (std::size_t i = 0; i < pixels.size() / 2; ++i) {
      plain[i] = pixels[2 * i];
      plain[pixels.size() / 2 + i] = pixels[2 * i + 1];
    }
  }
  const FileBytes frame = zstd_stored(plain);
  payload.insert(payload.end(), frame.begin(), frame.end());
  return payload;
}

std::string czi_xml() {
  return R"(<?xml version="1.0"?><ImageDocument><Metadata><Experiment><Information><User><DisplayName>Nobody</DisplayName></User></Information></Experiment>
<Information><User Id="User:1"><DisplayName>Jane &amp; Doe</DisplayName><Email>jane@example.org</Email></User>
<Application><Name>ZEN 3.4 (blue edition)</Name><Version>3.4.91</Version></Application>
<Document><Name>slide 12</Name><Title>Patient 17</Title><Description>blood &lt;film&gt;</Description><Comment>second try</Comment><UserName>jdoe</UserName><CreationDate>2024-05-06T07:08:09Z</CreationDate></Document>
<Image><SizeX>52</SizeX><AcquisitionDateAndTime>2024-05-06T07:08:00Z</AcquisitionDateAndTime><Dimensions><Channels>
<Channel Id="Channel:0" Name="DAPI"><ExcitationWavelength>353</ExcitationWavelength><EmissionWavelength>465.5</EmissionWavelength><ComponentBitCount>12</ComponentBitCount><Fluor>DAPI dye</Fluor></Channel>
<Channel Id="Channel:1" Name="EGFP"><EmissionWavelength>509</EmissionWavelength></Channel></Channels>
<S><Scenes><Scene Index="0" Name="A1"><CenterPosition>1,2</CenterPosition></Scene><Scene Index="1" Name="B2"/></Scenes></S></Dimensions></Image>
<Instrument><Microscopes><Microscope Id="Microscope:1" Name="Axio Observer.Z1"><System>Axio Observer</System></Microscope></Microscopes>
<Objectives><Objective Id="Objective:1" Name="Plan-Apochromat 20x/0.8"><LensNA>0.8</LensNA><NominalMagnification>20</NominalMagnification><Manufacturer><SerialNumber>420650-9901</SerialNumber></Manufacturer></Objective></Objectives>
<Detectors><Detector Id="Detector:1" Name="Axiocam 506"/></Detectors></Instrument></Information>
<Scaling><Items><Distance Id="X"><Value>2.5E-07</Value></Distance><Distance Id="Y"><Value>5e-7</Value></Distance><Distance Id="Z"><Value>0.000002</Value></Distance></Items></Scaling>
<DisplaySetting><Channels><Channel Id="Channel:0" Name="shown 0"/><Channel Id="Channel:1" Name="shown 1"/><Channel Id="Channel:2" Name="shown 2"/></Channels></DisplaySetting></Metadata></ImageDocument>)";
}

std::vector<std::pair<std::string, FileBytes>> czi_examples() {
  std::vector<std::pair<std::string, FileBytes>> all;
  for (const int type : {0, 1, 2, 3, 4, 8, 9}) {
    for (const int compression : {0, 5, 6}) {
      all.emplace_back("type" + std::to_string(type) + "_compression" + std::to_string(compression), make_czi({.tiles = {drawn({.pixel_type = type, .compression = compression, .width_px = 9, .height_px = 7}, 3)}}));
    }
  }
  all.emplace_back("mosaic_grey", make_czi(mosaic_with_pyramid(0, 0)));
  all.emplace_back("mosaic_colour_zstd", make_czi(mosaic_with_pyramid(6, 4)));
  CziParts planes{.tiles = {}, .xml = czi_xml(), .attachments = {{"Label", "CZI", FileBytes(100, 1)}, {"Thumbnail", "JPG", jpeg_grey()}, {"TimeStamps", "CZTIMS", FileBytes(16, 0)}}};
  for (int i = 0; i < 12; ++i) planes.tiles.push_back(drawn({.pixel_type = 1, .width_px = 5, .height_px = 4, .c = i % 2, .z = i / 2 % 3, .t = i / 6}, static_cast<unsigned>(i)));
  all.emplace_back("planes", make_czi(planes));
  all.emplace_back("two_types", make_czi({.tiles = {drawn({.pixel_type = 1, .width_px = 5, .height_px = 4}, 1), drawn({.pixel_type = 3, .width_px = 5, .height_px = 4, .c = 1}, 2)}, .xml = czi_xml()}));
  all.emplace_back("others", make_czi({.tiles = {drawn({.width_px = 5, .height_px = 4, .others = {{'H', 1}}}, 1), drawn({.width_px = 5, .height_px = 4, .others = {{'H', 0}}}, 2)}}));
  all.emplace_back("repeated", make_czi({.tiles = {{.pixel_type = 1, .compression = 5, .width_px = 300, .height_px = 300, .pixels = zstd_repeated(7, 180'000)}}}));
  for (const Coded& coded : coded_pixels()) {
    all.emplace_back(coded.name, make_czi({.tiles = {{.pixel_type = coded.pixel_type, .compression = coded.compression, .width_px = kCodedWidth, .height_px = kCodedHeight, .pixels = coded.bytes}}}));
  }
  return all;
}

}  // namespace cytodrop::test
