#include "write_ndpi.h"

#include <algorithm>
#include <cstring>

#include "ndpi_pictures.h"
#include "write_pictures.h"

namespace cytodrop::test {
namespace {

constexpr std::size_t kHeaderBytes = 629, kPartBytes = 10;

template <typename Number>
void append(FileBytes& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> 8 * i));
}

struct Tag {
  std::uint16_t number, type;
  std::uint32_t count;
  std::uint64_t value;
  FileBytes values = {};
};

/// One JPEG of all parts, and where they begin.
FileBytes pixels_of(const NdpiLevel& level, std::vector<std::uint32_t>& starts) {
  const FileBytes model = from_digits(kJpegOfFourParts);
  FileBytes jpeg(model.begin(), model.begin() + kHeaderBytes);
  // The frame header: its marker, length, bits; then height and width.
  for (std::size_t at = 0; at + 9 < jpeg.size(); ++at) {
    if (jpeg[at] != 0xff || jpeg[at + 1] != 0xc0) continue;
    const int height = 8 * level.down, width = 16 * level.across;
    const bool fits = height < 65536 && width < 65536;
    jpeg[at + 5] = static_cast<std::uint8_t>(fits ? height >> 8 : 0);
    jpeg[at + 6] = static_cast<std::uint8_t>(fits ? height : 0);
    jpeg[at + 7] = static_cast<std::uint8_t>(fits ? width >> 8 : 0);
    jpeg[at + 8] = static_cast<std::uint8_t>(fits ? width : 0);
    break;
  }
  for (int i = 0; i < level.across * level.down; ++i) {
    starts.push_back(static_cast<std::uint32_t>(jpeg.size()));
    const int part = (i % level.across + 2 * (i / level.across)) % 4;
    const auto first = model.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes + kPartBytes * static_cast<std::size_t>(part));
    jpeg.insert(jpeg.end(), first, first + (kPartBytes - 2));
    jpeg.insert(jpeg.end(), {0xff, static_cast<std::uint8_t>(i + 1 < level.across * level.down ? 0xd0 + i % 8 : 0xd9)});
  }
  return jpeg;
}

}  // namespace

std::vector<int> ndpi_colour(int column, int row) {
  constexpr int kColours[4][3] = {{200, 60, 60}, {60, 180, 70}, {50, 80, 220}, {240, 240, 90}};
  const int* colour = kColours[(column + 2 * row) % 4];
  return {colour[0], colour[1], colour[2]};
}

FileBytes make_ndpi(const std::vector<NdpiLevel>& levels, std::uint64_t far) {
  FileBytes file{'I', 'I', 42, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  std::size_t link = 4;
  for (const NdpiLevel& level : levels) {
    std::vector<std::uint32_t> starts;
    const FileBytes jpeg = pixels_of(level, starts);
    const std::uint64_t jpeg_at = file.size() + far;
    file.insert(file.end(), jpeg.begin(), jpeg.end());
    FileBytes list;
    for (const std::uint32_t start : starts) append(list, start + (level.misleads ? 1u : 0u));
    std::uint32_t lens = 0;
    std::memcpy(&lens, &level.lens, sizeof lens);
    FileBytes per_cm;
    append(per_cm, std::uint32_t{40'000});
    append(per_cm, std::uint32_t{1});
    const std::string text = "slide of Jane";
    std::vector<Tag> tags{{256, 4, 1, static_cast<std::uint64_t>(16 * level.across)}, {257, 4, 1, static_cast<std::uint64_t>(8 * level.down)}, {259, 3, 1, 7},
                          {270, 2, static_cast<std::uint32_t>(text.size() + 1), 0, FileBytes(text.begin(), text.end())}, {273, 4, 1, jpeg_at}, {279, 4, 1, jpeg.size()},
                          {282, 5, 1, 0, per_cm}, {283, 5, 1, 0, per_cm}, {296, 3, 1, 3}, {65420, 4, 1, 1}, {65421, 11, 1, lens}, {65424, 9, 1, 0}};
    tags[3].values.push_back(0);
    if (level.listed && starts.size() > 1) {
      tags.push_back({65426, 4, static_cast<std::uint32_t>(starts.size()), 0, list});
      tags.push_back({65432, 4, static_cast<std::uint32_t>(starts.size()), 0, FileBytes(list.size())});
    }
    FileBytes entries, high;
    for (Tag& tag : tags) {
      if (!tag.values.empty()) {
        tag.value = file.size() + far;
        file.insert(file.end(), tag.values.begin(), tag.values.end());
      }
      append(entries, tag.number);
      append(entries, tag.type);
      append(entries, tag.count);
      append(entries, static_cast<std::uint32_t>(tag.value));
      append(high, static_cast<std::uint32_t>(tag.value >> 32));
    }
    const std::uint64_t here = file.size() + far;
    for (std::size_t i = 0; i < 8; ++i) file[link + i] = static_cast<std::uint8_t>(here >> 8 * i);
    append(file, static_cast<std::uint16_t>(tags.size()));
    file.insert(file.end(), entries.begin(), entries.end());
    link = file.size();
    file.resize(file.size() + 8);
    file.insert(file.end(), high.begin(), high.end());
  }
  return file;
}

std::map<std::string, FileBytes> ndpi_examples() {
  return {{"levels", make_ndpi({{8, 12}, {4, 6, 20}, {5, 1, -1}})}, {"unlisted", make_ndpi({{8, 4, 40, false}})}, {"misled", make_ndpi({{8, 4, 40, true, true}})}, {"whole", make_ndpi({{3, 1}})}};
}

}  // namespace cytodrop::test
