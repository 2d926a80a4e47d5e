#include "write_dicom.h"

#include <algorithm>
#include <cstring>

namespace cytodrop::test {

DicomWriter::DicomWriter(std::string transfer_syntax) : syntax_(std::move(transfer_syntax)), explicit_(syntax_ != kImplicit), little_(syntax_ != kBigEndian) {}

void DicomWriter::put(FileBytes& to, std::uint64_t value, int count) const {
  for (int i = 0; i < count; ++i) to.push_back(static_cast<std::uint8_t>(value >> 8 * (little_ ? i : count - 1 - i)));
}

void DicomWriter::head(FileBytes& to, std::uint32_t tag, const std::string& vr, std::uint32_t length) const {
  put(to, tag >> 16, 2);
  put(to, tag & 0xffff, 2);
  if (!explicit_ || vr.empty()) {
    put(to, length, 4);
    return;
  }
  to.insert(to.end(), vr.begin(), vr.end());
  const bool is_long = vr == "OB" || vr == "OW" || vr == "SQ" || vr == "UN" || vr == "UT" || vr == "OV";
  if (is_long) put(to, 0, 2);
  put(to, length, is_long ? 4 : 2);
}

DicomWriter& DicomWriter::bytes(std::uint32_t tag, const std::string& vr, FileBytes value) {
  if (value.size() % 2 != 0) value.push_back(vr == "OB" || vr == "OW" || vr == "UI" ? 0 : ' ');
  head(body_, tag, vr, static_cast<std::uint32_t>(value.size()));
  body_.insert(body_.end(), value.begin(), value.end());
  return *this;
}

DicomWriter& DicomWriter::text(std::uint32_t tag, const std::string& vr, std::string value) { return bytes(tag, vr, FileBytes(value.begin(), value.end())); }

DicomWriter& DicomWriter::numbers(std::uint32_t tag, const std::string& vr, const std::vector<double>& values) {
  FileBytes all;
  for (const double value : values) {
    if (vr == "FD") {
      std::uint64_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      put(all, bits, 8);
    } else {
      put(all, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), vr == "US" || vr == "SS" ? 2 : vr == "OV" ? 8 : 4);
    }
  }
  return bytes(tag, vr, std::move(all));
}

DicomWriter& DicomWriter::sequence(std::uint32_t tag, const std::vector<DicomWriter>& items, bool undefined) {
  FileBytes all;
  for (const DicomWriter& item : items) {
    head(all, 0xfffee000, "", undefined ? 0xffffffff : static_cast<std::uint32_t>(item.body_.size()));
    all.insert(all.end(), item.body_.begin(), item.body_.end());
    if (undefined) head(all, 0xfffee00d, "", 0);
  }
  if (undefined) head(all, 0xfffee0dd, "", 0);
  head(body_, tag, "SQ", undefined ? 0xffffffff : static_cast<std::uint32_t>(all.size()));
  body_.insert(body_.end(), all.begin(), all.end());
  return *this;
}

DicomWriter& DicomWriter::image(int width, int height, int samples, int bits, const std::string& colours, int frames) {
  numbers(0x00280002, "US", {static_cast<double>(samples)});
  text(0x00280004, "CS", colours);
  if (samples > 1) numbers(0x00280006, "US", {0});
  if (frames > 1) text(0x00280008, "IS", std::to_string(frames));
  numbers(0x00280010, "US", {static_cast<double>(height)});
  numbers(0x00280011, "US", {static_cast<double>(width)});
  numbers(0x00280100, "US", {bits <= 1 ? 1.0 : bits <= 8 ? 8.0 : bits <= 16 ? 16.0 : 32.0});
  numbers(0x00280101, "US", {static_cast<double>(bits)});
  numbers(0x00280102, "US", {static_cast<double>(bits - 1)});
  return numbers(0x00280103, "US", {0});
}

DicomWriter& DicomWriter::pixels(FileBytes samples) { return bytes(0x7fe00010, "OW", std::move(samples)); }

DicomWriter& DicomWriter::frames(const std::vector<std::vector<FileBytes>>& frames, Table table) {
  FileBytes pieces;
  std::vector<double> starts, lengths;
  for (const std::vector<FileBytes>& fragments : frames) {
    starts.push_back(static_cast<double>(pieces.size()));
    lengths.push_back(0);
    for (FileBytes fragment : fragments) {
      lengths.back() += static_cast<double>(fragment.size());
      if (fragment.size() % 2 != 0) fragment.push_back(0);
      head(pieces, 0xfffee000, "", static_cast<std::uint32_t>(fragment.size()));
      pieces.insert(pieces.end(), fragment.begin(), fragment.end());
    }
  }
  if (table == Table::kExtended) numbers(0x7fe00001, "OV", starts).numbers(0x7fe00002, "OV", lengths);
  head(body_, 0x7fe00010, "OB", 0xffffffff);
  head(body_, 0xfffee000, "", table == Table::kBasic ? static_cast<std::uint32_t>(4 * starts.size()) : 0);
  if (table == Table::kBasic) {
    for (const double start : starts) put(body_, static_cast<std::uint64_t>(start), 4);
  }
  body_.insert(body_.end(), pieces.begin(), pieces.end());
  head(body_, 0xfffee0dd, "", 0);
  return *this;
}

FileBytes DicomWriter::words(const std::vector<int>& values) const {
  FileBytes all;
  for (const int value : values) put(all, static_cast<std::uint16_t>(value), 2);
  return all;
}

FileBytes DicomWriter::file() const {
  FileBytes all(128, 0);
  for (const char c : {'D', 'I', 'C', 'M'}) all.push_back(static_cast<std::uint8_t>(c));
  DicomWriter meta;
  meta.text(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7").text(0x00020003, "UI", "1.2.3.4").text(0x00020010, "UI", syntax_);
  DicomWriter length;
  length.numbers(0x00020000, "UL", {static_cast<double>(meta.body_.size())});
  all.insert(all.end(), length.body_.begin(), length.body_.end());
  all.insert(all.end(), meta.body_.begin(), meta.body_.end());
  if (syntax_ != kDeflated) {
    all.insert(all.end(), body_.begin(), body_.end());
    return all;
  }
  // Blocks that are stored, not squeezed, are deflate too.
  std::size_t at = 0;
  do {
    const std::size_t count = std::min<std::size_t>(body_.size() - at, 60000);
    all.push_back(at + count == body_.size() ? 1 : 0);
    for (const std::size_t size : {count, ~count}) {
      all.push_back(static_cast<std::uint8_t>(size));
      all.push_back(static_cast<std::uint8_t>(size >> 8));
    }
    all.insert(all.end(), body_.begin() + static_cast<std::ptrdiff_t>(at), body_.begin() + static_cast<std::ptrdiff_t>(at + count));
    at += count;
  } while (at < body_.size());
  return all;
}

int dicom_value(int x, int y, int colour, int frame) { return (x * 23 + y * 31 + colour * 71 + frame * 13) % 256; }
int dicom_deep_value(int x, int y, int frame) { return (x * 1023 + y * 3001 + frame * 77) % 4096; }

FileBytes pack_rle(const std::vector<FileBytes>& planes) {
  FileBytes all(64, 0);
  const auto put32 = [&](std::size_t at, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) all[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
  };
  put32(0, planes.size());
  for (std::size_t p = 0; p < planes.size(); ++p) {
    put32(4 + 4 * p, all.size());
    const FileBytes& plane = planes[p];
    for (std::size_t i = 0; i < plane.size();) {
      std::size_t same = 1;
      while (i + same < plane.size() && plane[i + same] == plane[i] && same < 128) ++same;
      // A run, else one byte by itself; -128 says nothing and may stand anywhere.
      all.push_back(static_cast<std::uint8_t>(same > 1 ? 257 - same : 0));
      all.push_back(plane[i]);
      if (i == 0) all.push_back(128);
      i += same;
    }
    if (all.size() % 2 != 0) all.push_back(128);
  }
  return all;
}

}  // namespace cytodrop::test
