#include "core/formats/dicom_pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/decode/decode.h"
#include "core/decode/jpeg.h"
#include "core/error.h"
#include "core/formats/dicom_frames.h"
#include "core/formats/extended_jpeg.h"
#include "core/formats/jpeg2000.h"
#include "core/formats/jpeg_ls.h"
#include "core/formats/jpeg_xl_codec.h"
#include "core/formats/lossless_jpeg.h"

namespace cytodrop {
namespace {

/// JPEG without a word on its colours counts as YCbCr to every decoder; DICOM knows better.
std::vector<std::uint8_t> say_rgb(std::vector<std::uint8_t> jpeg) {
  constexpr std::uint8_t kAdobe = 0xee, kJfif = 0xe0;
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == 0xff && jpeg[at + 1] >= 0xe0 && jpeg[at + 1] <= 0xef) {
    const std::size_t length = be16(jpeg, at + 2);
    // Either of them says which colours the file has, unless it is too short to.
    if ((jpeg[at + 1] == kAdobe && length >= 14) || jpeg[at + 1] == kJfif) return jpeg;
    at += 2 + length;
  }
  constexpr std::uint8_t kIsRgb[] = {0xff, kAdobe, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
  jpeg.insert(jpeg.begin() + 2, std::begin(kIsRgb), std::end(kIsRgb));
  return jpeg;
}

CodecSamples decode_lossy(std::vector<std::uint8_t> jpeg, const CodecSize& size, const DicomFacts& facts, bool& rgb, bool& damaged) {
  // Some writers pad by more than the one byte that is allowed.
  while (jpeg.size() > 2 && jpeg.back() == 0) jpeg.pop_back();
  if (jpeg.size() < 3 || jpeg[0] != 0xff || jpeg[1] != 0xd8 || jpeg[2] != 0xff) dicom_damaged("a frame is no JPEG");
  // The frame header tells the bits; with more than 8 it is the extended process.
  for (std::size_t at = 2; at + 5 <= jpeg.size() && jpeg[at] == 0xff && jpeg[at + 1] != 0xda; at += 2 + be16(jpeg, at + 2)) {
    if (jpeg[at + 1] < 0xc0 || jpeg[at + 1] > 0xc2 || jpeg[at + 4] == 8) continue;
    rgb = facts.colours == "RGB";
    return decode_extended_jpeg(jpeg, size);
  }
  rgb = facts.samples == 3;
  if (facts.colours == "RGB") jpeg = say_rgb(std::move(jpeg));
  const FileHeader header = read_header(jpeg);
  if (header.width_px != facts.columns || header.height_px != facts.rows || header.channels != facts.samples) dicom_damaged("a frame has another size than the file states");
  const Image image = decode_jpeg(jpeg, header, damaged);
  const auto* first = reinterpret_cast<const std::uint8_t*>(image.data());
  return {.bytes = {first, first + image.row_stride_bytes() * static_cast<std::size_t>(image.height_px())}};
}

/// The samples of a frame; with `rgb` set where a codec made RGB of them.
CodecSamples unpack(std::vector<std::uint8_t> packed, const DicomFacts& facts, bool& rgb, bool& damaged) {
  const CodecSize size{.width_px = static_cast<int>(facts.columns), .height_px = static_cast<int>(facts.rows), .samples = static_cast<int>(facts.samples),
                       .most_bits = static_cast<int>(std::min<std::int64_t>(facts.allocated, 16))};
  const int sample_bytes = facts.allocated == 1 ? 1 : static_cast<int>(facts.allocated / 8);
  const auto pixels = static_cast<std::size_t>(facts.rows * facts.columns);
  if (facts.codec != DicomCodec::kNone && facts.codec != DicomCodec::kRle && facts.allocated == 32) dicom_damaged("its codec knows no samples of 32 bits");
  switch (facts.codec) {
    case DicomCodec::kNone: return {.bytes = std::move(packed), .sample_bytes = sample_bytes};
    case DicomCodec::kRle: return {.bytes = unpack_dicom_rle(packed, pixels, static_cast<std::size_t>(facts.samples), static_cast<std::size_t>(sample_bytes)), .sample_bytes = sample_bytes};
    case DicomCodec::kJpeg: return decode_lossy(std::move(packed), size, facts, rgb, damaged);
    case DicomCodec::kLosslessJpeg: return decode_lossless_jpeg(packed, size);
    case DicomCodec::kJpegLs: return decode_jpeg_ls(packed, size);
    case DicomCodec::kJpeg2000: return decode_jpeg2000(packed, size);
    case DicomCodec::kJpegXl: rgb = facts.samples == 3; return decode_jpeg_xl(packed, size);
  }
  return {};
}

template <typename Sample>
Sample sample_at(const std::vector<std::uint8_t>& bytes, std::size_t i) {
  Sample value;
  std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
  return value;
}

std::uint32_t sample_at(const CodecSamples& samples, std::size_t i) {
  if (samples.sample_bytes == 1) return samples.bytes[i];
  if (samples.sample_bytes == 2) return sample_at<std::uint16_t>(samples.bytes, i);
  return sample_at<std::uint32_t>(samples.bytes, i);
}

/// From the bits of a sample to its value.
class Stored {
 public:
  explicit Stored(const DicomFacts& facts)
      : shift_(facts.codec == DicomCodec::kNone || facts.codec == DicomCodec::kRle ? static_cast<int>(facts.high_bit + 1 - facts.stored) : 0),
        range_(std::int64_t{1} << facts.stored), is_signed_(facts.is_signed), turned_(facts.colours == "MONOCHROME1") {}

  std::int64_t operator()(std::uint32_t bits) const {
    std::int64_t value = static_cast<std::int64_t>(bits >> shift_) & (range_ - 1);
    if (is_signed_ && value >= range_ / 2) value -= range_;
    if (turned_) value = (is_signed_ ? -1 : range_ - 1) - value;
    return value;
  }

  /// What makes signed values unsigned.
  std::int64_t offset() const { return is_signed_ ? range_ / 2 : 0; }

 private:
  int shift_;
  std::int64_t range_;
  bool is_signed_, turned_;
};

void put(Image& image, std::size_t i, std::int64_t value) {
  if (image.type() == SampleType::kUint8) {
    image.data()[i] = static_cast<std::byte>(value);
  } else {
    const auto narrow = static_cast<std::uint16_t>(value);
    std::memcpy(image.data() + i * sizeof narrow, &narrow, sizeof narrow);
  }
}

void put_grey(const CodecSamples& samples, const DicomFacts& facts, std::size_t pixels, Image& image) {
  const Stored stored(facts);
  if (image.type() == SampleType::kFloat32) {
    for (std::size_t i = 0; i < pixels; ++i) {
      const auto value = static_cast<float>(facts.slope * static_cast<double>(stored(sample_at(samples, i))) + facts.intercept);
      std::memcpy(image.data() + i * sizeof value, &value, sizeof value);
    }
    return;
  }
  const std::int64_t scale = facts.allocated == 1 ? 255 : 1;
  for (std::size_t i = 0; i < pixels; ++i) put(image, i, scale * (stored(sample_at(samples, i)) + stored.offset()));
}

void put_palette(const CodecSamples& samples, const DicomFacts& facts, const DicomPalette& palette, std::size_t pixels, Image& image) {
  const Stored stored(facts);
  const auto last = static_cast<std::int64_t>(palette.red.size()) - 1;
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto entry = static_cast<std::size_t>(std::clamp<std::int64_t>(stored(sample_at(samples, i)) - palette.first, 0, last));
    put(image, 3 * i, palette.red[entry]);
    put(image, 3 * i + 1, palette.green[entry]);
    put(image, 3 * i + 2, palette.blue[entry]);
  }
}

/// Brightness and two differences of colour to RGB. Source: ITU-T T.871, 7; DICOM PS3.3, C.7.6.3.1.2.
void put_ybr(int y, int cb, int cr, std::byte* out) {
  const double blue = cb - 128, red = cr - 128;
  const auto round = [](double value) { return static_cast<std::byte>(std::clamp(std::floor(value + 0.5), 0.0, 255.0)); };
  out[0] = round(y + 1.402 * red);
  out[1] = round(y - 0.114 * 1.772 / 0.587 * blue - 0.299 * 1.402 / 0.587 * red);
  out[2] = round(y + 1.772 * blue);
}

void put_colours(const CodecSamples& samples, const DicomFacts& facts, bool rgb, std::size_t pixels, Image& image) {
  const bool native = facts.codec == DicomCodec::kNone;
  const bool ybr = !rgb && facts.colours.starts_with("YBR_FULL");
  if (native && facts.colours == "YBR_FULL_422") {
    // Two brightnesses, then the differences that both pixels share.
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::uint8_t* pair = samples.bytes.data() + i / 2 * 4;
      put_ybr(pair[i % 2], pair[2], pair[3], image.data() + 3 * i);
    }
    return;
  }
  const bool planar = native && facts.planar == 1;
  const Stored stored(facts);
  for (std::size_t i = 0; i < pixels; ++i) {
    std::int64_t value[3];
    for (std::size_t c = 0; c < 3; ++c) value[c] = stored(sample_at(samples, planar ? c * pixels + i : 3 * i + c));
    if (ybr) {
      put_ybr(static_cast<int>(value[0]), static_cast<int>(value[1]), static_cast<int>(value[2]), image.data() + 3 * i);
    } else {
      for (std::size_t c = 0; c < 3; ++c) put(image, 3 * i + c, value[c]);
    }
  }
}

}  // namespace

DicomPalette read_dicom_palette(Source& source, const DicomFacts& facts) {
  DicomPalette palette;
  if (!facts.has_palette()) return palette;
  std::vector<std::uint16_t>* parts[] = {&palette.red, &palette.green, &palette.blue};
  const SourceNumbers numbers(source, facts.syntax.little);
  for (std::size_t i = 0; i < 3; ++i) {
    const DicomElement& layout = facts.palette_layout[i];
    const DicomElement& data = facts.palette[i];
    if (layout.tag == 0 || layout.length < 6) dicom_damaged("its palette has no layout");
    const std::size_t count = numbers.u16(layout.at) == 0 ? 65536 : numbers.u16(layout.at);
    const int bits = numbers.u16(layout.at + 4);
    if ((bits != 8 && bits != 16) || (i > 0 && (count != palette.red.size() || bits != palette.bits))) dicom_damaged("its palette is of no kind that exists");
    palette.bits = bits;
    palette.first = numbers.u16(layout.at + 2);
    const bool packed = bits == 8 && data.length < 2 * count;
    if (data.length < (packed ? count : 2 * count)) dicom_damaged("its palette is too short");
    for (std::size_t k = 0; k < count; ++k) {
      // Bytes stand two in a word, the first of them in its lower half.
      const std::uint64_t at = data.at + (packed ? facts.syntax.little || k + 1 == data.length ? k : k ^ 1u : 2 * k);
      parts[i]->push_back(packed ? numbers.u8(at) : numbers.u16(at));
    }
  }
  return palette;
}

SampleType dicom_sample_type(const DicomFacts& facts, const DicomPalette& palette) {
  if (facts.has_palette()) return palette.bits == 8 ? SampleType::kUint8 : SampleType::kUint16;
  if (facts.is_grey() && (facts.allocated == 32 || (facts.slope != 1 && facts.slope != 0))) return SampleType::kFloat32;
  return facts.allocated > 8 ? SampleType::kUint16 : SampleType::kUint8;
}

Image decode_dicom_frame(std::vector<std::uint8_t> packed, const DicomFacts& facts, const DicomPalette& palette, bool& damaged) {
  bool rgb = false;
  const CodecSamples samples = unpack(std::move(packed), facts, rgb, damaged);
  const auto pixels = static_cast<std::size_t>(facts.rows * facts.columns);
  const bool halved = facts.codec == DicomCodec::kNone && facts.colours == "YBR_FULL_422";
  if (samples.bytes.size() < pixels * (halved ? 2 : static_cast<std::size_t>(facts.samples)) * static_cast<std::size_t>(samples.sample_bytes)) {
    dicom_damaged("a frame has fewer pixels than the file states");
  }
  Image image(static_cast<int>(facts.columns), static_cast<int>(facts.rows), facts.is_grey() ? 1 : 3, dicom_sample_type(facts, palette));
  if (facts.has_palette()) {
    put_palette(samples, facts, palette, pixels, image);
  } else if (facts.samples == 1) {
    put_grey(samples, facts, pixels, image);
  } else {
    put_colours(samples, facts, rgb, pixels, image);
  }
  return image;
}

}  // namespace cytodrop
