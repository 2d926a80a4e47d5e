#include "core/formats/zip_files.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/formats/inflate.h"

namespace cytodrop {
namespace {

constexpr std::uint64_t kMaxEntries = 1'000'000, kMaxDirectoryBytes = 200'000'000;
constexpr std::size_t kEntryBytes = 46, kEndBytes = 22, kLocalBytes = 30;
constexpr std::uint32_t kEntry = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator64 = 0x07064b50, kLocal = 0x04034b50;

[[noreturn]] void damaged(const char* why) { throw Error(ErrorCode::kCorrupt, "the ZIP archive is damaged (" + std::string(why) + ")"); }

std::uint64_t number(Bytes bytes, std::size_t at, std::size_t size) {
  if (at > bytes.size() || size > bytes.size() - at) damaged("its directory ends too soon");
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

struct Directory {
  std::uint64_t at, bytes, entries;
};

Directory find_directory(Source& source) {
  const std::uint64_t size = source.size(), step = std::min<std::uint64_t>(size, kEndBytes + 65'535);
  const std::vector<std::uint8_t> tail = source.read(size - step, step);
  std::size_t end = tail.size() < kEndBytes ? tail.size() : tail.size() - kEndBytes + 1;
  while (end-- > 0 && number(tail, end, 4) != kEnd) {
  }
  if (end >= tail.size()) throw Error(ErrorCode::kTruncated, "the ZIP archive is cut off: its end is missing");
  Directory directory{number(tail, end + 16, 4), number(tail, end + 12, 4), number(tail, end + 10, 2)};
  if (end >= 20 && number(tail, end - 20, 4) == kLocator64) {
    const std::vector<std::uint8_t> end64 = source.read(number(tail, end - 12, 8), 56);
    if (number(end64, 0, 4) != kEnd64) damaged("its end");
    directory = {number(end64, 48, 8), number(end64, 40, 8), number(end64, 32, 8)};
  }
  return directory;
}

}  // namespace

ZipFiles::ZipFiles(std::shared_ptr<Source> source) : source_(std::move(source)) {
  const Directory directory = find_directory(*source_);
  if (directory.entries > kMaxEntries) throw Error(ErrorCode::kTooLarge, "there are " + std::to_string(directory.entries) + " files in it; a million are the limit");
  directory_ = source_->read(directory.at, directory.bytes, kMaxDirectoryBytes);
  sorted_.reserve(static_cast<std::size_t>(std::min(directory.entries, directory.bytes / kEntryBytes)));
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (number(directory_, at, 4) != kEntry) damaged("its directory");
    const auto name = static_cast<std::size_t>(number(directory_, at + 28, 2));
    const std::size_t next = at + kEntryBytes + name + static_cast<std::size_t>(number(directory_, at + 30, 2) + number(directory_, at + 32, 2));
    if (next > directory_.size()) damaged("its directory ends too soon");
    if (name > 0 && directory_[at + kEntryBytes + name - 1] != '/') sorted_.push_back(static_cast<std::uint32_t>(at));
    at = next;
  }
  std::sort(sorted_.begin(), sorted_.end(), [this](std::uint32_t a, std::uint32_t b) { return name_at(a) < name_at(b); });
}

std::string_view ZipFiles::name_at(std::uint32_t at) const {
  return {reinterpret_cast<const char*>(directory_.data()) + at + kEntryBytes, static_cast<std::size_t>(number(directory_, at + 28, 2))};
}

ZipEntry ZipFiles::entry(std::uint32_t at) const {
  const Bytes directory(directory_);
  ZipEntry found{name_at(at), number(directory, at + 42, 4), number(directory, at + 20, 4), number(directory, at + 24, 4), static_cast<int>(number(directory, at + 10, 2)),
                 (number(directory, at + 8, 2) & 1) != 0};
  // What does not fit stands behind the name, in this order.
  std::size_t extra = at + kEntryBytes + found.name.size();
  const std::size_t end = extra + static_cast<std::size_t>(number(directory, at + 30, 2));
  while (extra + 4 <= end) {
    const std::size_t next = extra + 4 + static_cast<std::size_t>(number(directory, extra + 2, 2));
    if (number(directory, extra, 2) == 1) {
      std::size_t value = extra + 4;
      for (std::uint64_t* one : {&found.bytes, &found.stored_bytes, &found.header_at}) {
        if (*one != 0xffffffff) continue;
        if (value + 8 > std::min(next, end)) damaged("a large file in it");
        *one = number(directory, value, 8);
        value += 8;
      }
    }
    extra = next;
  }
  return found;
}

std::optional<ZipEntry> ZipFiles::find(std::string_view name) const {
  const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), name, [this](std::uint32_t at, std::string_view wanted) { return name_at(at) < wanted; });
  if (found == sorted_.end() || name_at(*found) != name) return std::nullopt;
  return entry(*found);
}

std::uint64_t ZipFiles::data_at(const ZipEntry& entry) {
  if (entry.encrypted) throw Error(ErrorCode::kUnsupportedFeature, "the ZIP archive is encrypted; unpack it and drop the folder");
  std::array<std::uint8_t, kLocalBytes> header{};
  source_->read(entry.header_at, header);
  if (number(header, 0, 4) != kLocal) damaged("a file in it");
  const std::uint64_t at = entry.header_at + kLocalBytes + number(header, 26, 2) + number(header, 28, 2);
  if (!source_->has(at, entry.stored_bytes)) throw Error(ErrorCode::kTruncated, "the ZIP archive is cut off: a part of it is missing");
  return at;
}

std::vector<std::uint8_t> ZipFiles::read(const ZipEntry& entry, std::uint64_t most) {
  if (entry.bytes > most) throw Error(ErrorCode::kTooLarge, "a part of the file has " + std::to_string(entry.bytes / 1'000'000) + " MB; " + std::to_string(most / 1'000'000) + " MB are the limit");
  if (entry.method == 0) return read_part(entry, 0, entry.bytes, most);
  if (entry.method != 8) throw Error(ErrorCode::kUnsupportedFeature, "the ZIP archive is compressed in a way that is not read; unpack it and drop the folder");
  return inflate_raw(source_->read(data_at(entry), entry.stored_bytes, most), static_cast<std::size_t>(entry.bytes));
}

std::vector<std::uint8_t> ZipFiles::read_part(const ZipEntry& entry, std::uint64_t at, std::uint64_t count, std::uint64_t most) {
  if (entry.method != 0) throw Error(ErrorCode::kUnsupportedFeature, "the ZIP archive compresses shards, of which parts are needed; unpack it and drop the folder");
  if (at > entry.stored_bytes || count > entry.stored_bytes - at) damaged("a file in it is shorter than it says");
  return source_->read(data_at(entry) + at, count, most);
}

bool is_zip(Source& source) {
  if (!source.has(0, kEndBytes)) return false;
  std::array<std::uint8_t, 4> first{};
  source.read(0, first);
  // The second is that of an archive without a file.
  return number(first, 0, 4) == kLocal || number(first, 0, 4) == kEnd;
}

}  // namespace cytodrop
