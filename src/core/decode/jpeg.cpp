#include "core/decode/jpeg.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include <jpeglib.h>

#include <jerror.h>

#include "core/decode/decode.h"
#include "core/error.h"

namespace cytodrop {
namespace {

/// Coefficients of a progressive file come on top of its pixels.
constexpr long kMaxDecoderBytes = 300'000'000;

/// One decoder with its callbacks; an error leaves libjpeg-turbo as an exception, which its C code lets through.
class Decoder {
 public:
  Decoder(std::span<const std::uint8_t> file, bool& damaged) : damaged_(damaged) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = [](j_common_ptr info) { fail(info); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) self(info).damaged_ = true;
    };
    info_.client_data = this;
    jpeg_create_decompress(&info_);
    info_.mem->max_memory_to_use = kMaxDecoderBytes;

    source_.next_input_byte = file.data();
    source_.bytes_in_buffer = file.size();
    source_.init_source = [](j_decompress_ptr) {};
    source_.fill_input_buffer = [](j_decompress_ptr) -> boolean {
      throw Error(ErrorCode::kTruncated, "the JPEG file is cut off: its end is missing");
    };
    source_.skip_input_data = [](j_decompress_ptr info, long count) {
      if (count <= 0) return;
      const std::size_t step = std::min(static_cast<std::size_t>(count), info->src->bytes_in_buffer);
      info->src->next_input_byte += step;
      info->src->bytes_in_buffer -= step;
    };
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = [](j_decompress_ptr) {};
    info_.src = &source_;

    progress_.progress_monitor = [](j_common_ptr info) {
      const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
      if (decompress->input_scan_number > self(info).most_scans_) {
        throw Error(ErrorCode::kTooLarge, "the JPEG file has far more scans than it needs");
      }
    };
    info_.progress = &progress_;
  }
  ~Decoder() { jpeg_destroy_decompress(&info_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Image run(const FileHeader& header) {
    jpeg_read_header(&info_, TRUE);
    const auto is = [](JDIMENSION side, int stated) { return static_cast<std::int64_t>(side) == stated; };
    if (!is(info_.image_width, header.width_px) || !is(info_.image_height, header.height_px) ||
        info_.num_components != header.channels) {
      throw Error(ErrorCode::kCorrupt, "the image data has another size than the header states");
    }
    // Each scan passes over all pixels; encoders write about ten.
    const std::int64_t pixels = std::int64_t{header.width_px} * header.height_px;
    most_scans_ = static_cast<int>(std::clamp<std::int64_t>(1'000'000'000 / pixels, 20, 500));
    info_.out_color_space = header.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    Image image(header.width_px, header.height_px, header.channels, SampleType::kUint8);
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = reinterpret_cast<JSAMPROW>(image.data()) + info_.output_scanline * image.row_stride_bytes();
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return image;
  }

 private:
  static Decoder& self(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

  [[noreturn]] static void fail(j_common_ptr info) {
    switch (info->err->msg_code) {
      case JERR_OUT_OF_MEMORY: throw Error(ErrorCode::kOutOfMemory, "there is not enough memory to decode the image");
      case JERR_NO_BACKING_STORE:
        throw Error(ErrorCode::kTooLarge, "the JPEG file is progressive and too large to be decoded in memory; save it as baseline JPEG");
    }
    char message[JMSG_LENGTH_MAX];
    info->err->format_message(info, message);
    throw Error(ErrorCode::kCorrupt, std::string("the image data is damaged (") + message + ")");
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_source_mgr source_{};
  jpeg_progress_mgr progress_{};
  int most_scans_ = 0;
  bool& damaged_;
};

}  // namespace

Image decode_jpeg(std::span<const std::uint8_t> file, const FileHeader& header, bool& damaged) {
  return Decoder(file, damaged).run(header);
}

}  // namespace cytodrop
