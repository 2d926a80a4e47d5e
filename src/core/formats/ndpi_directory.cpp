#include "core/formats/ndpi_directory.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/error.h"
#include "core/formats/tiff_makers.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxEntries = 4096;
constexpr std::size_t kMaxDirectories = 4096;
constexpr std::uint16_t kShort = 3, kLong = 4, kSlong = 9;
/// Bytes of a value by type, as TIFF 6.0 numbers them.
constexpr std::array<std::uint64_t, 13> kTypeBytes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

NdpiDirectory read_directory(Source& source, std::uint64_t offset, std::uint64_t& next) {
  const SourceNumbers numbers(source, true);
  const std::uint64_t entries = source.has(offset, 2) ? numbers.u16(offset) : 0;
  if (entries == 0 || entries > kMaxEntries || !source.has(offset, 2 + 16 * entries + 8)) throw Error(ErrorCode::kTruncated, "the NDPI file is cut off: a directory of it is missing");
  const std::uint64_t link = offset + 2 + 12 * entries;
  NdpiDirectory directory;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t at = offset + 2 + 12 * i;
    NdpiEntry entry{.tag = numbers.u16(at), .type = numbers.u16(at + 2), .count = numbers.u32(at + 4)};
    const std::uint64_t high = std::uint64_t{numbers.u32(link + 8 + 4 * i)} << 32;
    entry.bytes = entry.type < kTypeBytes.size() ? kTypeBytes[entry.type] * entry.count : 0;
    entry.at = entry.bytes <= 4 ? at + 8 : numbers.u32(at + 8) | high;
    if (entry.count == 1 && entry.type == kShort) entry.number = numbers.u16(at + 8);
    if (entry.count == 1 && (entry.type == kLong || entry.type == kSlong)) entry.number = numbers.u32(at + 8) | high;
    directory.entries.push_back(entry);
  }
  next = numbers.u64(link);
  return directory;
}

template <typename Number>
void append(std::vector<std::uint8_t>& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{number} >> 8 * i));
}

}  // namespace

const NdpiEntry* NdpiDirectory::find(std::uint16_t tag) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const NdpiEntry& entry) { return entry.tag == tag; });
  return found == entries.end() ? nullptr : &*found;
}

std::uint64_t NdpiDirectory::number(std::uint16_t tag) const {
  const NdpiEntry* entry = find(tag);
  return entry ? entry->number : 0;
}

std::vector<NdpiDirectory> read_ndpi_directories(Source& source) {
  if (!source.has(0, 12)) return {};
  const SourceNumbers numbers(source, true);
  if (numbers.u32(0) != 0x002a4949) return {};
  std::uint64_t offset = numbers.u64(4);
  // In a TIFF of another kind the upper four bytes are something else, and no such directory is there.
  if (!source.has(offset, 2) || numbers.u16(offset) > kMaxEntries || !source.has(offset, 2 + 16 * std::uint64_t{numbers.u16(offset)} + 8)) return {};
  std::vector<NdpiDirectory> all;
  std::unordered_set<std::uint64_t> seen;
  while (offset != 0 && all.size() < kMaxDirectories && seen.insert(offset).second) {
    std::uint64_t next = 0;
    all.push_back(read_directory(source, offset, next));
    if (!all.front().find(kNdpiFormat)) return {};
    offset = next;
  }
  return all;
}

std::vector<std::uint8_t> ndpi_tags_as_tiff(Source& source, const NdpiDirectory& directory) {
  constexpr std::uint64_t kMostBytes = 65'536;
  std::vector<const NdpiEntry*> kept;
  for (const NdpiEntry& entry : directory.entries) {
    if (entry.bytes > 0 && entry.bytes <= kMostBytes && source.has(entry.at, entry.bytes)) kept.push_back(&entry);
  }
  std::vector<std::uint8_t> tiff{'I', 'I', 42, 0, 8, 0, 0, 0}, values;
  append(tiff, static_cast<std::uint16_t>(kept.size()));
  const std::size_t values_at = tiff.size() + 12 * kept.size() + 4;
  for (const NdpiEntry* entry : kept) {
    std::vector<std::uint8_t> value = source.read(entry->at, entry->bytes);
    append(tiff, entry->tag);
    append(tiff, entry->type);
    append(tiff, static_cast<std::uint32_t>(entry->count));
    if (value.size() <= 4) {
      value.resize(4);
      tiff.insert(tiff.end(), value.begin(), value.end());
    } else {
      append(tiff, static_cast<std::uint32_t>(values_at + values.size()));
      values.insert(values.end(), value.begin(), value.end());
    }
  }
  append(tiff, std::uint32_t{0});
  tiff.insert(tiff.end(), values.begin(), values.end());
  return tiff;
}

}  // namespace cytodrop
