#include "core/formats/jpeg_ls.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/formats/jpeg_ls_scan.h"
#include "core/formats/jpeg_scan.h"

namespace cytodrop {
namespace {

[[noreturn]] void not_read(const std::string& what) { throw Error(ErrorCode::kUnsupportedFeature, "the image data is JPEG-LS " + what + ", which is not read"); }

class Decoder {
 public:
  Decoder(Bytes file, const CodecSize& size) : file_(file), size_(size) {}

  CodecSamples run() {
    if (file_.size() < 2 || be16(file_, 0) != 0xffd8) codec_damaged("it is no JPEG-LS");
    std::size_t at = 2;
    while (decoded_ < static_cast<std::size_t>(size_.samples)) {
      const auto [code, data, end] = jpeg_segment(file_, at);
      at = end;
      if (code == 0xf7) {
        frame(data);
      } else if (code == 0xf8) {
        preset(data);
      } else if (code == 0xdd) {
        for (const std::uint8_t byte : data) {
          if (byte != 0) not_read("with restarts");
        }
      } else if (code == 0xe8 && data.size() >= 5 && std::memcmp(data.data(), "mrfx", 4) == 0 && data[4] != 0) {
        not_read("with colours turned");
      } else if (code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8) {
        throw Error(ErrorCode::kUnsupportedFeature, "the image data is another JPEG than the JPEG-LS that the file states");
      } else if (code == 0xda) {
        at = scan(data, at);
      }
    }
    return std::move(samples_);
  }

 private:
  void frame(Bytes data) {
    if (!samples_.bytes.empty()) codec_damaged("it has two headers");
    if (data.size() < 6 || data.size() < 6 + 3u * data[5]) codec_damaged("its header is too short");
    bits_ = data[0];
    const bool fits = be16(data, 1) == static_cast<std::uint32_t>(size_.height_px) && be16(data, 3) == static_cast<std::uint32_t>(size_.width_px) && data[5] == size_.samples;
    if (!fits || bits_ < 2 || bits_ > size_.most_bits) codec_damaged("its header says another size than the file");
    for (std::size_t c = 0; c < data[5]; ++c) {
      ids_.push_back(data[6 + 3 * c]);
      if (data[7 + 3 * c] != 0x11) not_read("with colours of another size");
    }
    // A bit stands for a run of 32768 samples at most, but each row begins anew: what cannot be there takes no memory.
    const std::size_t rows = static_cast<std::size_t>(size_.height_px);
    if (rows / 8 > file_.size()) codec_damaged("it has fewer pixels than it states");
    const std::size_t count = static_cast<std::size_t>(size_.width_px) * rows * data[5];
    samples_.bits = bits_;
    samples_.sample_bytes = bits_ > 8 ? 2 : 1;
    samples_.bytes.resize(count * static_cast<std::size_t>(samples_.sample_bytes));
  }

  void preset(Bytes data) {
    if (data.empty() || data[0] != 1) not_read("with tables");
    if (data.size() < 11) codec_damaged("a segment is too short");
    const auto number = [&](std::size_t at) { return static_cast<int>(be16(data, at)); };
    preset_ = {.largest = number(1), .t1 = number(3), .t2 = number(5), .t3 = number(7), .reset = number(9)};
  }

  std::size_t scan(Bytes data, std::size_t at) {
    if (samples_.bytes.empty()) codec_damaged("it has pixels before its header");
    const std::size_t count = data.empty() ? 0 : data[0];
    if ((count != 1 && count != ids_.size()) || data.size() < 4 + 2 * count) codec_damaged("a scan has a broken header");
    std::vector<std::size_t> parts;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t sample = 0;
      while (sample < ids_.size() && ids_[sample] != data[1 + 2 * i]) ++sample;
      if (sample == ids_.size()) codec_damaged("a scan has a broken header");
      if (data[2 + 2 * i] != 0) not_read("with tables");
      parts.push_back(sample);
    }
    const int near = data[1 + 2 * count], order = data[2 + 2 * count];
    if (order > 2 || (count == 1) != (order == 0)) codec_damaged("a scan has its colours in no order that exists");
    if ((data[3 + 2 * count] & 0x0f) != 0) not_read("with shifted samples");
    JpegLsScan coded(file_, at, bits_, near, preset_);
    const auto width = static_cast<std::size_t>(size_.width_px);
    std::array<std::vector<int>, 3> above, row;
    std::array<int, 3> run_index{};
    for (std::size_t i = 0; i < count; ++i) {
      above[i].assign(width + 2, 0);
      row[i].assign(width + 2, 0);
    }
    for (std::size_t y = 0; y < static_cast<std::size_t>(size_.height_px); ++y) {
      if (order == 2) {
        coded.pixels(above, row, run_index[0]);
      } else {
        for (std::size_t i = 0; i < count; ++i) coded.row(above[i], row[i], run_index[i]);
      }
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t x = 0; x < width; ++x) put_sample(samples_, (y * width + x) * ids_.size() + parts[i], static_cast<unsigned>(row[i][x + 1]));
        std::swap(above[i], row[i]);
      }
    }
    decoded_ += count;
    return coded.end();
  }

  Bytes file_;
  CodecSize size_;
  CodecSamples samples_;
  JpegLsPreset preset_;
  int bits_ = 0;
  std::size_t decoded_ = 0;
  std::vector<std::uint8_t> ids_;
};

}  // namespace

CodecSamples decode_jpeg_ls(Bytes file, const CodecSize& size) { return Decoder(file, size).run(); }

}  // namespace cytodrop
