#include "core/formats/dicom_elements.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <zlib.h>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/formats/dicom_names.h"

namespace cytodrop {
namespace {

constexpr std::uint32_t kUndefined = 0xffffffff;
constexpr DicomSyntax kImplicit{.is_explicit = false, .little = true};

/// Value representations with a length of four bytes.
bool has_long_length(const DicomElement& element) {
  for (const std::string_view vr : {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}) {
    if (element.is(vr)) return true;
  }
  return false;
}

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

/// Bytes in memory that are its own.
class OwnedSource final : public Source {
 public:
  explicit OwnedSource(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Bytes in_memory() const override { return bytes_; }

 protected:
  void fetch(std::uint64_t at, std::span<std::uint8_t> to) override {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

void dicom_damaged(const std::string& why) { throw Error(ErrorCode::kCorrupt, "the DICOM file is damaged (" + why + ")"); }
void dicom_cut_off() { throw Error(ErrorCode::kTruncated, "the DICOM file is cut off: its end is missing"); }

DicomElement DicomWalk::header(std::uint64_t& at, std::uint64_t end, DicomSyntax syntax, bool& undefined) const {
  const auto need = [&](std::uint64_t count) {
    if (end - at >= count) return;
    if (end == source_.size()) dicom_cut_off();
    dicom_damaged("an element reaches out of its sequence");
  };
  const SourceNumbers numbers(source_, syntax.little);
  need(8);
  DicomElement element;
  element.tag = static_cast<DicomTag>(numbers.u16(at) << 16) | numbers.u16(at + 2);
  const bool bare = element.tag >> 16 == 0xfffe;
  std::uint64_t length;
  if (syntax.is_explicit && !bare) {
    element.vr = {static_cast<char>(numbers.u8(at + 4)), static_cast<char>(numbers.u8(at + 5))};
    if (!is_letter(element.vr[0]) || !is_letter(element.vr[1])) dicom_damaged("an element is of no known kind");
    if (has_long_length(element)) {
      need(12);
      length = numbers.u32(at + 8);
      at += 12;
    } else {
      length = numbers.u16(at + 6);
      at += 8;
    }
  } else {
    const auto vr = bare ? std::string_view("UN") : dicom_vr(element.tag);
    element.vr = {vr[0], vr[1]};
    length = numbers.u32(at + 4);
    at += 8;
  }
  undefined = length == kUndefined && (bare || !syntax.is_explicit || has_long_length(element));
  element.at = at;
  element.length = undefined ? end - at : length;
  // The pixels may be cut off; who reads them is told.
  if (!undefined && element.tag != kDicomPixels) need(length);
  return element;
}

std::uint64_t DicomWalk::meta(std::uint64_t at) {
  const SourceNumbers numbers(source_, true);
  while (source_.size() - at >= 8 && numbers.u16(at) == 2) {
    bool undefined = false;
    const DicomElement element = header(at, source_.size(), {}, undefined);
    if (undefined) dicom_damaged("its first group has an element without a length");
    listener_.element(places_, element);
    at += element.length;
  }
  return at;
}

void DicomWalk::dataset(std::uint64_t at, DicomSyntax& syntax) {
  // Some writers say explicit and write implicit.
  if (syntax.is_explicit && source_.has(at, 8)) {
    const SourceNumbers numbers(source_, true);
    if (!is_letter(static_cast<char>(numbers.u8(at + 4))) || !is_letter(static_cast<char>(numbers.u8(at + 5)))) syntax.is_explicit = false;
  }
  elements(at, source_.size(), false, syntax);
}

std::uint64_t DicomWalk::elements(std::uint64_t at, std::uint64_t end, bool delimited, DicomSyntax syntax) {
  while (at < end && !done_) {
    bool undefined = false;
    DicomElement element = header(at, end, syntax, undefined);
    if (element.tag == kDicomItemEnd) {
      if (!delimited) dicom_damaged("an item ends that has not begun");
      return at;
    }
    if (element.tag >> 16 == 0xfffe) dicom_damaged("an item stands outside of a sequence");
    if (element.tag == kDicomPixels && places_.empty()) {
      element.encapsulated = undefined;
      listener_.element(places_, element);
      done_ = true;
      return end;
    }
    const bool sequence = element.is("SQ");
    if (undefined) {
      if (!sequence && !element.is("UN")) dicom_damaged("an element has no length");
      // PS3.5, 6.2.2: what is unknown and has no length is a sequence in implicit little endian.
      at = items(element.tag, at, end, true, sequence ? syntax : kImplicit);
    } else if (sequence) {
      items(element.tag, at, at + element.length, false, syntax);
      at += element.length;
    } else {
      listener_.element(places_, element);
      at += element.length;
    }
  }
  if (delimited && !done_) {
    if (end == source_.size()) dicom_cut_off();
    dicom_damaged("an item has no end");
  }
  return at;
}

std::uint64_t DicomWalk::items(DicomTag sequence, std::uint64_t at, std::uint64_t end, bool delimited, DicomSyntax syntax) {
  if (places_.size() >= kDeepest) dicom_damaged("its sequences nest too deep");
  places_.push_back({sequence, 0});
  while (at < end) {
    bool undefined = false;
    const DicomElement item = header(at, end, syntax, undefined);
    if (item.tag == kDicomSequenceEnd) {
      if (!delimited) break;
      places_.pop_back();
      return at;
    }
    if (item.tag != kDicomItem) dicom_damaged("a sequence holds something else than items");
    if (undefined) {
      at = elements(at, end, true, syntax);
    } else {
      elements(at, at + item.length, false, syntax);
      at += item.length;
    }
    ++places_.back().item;
  }
  if (delimited) {
    if (end == source_.size()) dicom_cut_off();
    dicom_damaged("a sequence has no end");
  }
  places_.pop_back();
  return at;
}

std::string dicom_text(Source& source, const DicomElement& element, std::uint64_t most) {
  const std::vector<std::uint8_t> bytes = source.read(element.at, std::min(element.length, most));
  std::string text(bytes.begin(), bytes.end());
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

std::vector<double> dicom_numbers(Source& source, const DicomElement& element, bool little, std::size_t most) {
  std::vector<double> all;
  const SourceNumbers numbers(source, little);
  const auto each = [&](std::uint64_t bytes, auto read) {
    for (std::uint64_t i = 0; i < element.length / bytes && all.size() < most; ++i) all.push_back(static_cast<double>(read(element.at + i * bytes)));
  };
  if (element.is("US")) {
    each(2, [&](std::uint64_t at) { return numbers.u16(at); });
  } else if (element.is("SS")) {
    each(2, [&](std::uint64_t at) { return static_cast<std::int16_t>(numbers.u16(at)); });
  } else if (element.is("UL")) {
    each(4, [&](std::uint64_t at) { return numbers.u32(at); });
  } else if (element.is("SL")) {
    each(4, [&](std::uint64_t at) { return numbers.i32(at); });
  } else if (element.is("FD")) {
    each(8, [&](std::uint64_t at) { return numbers.f64(at); });
  } else if (element.is("FL")) {
    each(4, [&](std::uint64_t at) { 
      float value;
      const std::uint32_t bits = numbers.u32(at);
      std::memcpy(&value, &bits, sizeof value);
      return value;
    });
  } else {
    const std::string text = dicom_text(source, element, 4096);
    std::string_view rest = text;
    while (!rest.empty() && all.size() < most) {
      while (!rest.empty() && (rest.front() == ' ' || rest.front() == '+')) rest.remove_prefix(1);
      // No locale and no terminating zero is needed; older libraries have no from_chars for double.
      const std::string part(rest.substr(0, std::min(rest.find('\\'), std::size_t{64})));
      char* stop = nullptr;
      const double value = std::strtod(part.c_str(), &stop);
      if (stop == part.c_str()) break;
      all.push_back(value);
      const std::size_t next = rest.find('\\');
      if (next == std::string_view::npos) break;
      rest.remove_prefix(next + 1);
    }
  }
  for (double& value : all) {
    if (!std::isfinite(value)) value = 0;
  }
  return all;
}

std::shared_ptr<Source> inflate_dicom(Source& source, std::uint64_t at) {
  if (at >= source.size()) dicom_cut_off();
  const std::vector<std::uint8_t> packed = source.read(at, source.size() - at, kMaxDecodedBytes);
  std::vector<std::uint8_t> bytes;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to read the DICOM file");
  const struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t had = bytes.size();
    if (had > std::size_t{kMaxDecodedBytes}) throw Error(ErrorCode::kTooLarge, "the DICOM file is too large once it is unpacked");
    bytes.resize(std::max<std::size_t>(1 << 16, 2 * had));
    stream.next_out = bytes.data() + had;
    stream.avail_out = static_cast<uInt>(bytes.size() - had);
    state = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
    if (state == Z_BUF_ERROR || (state == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)) dicom_cut_off();
  }
  if (state != Z_STREAM_END) dicom_damaged("its packed part cannot be unpacked");
  return std::make_shared<OwnedSource>(std::move(bytes));
}

}  // namespace cytodrop
