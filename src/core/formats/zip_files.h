#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decode/source.h"

namespace cytodrop {

/// A file of an archive.
struct ZipEntry {
  std::string_view name;  ///< as long as the archive lives
  std::uint64_t header_at = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t bytes = 0;
  int method = 0;  ///< 0 stored, 8 deflated
  bool encrypted = false;
};

/// The files of a ZIP archive by their names, up to a million. Untrusted input is safe: a name is compared and never opened.
///
/// Source: PKWARE APPNOTE 6.3.10, ZIP64 included.
class ZipFiles {
 public:
  /// Raises: kTruncated, kCorrupt, kTooLarge, kUnreadable, kOutOfMemory.
  explicit ZipFiles(std::shared_ptr<Source> source);

  std::size_t count() const { return sorted_.size(); }

  /// In order of their names.
  ZipEntry at(std::size_t index) const { return entry(sorted_[index]); }

  std::optional<ZipEntry> find(std::string_view name) const;

  /// All of a file.
  ///
  /// Args:
  ///   most: bytes.
  /// Raises: kTooLarge above `most`, kUnsupportedFeature for an encrypted or oddly compressed one, kTruncated, kCorrupt, kUnreadable, kOutOfMemory.
  std::vector<std::uint8_t> read(const ZipEntry& entry, std::uint64_t most);

  /// A part of a file that is stored as it is. Raises: as above, kUnsupportedFeature where it is compressed.
  std::vector<std::uint8_t> read_part(const ZipEntry& entry, std::uint64_t at, std::uint64_t count, std::uint64_t most);

 private:
  ZipEntry entry(std::uint32_t at) const;
  std::string_view name_at(std::uint32_t at) const;
  std::uint64_t data_at(const ZipEntry& entry);

  std::shared_ptr<Source> source_;
  std::vector<std::uint8_t> directory_;
  std::vector<std::uint32_t> sorted_;  ///< places in the directory
};

bool is_zip(Source& source);

}  // namespace cytodrop
