#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support.h"

namespace cytodrop::test {

inline constexpr const char* kImplicit = "1.2.840.10008.1.2";
inline constexpr const char* kExplicit = "1.2.840.10008.1.2.1";
inline constexpr const char* kDeflated = "1.2.840.10008.1.2.1.99";
inline constexpr const char* kBigEndian = "1.2.840.10008.1.2.2";
inline constexpr const char* kRle = "1.2.840.10008.1.2.5";
inline constexpr const char* kJpegBaseline = "1.2.840.10008.1.2.4.50";
inline constexpr const char* kJpegExtended = "1.2.840.10008.1.2.4.51";
inline constexpr const char* kJpegLossless = "1.2.840.10008.1.2.4.70";
inline constexpr const char* kJpegLsLossless = "1.2.840.10008.1.2.4.80";
inline constexpr const char* kJpegLsNearLossless = "1.2.840.10008.1.2.4.81";
inline constexpr const char* kJpeg2000Lossless = "1.2.840.10008.1.2.4.90";

/// Writes DICOM files, element by element in the order of the calls.
class DicomWriter {
 public:
  enum class Table { kNone, kBasic, kExtended };

  explicit DicomWriter(std::string transfer_syntax = kExplicit);

  DicomWriter& text(std::uint32_t tag, const std::string& vr, std::string value);
  /// Of US, SS, UL, SL, FD or OV.
  DicomWriter& numbers(std::uint32_t tag, const std::string& vr, const std::vector<double>& values);
  DicomWriter& bytes(std::uint32_t tag, const std::string& vr, FileBytes value);
  /// Args:
  ///   undefined: lengths are left out, and ends written.
  DicomWriter& sequence(std::uint32_t tag, const std::vector<DicomWriter>& items, bool undefined = false);
  /// Size, bits and colours. Samples as they lie in the file; 16-bit ones in its byte order.
  DicomWriter& image(int width, int height, int samples, int bits, const std::string& colours, int frames = 1);
  DicomWriter& pixels(FileBytes samples);
  /// Encapsulated: each frame as its fragments.
  DicomWriter& frames(const std::vector<std::vector<FileBytes>>& frames, Table table = Table::kNone);
  /// Samples of 16 bits in the byte order of the file.
  FileBytes words(const std::vector<int>& values) const;

  FileBytes file() const;
  const FileBytes& body() const { return body_; }

 private:
  void head(FileBytes& to, std::uint32_t tag, const std::string& vr, std::uint32_t length) const;
  void put(FileBytes& to, std::uint64_t value, int count) const;

  std::string syntax_;
  bool explicit_, little_;
  FileBytes body_;
};

/// An element of an explicit little-endian item, or of any other syntax.
inline DicomWriter dicom_item(std::string syntax = kExplicit) { return DicomWriter(std::move(syntax)); }

/// The pixels of the examples: 8 × 6.
inline constexpr int kDicomWidth = 8, kDicomHeight = 6;
/// A byte for a place, a colour and a frame.
int dicom_value(int x, int y, int colour = 0, int frame = 0);
/// 0 to 4095.
int dicom_deep_value(int x, int y, int frame = 0);

/// Planes of bytes packed as DICOM's RLE packs them.
FileBytes pack_rle(const std::vector<FileBytes>& planes);

/// A file of every branch of the reader, by name.
std::map<std::string, FileBytes> dicom_examples();

}  // namespace cytodrop::test
