#include "core/formats/jpeg_xl_codec.h"

#include <memory>

#include <jxl/decode.h>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::int64_t kMaxJpegXlPixels = 50'000'000;

[[noreturn]] void not_read(const char* what) { throw Error(ErrorCode::kUnsupportedFeature, "the JPEG XL image " + std::string(what) + "; save it as PNG or TIFF"); }

class Decoder {
 public:
  Decoder(Bytes file, int events) {
    if (!decoder_) throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to decode the image");
    if (JxlDecoderSubscribeEvents(decoder_.get(), events) != JXL_DEC_SUCCESS || JxlDecoderSetUnpremultiplyAlpha(decoder_.get(), JXL_TRUE) != JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(decoder_.get(), file.data(), file.size()) != JXL_DEC_SUCCESS) {
      codec_damaged("its header");
    }
    // Never said to be all: what is missing is told apart from what is wrong then.
  }

  JpegXlHeader header() {
    expect(JXL_DEC_BASIC_INFO);
    JxlBasicInfo info;
    if (JxlDecoderGetBasicInfo(decoder_.get(), &info) != JXL_DEC_SUCCESS) codec_damaged("its header");
    if (info.exponent_bits_per_sample > 0 || info.bits_per_sample > 16) not_read("has samples of more than 16 bits or of floating point, which are not read");
    for (std::uint32_t i = 0; i < info.num_extra_channels; ++i) {
      JxlExtraChannelInfo extra;
      if (JxlDecoderGetExtraChannelInfo(decoder_.get(), i, &extra) != JXL_DEC_SUCCESS) codec_damaged("its channels");
      if (extra.type == JXL_CHANNEL_BLACK) not_read("is in CMYK, the colours of print");
    }
    if (info.xsize < 1 || info.ysize < 1 || info.bits_per_sample < 1) codec_damaged("its size");
    const int colours = static_cast<int>(info.num_color_channels);
    return {.width_px = info.xsize, .height_px = info.ysize, .samples = colours + (info.alpha_bits > 0 ? 1 : 0), .bits = static_cast<int>(info.bits_per_sample), .animated = info.have_animation == JXL_TRUE};
  }

  CodecSamples pixels(const JpegXlHeader& header) {
    CodecSamples samples{.bytes = {}, .sample_bytes = header.bits > 8 ? 2 : 1, .bits = header.bits};
    const JxlPixelFormat format{.num_channels = static_cast<std::uint32_t>(header.samples), .data_type = header.bits > 8 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, .endianness = JXL_LITTLE_ENDIAN, .align = 0};
    expect(JXL_DEC_NEED_IMAGE_OUT_BUFFER);
    samples.bytes.resize(static_cast<std::size_t>(header.width_px * header.height_px * header.samples * samples.sample_bytes));
    if (JxlDecoderSetImageOutBuffer(decoder_.get(), &format, samples.bytes.data(), samples.bytes.size()) != JXL_DEC_SUCCESS) codec_damaged("its first frame");
    expect(JXL_DEC_FULL_IMAGE);
    lower(samples);
    return samples;
  }

 private:
  struct Free {
    void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
  };

  /// From the full scale of the type, in which libjxl gives all samples, to that of their bits.
  static void lower(CodecSamples& samples) {
    const std::uint32_t full = samples.sample_bytes == 2 ? 65535 : 255, most = (1u << samples.bits) - 1;
    if (most == full) return;
    for (std::size_t i = 0; i < samples.bytes.size(); i += static_cast<std::size_t>(samples.sample_bytes)) {
      const std::uint32_t value = samples.sample_bytes == 2 ? le16(samples.bytes, i) : samples.bytes[i];
      const std::uint32_t stored = (value * most + full / 2) / full;
      samples.bytes[i] = static_cast<std::uint8_t>(stored);
      if (samples.sample_bytes == 2) samples.bytes[i + 1] = static_cast<std::uint8_t>(stored >> 8);
    }
  }

  void expect(JxlDecoderStatus event) {
    const JxlDecoderStatus status = JxlDecoderProcessInput(decoder_.get());
    if (status == JXL_DEC_NEED_MORE_INPUT) throw Error(ErrorCode::kTruncated, "the JPEG XL image is cut off: its end is missing");
    if (status != event) codec_damaged("it does not follow JPEG XL");
  }

  std::unique_ptr<JxlDecoder, Free> decoder_{JxlDecoderCreate(nullptr)};
};

}  // namespace

JpegXlHeader read_jpeg_xl_header(Bytes file) { return Decoder(file, JXL_DEC_BASIC_INFO).header(); }

CodecSamples decode_jpeg_xl(Bytes file, const CodecSize& size) {
  Decoder decoder(file, JXL_DEC_BASIC_INFO | JXL_DEC_FULL_IMAGE);
  const JpegXlHeader header = decoder.header();
  if (header.width_px != size.width_px || header.height_px != size.height_px || header.samples != size.samples || header.bits > size.most_bits) {
    codec_damaged("its header says another size than the file");
  }
  if (header.width_px * header.height_px > kMaxJpegXlPixels) throw Error(ErrorCode::kTooLarge, "the JPEG XL image is too large to be decoded in memory");
  return decoder.pixels(header);
}

void require_jpeg_xl() {}

}  // namespace cytodrop
