#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode/source.h"

namespace cytodrop {

/// Group and element of a DICOM attribute: 0x00280010 for (0028,0010).
using DicomTag = std::uint32_t;

/// One data element, whose value still lies in the file.
struct DicomElement {
  DicomTag tag = 0;
  std::array<char, 2> vr{};   ///< of the file, or of our list where the file has none; "UN" where neither knows
  std::uint64_t at = 0;       ///< of the value
  std::uint64_t length = 0;   ///< bytes; of an encapsulated value up to the end of the file
  bool encapsulated = false;  ///< of undefined length: a sequence of fragments

  bool is(std::string_view other) const { return vr[0] == other[0] && vr[1] == other[1]; }
};

/// Where an element stands: the sequences around it, the outermost first.
struct DicomPlace {
  DicomTag sequence = 0;
  std::uint64_t item = 0;  ///< from 0
};

/// How the elements of a file are written.
struct DicomSyntax {
  bool is_explicit = true;
  bool little = true;
};

/// Is told of each element in the order of the file, but not of the sequences themselves.
class DicomListener {
 public:
  virtual ~DicomListener() = default;
  virtual void element(const std::vector<DicomPlace>& places, const DicomElement& element) = 0;
};

/// Walks over the data elements of a DICOM file. Untrusted input is safe: nothing is visited twice, nothing nests deeper than
/// kDeepest, no value is read.
///
/// Source: DICOM PS3.5 2024, 7 (data elements and nesting), annex A (transfer syntaxes).
class DicomWalk {
 public:
  static constexpr std::size_t kDeepest = 16;

  DicomWalk(Source& source, DicomListener& listener) : source_(source), listener_(listener) {}

  /// The elements of group 0002, which are always explicit little endian.
  ///
  /// Returns: where the group ends. Raises: kTruncated, kCorrupt.
  std::uint64_t meta(std::uint64_t at);

  /// The elements up to the pixels, or to the end of the file.
  ///
  /// Args:
  ///   syntax: as the file says it; becomes what is found.
  /// Raises: kTruncated, kCorrupt.
  void dataset(std::uint64_t at, DicomSyntax& syntax);

 private:
  DicomElement header(std::uint64_t& at, std::uint64_t end, DicomSyntax syntax, bool& undefined) const;
  std::uint64_t elements(std::uint64_t at, std::uint64_t end, bool delimited, DicomSyntax syntax);
  std::uint64_t items(DicomTag sequence, std::uint64_t at, std::uint64_t end, bool delimited, DicomSyntax syntax);

  Source& source_;
  DicomListener& listener_;
  std::vector<DicomPlace> places_;
  bool done_ = false;  ///< the pixels were met
};

inline constexpr DicomTag kDicomPixels = 0x7fe00010, kDicomItem = 0xfffee000, kDicomItemEnd = 0xfffee00d, kDicomSequenceEnd = 0xfffee0dd;

[[noreturn]] void dicom_damaged(const std::string& why);
[[noreturn]] void dicom_cut_off();

/// The text of a value, without the padding at its end. More than `most` bytes: the first of them.
std::string dicom_text(Source& source, const DicomElement& element, std::uint64_t most);

/// The parts between backslashes as numbers; of DS and IS, and of the binary number types. At most `most` of them; what is no number
/// ends the list.
std::vector<double> dicom_numbers(Source& source, const DicomElement& element, bool little, std::size_t most);

/// The rest of a deflated file. Raises: kTruncated, kCorrupt, kTooLarge, kOutOfMemory. Source: DICOM PS3.5, A.5; RFC 1951 by zlib.
std::shared_ptr<Source> inflate_dicom(Source& source, std::uint64_t at);

}  // namespace cytodrop
