#include "core/formats/lossless_jpeg.h"

#include <array>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/formats/jpeg_scan.h"

namespace cytodrop {
namespace {

class Decoder {
 public:
  Decoder(Bytes file, const CodecSize& size) : file_(file), size_(size) {}

  CodecSamples run() {
    if (file_.size() < 2 || be16(file_, 0) != 0xffd8) codec_damaged("it is no JPEG");
    std::size_t at = 2;
    while (decoded_ < size_.samples) {
      const auto [code, data, end] = jpeg_segment(file_, at);
      at = end;
      if (code == 0xc3) {
        frame(data);
      } else if (code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8) {
        throw Error(ErrorCode::kUnsupportedFeature, "the image data is JPEG of another process than the file states");
      } else if (code == 0xc4) {
        tables(data);
      } else if (code == 0xdd) {
        if (data.size() < 2) codec_damaged("a segment is too short");
        restart_interval_ = be16(data, 0);
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
      if (data[7 + 3 * c] != 0x11) throw Error(ErrorCode::kUnsupportedFeature, "the image data is lossless JPEG with colours of another size, which is not read");
    }
    // The shortest code is a bit: what cannot be there takes no memory.
    const std::size_t count = static_cast<std::size_t>(size_.width_px) * static_cast<std::size_t>(size_.height_px) * data[5];
    if (count / 8 > file_.size()) codec_damaged("it has fewer pixels than it states");
    samples_.bits = bits_;
    samples_.sample_bytes = bits_ > 8 ? 2 : 1;
    samples_.bytes.resize(count * static_cast<std::size_t>(samples_.sample_bytes));
  }

  void tables(Bytes data) {
    while (!data.empty()) {
      const std::size_t slot = data[0] & 0x0f;
      if (data[0] >> 4 != 0 || slot > 3) codec_damaged("a code table has no place");
      data = tables_[slot].read(data.subspan(1));
    }
  }

  std::size_t scan(Bytes data, std::size_t at) {
    if (samples_.bytes.empty()) codec_damaged("it has pixels before its header");
    const std::size_t count = data.empty() ? 0 : data[0];
    if (count < 1 || count > ids_.size() || data.size() < 4 + 2 * count) codec_damaged("a scan has a broken header");
    struct Part {
      std::size_t sample;
      const HuffmanTable* table;
    };
    std::vector<Part> parts;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t sample = 0;
      while (sample < ids_.size() && ids_[sample] != data[1 + 2 * i]) ++sample;
      const std::size_t slot = data[2 + 2 * i] >> 4;
      if (sample == ids_.size() || slot > 3 || !tables_[slot].there()) codec_damaged("a scan has a broken header");
      parts.push_back({sample, &tables_[slot]});
    }
    const int predictor = data[1 + 2 * count], shift = data[3 + 2 * count] & 0x0f;
    if (predictor < 1 || predictor > 7 || shift >= bits_) codec_damaged("a scan has no predictor that exists");

    ScanBits bits(file_, at);
    const auto width = static_cast<std::size_t>(size_.width_px), height = static_cast<std::size_t>(size_.height_px), each = ids_.size();
    // Two rows of each part, not yet shifted.
    std::vector<std::uint16_t> above(width * count), row(width * count);
    std::size_t until_restart = restart_interval_;
    bool first_row = true, first_pixel = true;
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        if (restart_interval_ != 0) {
          if (until_restart == 0) {
            bits.restart();
            until_restart = restart_interval_;
            first_row = first_pixel = true;
          }
          --until_restart;
        }
        for (std::size_t i = 0; i < count; ++i) {
          const std::size_t place = x * count + i;
          int predicted;
          if (first_pixel) {
            predicted = 1 << (bits_ - shift - 1);
          } else if (first_row) {
            predicted = row[place - count];
          } else if (x == 0) {
            predicted = above[place];
          } else {
            predicted = predict(predictor, row[place - count], above[place], above[place - count]);
          }
          const auto value = static_cast<std::uint16_t>(predicted + difference(bits, *parts[i].table));
          row[place] = value;
          put_sample(samples_, (y * width + x) * each + parts[i].sample, static_cast<std::uint16_t>(value << shift));
        }
        first_pixel = false;
      }
      std::swap(above, row);
      // A restart in the middle of a row, which no encoder makes, would leave that row without one above.
      first_row = restart_interval_ != 0 && until_restart == 0;
    }
    decoded_ += static_cast<int>(count);
    return bits.end();
  }

  static int predict(int predictor, int left, int up, int corner) {
    switch (predictor) {
      case 1: return left;
      case 2: return up;
      case 3: return corner;
      case 4: return left + up - corner;
      case 5: return left + ((up - corner) >> 1);
      case 6: return up + ((left - corner) >> 1);
      default: return (left + up) >> 1;
    }
  }

  static int difference(ScanBits& bits, const HuffmanTable& table) {
    const int count = table.decode(bits);
    return count == 16 ? 32768 : bits.take_signed(count);
  }

  Bytes file_;
  CodecSize size_;
  CodecSamples samples_;
  int bits_ = 0, decoded_ = 0;
  std::vector<std::uint8_t> ids_;
  std::array<HuffmanTable, 4> tables_;
  std::size_t restart_interval_ = 0;
};

}  // namespace

CodecSamples decode_lossless_jpeg(Bytes file, const CodecSize& size) { return Decoder(file, size).run(); }

}  // namespace cytodrop
