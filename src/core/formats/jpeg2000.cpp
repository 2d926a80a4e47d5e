#include "core/formats/jpeg2000.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include <openjpeg.h>

#include "core/decode/decode.h"
#include "core/error.h"
#include "core/formats/picture_file.h"

namespace cytodrop {
namespace {

[[noreturn]] void cut_off() { throw Error(ErrorCode::kTruncated, "the image data is cut off: its end is missing"); }
[[noreturn]] void not_read(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, "the image data is JPEG 2000 " + what + ", which is not read"); }

constexpr std::uint32_t kCodestream = 0x6a703263;  // "jp2c"

bool is_boxed(Bytes file) { return file.size() >= 12 && be32(file, 0) == 12 && be32(file, 4) == 0x6a502020; }

constexpr std::uint32_t kHeaderBoxes = 0x6a703268, kPalette = 0x70636c72;  // "jp2h", "pclr"

void refuse_palette(Bytes boxes) {
  for (std::size_t at = 0; boxes.size() - at >= 8;) {
    const std::uint32_t length = be32(boxes, at);
    if (be32(boxes, at + 4) == kPalette) not_read("with a palette");
    if (length < 8 || length > boxes.size() - at) return;
    at += length;
  }
}

/// Where the codestream begins.
std::size_t find_codestream(Bytes file) {
  if (!is_boxed(file)) return 0;
  std::size_t at = 0;
  while (file.size() - at >= 8) {
    std::uint64_t length = be32(file, at), head = 8;
    if (length == 1) {
      if (file.size() - at < 16) cut_off();
      length = std::uint64_t{be32(file, at + 8)} << 32 | be32(file, at + 12);
      head = 16;
    }
    if (be32(file, at + 4) == kCodestream) return at + static_cast<std::size_t>(head);
    if (length < head || length > file.size() - at) break;
    if (be32(file, at + 4) == kHeaderBoxes) refuse_palette(file.subspan(at + static_cast<std::size_t>(head), static_cast<std::size_t>(length - head)));
    at += static_cast<std::size_t>(length);
  }
  codec_damaged("it has no codestream");
}

/// OpenJPEG over bytes in memory; no file is ever opened.
class Decoder {
 public:
  explicit Decoder(Bytes file) : file_(file) {
    stream_ = opj_stream_create(1 << 16, OPJ_TRUE);
    codec_ = opj_create_decompress(is_boxed(file) ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    if (!stream_ || !codec_) {
      free();
      throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to decode the image");
    }
    opj_stream_set_user_data(stream_, this, nullptr);
    opj_stream_set_user_data_length(stream_, file.size());
    opj_stream_set_read_function(stream_, [](void* to, OPJ_SIZE_T count, void* user) -> OPJ_SIZE_T {
      Decoder& self = *static_cast<Decoder*>(user);
      const std::size_t taken = std::min<std::size_t>(count, self.file_.size() - self.at_);
      if (taken == 0) return static_cast<OPJ_SIZE_T>(-1);
      std::memcpy(to, self.file_.data() + self.at_, taken);
      self.at_ += taken;
      return taken;
    });
    opj_stream_set_skip_function(stream_, [](OPJ_OFF_T count, void* user) -> OPJ_OFF_T {
      Decoder& self = *static_cast<Decoder*>(user);
      if (count < 0 || static_cast<std::uint64_t>(count) > self.file_.size() - self.at_) return -1;
      self.at_ += static_cast<std::size_t>(count);
      return count;
    });
    opj_stream_set_seek_function(stream_, [](OPJ_OFF_T to, void* user) -> OPJ_BOOL {
      Decoder& self = *static_cast<Decoder*>(user);
      if (to < 0 || static_cast<std::uint64_t>(to) > self.file_.size()) return OPJ_FALSE;
      self.at_ = static_cast<std::size_t>(to);
      return OPJ_TRUE;
    });
  }
  ~Decoder() { free(); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  CodecSamples run(const CodecSize& size, const Jpeg2000Header& header) {
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    if (!opj_setup_decoder(codec_, &parameters) || !opj_read_header(stream_, codec_, &image_)) codec_damaged("its header cannot be read");
    check(size, header);
    if (!opj_decode(codec_, stream_, image_) || !opj_end_decompress(codec_, stream_)) codec_damaged("its pixels cannot be read");
    check(size, header);
    if (image_->color_space == OPJ_CLRSPC_SYCC || image_->color_space == OPJ_CLRSPC_EYCC) not_read("with brightness and colour differences");
    CodecSamples samples{.bytes = {}, .sample_bytes = header.bits > 8 ? 2 : 1, .bits = header.bits, .is_signed = header.is_signed};
    const auto pixels = static_cast<std::size_t>(size.width_px) * static_cast<std::size_t>(size.height_px), count = static_cast<std::size_t>(size.samples);
    samples.bytes.resize(pixels * count * static_cast<std::size_t>(samples.sample_bytes));
    for (std::size_t c = 0; c < count; ++c) {
      const OPJ_INT32* from = image_->comps[c].data;
      if (!from) codec_damaged("its pixels cannot be read");
      std::uint8_t* to = samples.bytes.data() + c * static_cast<std::size_t>(samples.sample_bytes);
      const std::size_t step = count * static_cast<std::size_t>(samples.sample_bytes);
      for (std::size_t i = 0; i < pixels; ++i, to += step) {
        to[0] = static_cast<std::uint8_t>(from[i]);
        if (samples.sample_bytes == 2) to[1] = static_cast<std::uint8_t>(from[i] >> 8);
      }
    }
    return samples;
  }

 private:
  /// OpenJPEG's view of the header equals ours, on which the memory was reckoned.
  void check(const CodecSize& size, const Jpeg2000Header& header) const {
    if (!image_ || image_->numcomps != static_cast<OPJ_UINT32>(size.samples)) codec_damaged("it has another number of colours than it states");
    for (OPJ_UINT32 c = 0; c < image_->numcomps; ++c) {
      const opj_image_comp_t& part = image_->comps[c];
      if (part.w != static_cast<OPJ_UINT32>(size.width_px) || part.h != static_cast<OPJ_UINT32>(size.height_px) || part.prec != static_cast<OPJ_UINT32>(header.bits)) {
        codec_damaged("it has another size than it states");
      }
    }
  }

  void free() {
    if (image_) opj_image_destroy(image_);
    if (codec_) opj_destroy_codec(codec_);
    if (stream_) opj_stream_destroy(stream_);
  }

  Bytes file_;
  std::size_t at_ = 0;
  opj_stream_t* stream_ = nullptr;
  opj_codec_t* codec_ = nullptr;
  opj_image_t* image_ = nullptr;
};

class Jpeg2000File final : public PictureFile {
 public:
  explicit Jpeg2000File(const std::shared_ptr<Source>& source) : bytes_(source->read(0, source->size())), header_(read_jpeg2000_header(bytes_)) {
    if (header_.is_signed) not_read("of signed samples");
    state(header_.width_px, header_.height_px, header_.samples > 2 ? 3 : 1, header_.bits);
  }

  FileFormat format() const override { return FileFormat::kJpeg2000; }
  void list_tags(TagList&) const override {}

 protected:
  Image decode_all() override {
    const CodecSize size{.width_px = static_cast<int>(header_.width_px), .height_px = static_cast<int>(header_.height_px), .samples = header_.samples, .most_bits = 16};
    // Alpha counts in the full scale of the sample type.
    if (header_.samples % 2 == 0 && header_.bits != 8 && header_.bits != 16) not_read("with alpha of " + std::to_string(header_.bits) + " bits");
    const CodecSamples samples = decode_jpeg2000(bytes_, size);
    Image image(size.width_px, size.height_px, size.samples, header_.bits > 8 ? SampleType::kUint16 : SampleType::kUint8);
    std::memcpy(image.data(), samples.bytes.data(), samples.bytes.size());
    return composite_on_white(std::move(image));
  }

 private:
  std::vector<std::uint8_t> bytes_;
  Jpeg2000Header header_;
};

}  // namespace

Jpeg2000Header read_jpeg2000_header(Bytes file) {
  const std::size_t at = find_codestream(file);
  constexpr std::size_t kFixed = 42;
  if (file.size() < at || file.size() - at < kFixed + 3) cut_off();
  const Bytes siz = file.subspan(at);
  if (be32(siz, 0) != 0xff4fff51) codec_damaged("its header is missing");
  const std::uint64_t right = be32(siz, 8), bottom = be32(siz, 12), left = be32(siz, 16), top = be32(siz, 20);
  const std::uint64_t tile_width = be32(siz, 24), tile_height = be32(siz, 28), tile_left = be32(siz, 32), tile_top = be32(siz, 36);
  const std::size_t count = be16(siz, 40);
  if (left >= right || top >= bottom || tile_width == 0 || tile_height == 0 || tile_left > left || tile_top > top) codec_damaged("it states no valid size");
  if (count < 1 || count > 4) not_read("of " + std::to_string(count) + " colours");
  if (be16(siz, 4) != 38 + 3 * count || siz.size() < kFixed + 3 * count) codec_damaged("its header is too short");
  // OpenJPEG keeps some kilobytes for each.
  constexpr std::uint64_t kMaxTiles = 16384;
  const std::uint64_t across = (right - tile_left + tile_width - 1) / tile_width, down = (bottom - tile_top + tile_height - 1) / tile_height;
  if (across > kMaxTiles || down > kMaxTiles || across * down > kMaxTiles) not_read("of so many tiles");
  Jpeg2000Header header;
  header.width_px = static_cast<std::int64_t>(right - left);
  header.height_px = static_cast<std::int64_t>(bottom - top);
  header.samples = static_cast<int>(count);
  for (std::size_t c = 0; c < count; ++c) {
    const std::uint8_t depth = siz[kFixed + 3 * c];
    if (siz[kFixed + 1 + 3 * c] != 1 || siz[kFixed + 2 + 3 * c] != 1) not_read("with colours of another size");
    if (c > 0 && depth != siz[kFixed]) not_read("with colours of different depths");
    header.bits = (depth & 0x7f) + 1;
    header.is_signed = (depth & 0x80) != 0;
  }
  if (header.bits > 16) not_read("of " + std::to_string(header.bits) + " bits a sample");
  return header;
}

CodecSamples decode_jpeg2000(Bytes file, const CodecSize& size) {
  const Jpeg2000Header header = read_jpeg2000_header(file);
  if (header.width_px != size.width_px || header.height_px != size.height_px || header.samples != size.samples || header.bits > size.most_bits) {
    codec_damaged("its header says another size than the file");
  }
  // The decoder works on four bytes a sample.
  if (header.width_px * header.height_px * header.samples > kMaxDecodedBytes / 4) throw Error(ErrorCode::kTooLarge, "the JPEG 2000 image is too large to be decoded in memory");
  return Decoder(file).run(size, header);
}

bool is_jpeg2000(Source& source) {
  if (!source.has(0, 12)) return false;
  const std::vector<std::uint8_t> start = source.read(0, 12);
  return is_boxed(start) || be32(start, 0) == 0xff4fff51;
}

std::unique_ptr<ImageFile> open_jpeg2000(std::shared_ptr<Source> source) { return std::make_unique<Jpeg2000File>(source); }

}  // namespace cytodrop
