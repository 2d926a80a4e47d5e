#include "core/formats/extended_jpeg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/formats/jpeg_scan.h"

namespace cytodrop {
namespace {

/// Where the coefficients of a block, as they are written, lie in it. Source: T.81, figure A.6.
constexpr std::array<std::uint8_t, 64> kZigzag{0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                               35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

using Block = std::array<float, 64>;

/// [place][frequency]: cos((2·place + 1)·frequency·π / 16) / 2, over √2 at 0. Source: T.81, A.3.3.
const Block& cosines() {
  static const Block table = [] {
    Block all{};
    const double pi = std::acos(-1.0);
    for (std::size_t place = 0; place < 8; ++place) {
      for (std::size_t k = 0; k < 8; ++k) all[8 * place + k] = static_cast<float>(std::cos(static_cast<double>((2 * place + 1) * k) * pi / 16) / 2 * (k == 0 ? std::sqrt(0.5) : 1.0));
    }
    return all;
  }();
  return table;
}

Block inverse_transform(const Block& coefficients) {
  const Block& table = cosines();
  Block rows{}, out{};
  for (std::size_t v = 0; v < 8; ++v) {
    for (std::size_t x = 0; x < 8; ++x) {
      for (std::size_t u = 0; u < 8; ++u) rows[8 * v + x] += table[8 * x + u] * coefficients[8 * v + u];
    }
  }
  for (std::size_t y = 0; y < 8; ++y) {
    for (std::size_t v = 0; v < 8; ++v) {
      for (std::size_t x = 0; x < 8; ++x) out[8 * y + x] += table[8 * y + v] * rows[8 * v + x];
    }
  }
  return out;
}

class Decoder {
 public:
  Decoder(Bytes file, const CodecSize& size) : file_(file), size_(size) {}

  CodecSamples run() {
    if (file_.size() < 2 || be16(file_, 0) != 0xffd8) codec_damaged("it is no JPEG");
    std::size_t at = 2;
    while (decoded_ < static_cast<std::size_t>(size_.samples)) {
      const auto [code, data, end] = jpeg_segment(file_, at);
      at = end;
      if (code == 0xc0 || code == 0xc1) {
        frame(data);
      } else if (code == 0xc4) {
        codes(data);
      } else if (code == 0xdb) {
        steps(data);
      } else if (code >= 0xc2 && code <= 0xcf && code != 0xc8) {
        throw Error(ErrorCode::kUnsupportedFeature, "the image data is JPEG of more than 8 bits of a process that is not read");
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
  struct Part {
    std::uint8_t id = 0;
    std::uint8_t steps = 0;
  };

  void frame(Bytes data) {
    if (!parts_.empty()) codec_damaged("it has two headers");
    if (data.size() < 6 || data.size() < 6 + 3u * data[5]) codec_damaged("its header is too short");
    const int bits = data[0];
    const bool fits = be16(data, 1) == static_cast<std::uint32_t>(size_.height_px) && be16(data, 3) == static_cast<std::uint32_t>(size_.width_px) && data[5] == size_.samples;
    if (!fits || bits > size_.most_bits || (bits != 8 && bits != 12)) codec_damaged("its header says another size than the file");
    for (std::size_t c = 0; c < data[5]; ++c) {
      if (data[7 + 3 * c] != 0x11 && data[5] > 1) throw Error(ErrorCode::kUnsupportedFeature, "the image data is JPEG of 12 bits with colours of another size, which is not read");
      parts_.push_back({data[6 + 3 * c], data[8 + 3 * c]});
    }
    across_ = (static_cast<std::size_t>(size_.width_px) + 7) / 8;
    down_ = (static_cast<std::size_t>(size_.height_px) + 7) / 8;
    // A block takes four bits at least: what cannot be there takes no memory.
    if (across_ * down_ * parts_.size() / 2 > file_.size()) codec_damaged("it has fewer pixels than it states");
    samples_.bits = bits;
    samples_.sample_bytes = bits > 8 ? 2 : 1;
    samples_.bytes.resize(static_cast<std::size_t>(size_.width_px) * static_cast<std::size_t>(size_.height_px) * parts_.size() * static_cast<std::size_t>(samples_.sample_bytes));
  }

  void codes(Bytes data) {
    while (!data.empty()) {
      const std::size_t kind = data[0] >> 4, slot = data[0] & 0x0f;
      if (kind > 1 || slot > 3) codec_damaged("a code table has no place");
      data = codes_[kind][slot].read(data.subspan(1));
    }
  }

  void steps(Bytes data) {
    while (!data.empty()) {
      const std::size_t wide = data[0] >> 4, slot = data[0] & 0x0f, bytes = 64 * (wide + 1);
      if (wide > 1 || slot > 3 || data.size() < 1 + bytes) codec_damaged("a table of steps has no place");
      for (std::size_t i = 0; i < 64; ++i) steps_[slot][i] = static_cast<float>(wide ? be16(data, 1 + 2 * i) : data[1 + i]);
      data = data.subspan(1 + bytes);
    }
  }

  std::size_t scan(Bytes data, std::size_t at) {
    struct Coded {
      std::size_t sample;
      const HuffmanTable *first, *others;
      int before = 0;
    };
    const std::size_t count = data.empty() ? 0 : data[0];
    if (parts_.empty() || count < 1 || count > parts_.size() || data.size() < 4 + 2 * count) codec_damaged("a scan has a broken header");
    std::vector<Coded> coded;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t sample = 0;
      while (sample < parts_.size() && parts_[sample].id != data[1 + 2 * i]) ++sample;
      const std::size_t first = data[2 + 2 * i] >> 4, others = data[2 + 2 * i] & 0x0f;
      if (sample == parts_.size() || first > 3 || others > 3 || !codes_[0][first].there() || !codes_[1][others].there() || parts_[sample].steps > 3) codec_damaged("a scan has a broken header");
      coded.push_back({sample, &codes_[0][first], &codes_[1][others]});
    }
    ScanBits bits(file_, at);
    std::size_t until_restart = restart_interval_;
    for (std::size_t i = 0; i < across_ * down_; ++i) {
      if (restart_interval_ != 0) {
        if (until_restart == 0) {
          bits.restart();
          until_restart = restart_interval_;
          for (Coded& one : coded) one.before = 0;
        }
        --until_restart;
      }
      for (Coded& one : coded) put(read_block(bits, *one.first, *one.others, steps_[parts_[one.sample].steps], one.before), i % across_, i / across_, one.sample);
    }
    decoded_ += count;
    return bits.end();
  }

  static Block read_block(ScanBits& bits, const HuffmanTable& first, const HuffmanTable& others, const Block& steps, int& before) {
    Block block{};
    // Kept within what any sum of differences of 12 bits may be.
    before = std::clamp(before + bits.take_signed(first.decode(bits)), -(1 << 20), 1 << 20);
    block[0] = static_cast<float>(before) * steps[0];
    for (std::size_t k = 1; k < 64; ++k) {
      const int code = others.decode(bits), zeros = code >> 4, size = code & 0x0f;
      if (size == 0) {
        if (zeros != 15) break;
        k += 15;
        continue;
      }
      k += static_cast<std::size_t>(zeros);
      if (k > 63) codec_damaged("a block has too many coefficients");
      block[kZigzag[k]] = static_cast<float>(bits.take_signed(size)) * steps[k];
    }
    return block;
  }

  void put(const Block& coefficients, std::size_t column, std::size_t row, std::size_t sample) {
    const Block block = inverse_transform(coefficients);
    const auto width = static_cast<std::size_t>(size_.width_px), height = static_cast<std::size_t>(size_.height_px);
    const float most = static_cast<float>((1 << samples_.bits) - 1), middle = static_cast<float>(1 << (samples_.bits - 1));
    for (std::size_t y = 8 * row; y < std::min(8 * row + 8, height); ++y) {
      for (std::size_t x = 8 * column; x < std::min(8 * column + 8, width); ++x) {
        const auto value = static_cast<std::uint16_t>(std::clamp(block[8 * (y % 8) + x % 8] + middle + 0.5f, 0.0f, most));
        put_sample(samples_, (y * width + x) * parts_.size() + sample, value);
      }
    }
  }

  Bytes file_;
  CodecSize size_;
  CodecSamples samples_;
  std::vector<Part> parts_;
  std::array<std::array<HuffmanTable, 4>, 2> codes_;  ///< of the first coefficient of a block, and of the others
  std::array<Block, 4> steps_{};
  std::size_t across_ = 0, down_ = 0, decoded_ = 0, restart_interval_ = 0;
};

}  // namespace

CodecSamples decode_extended_jpeg(Bytes file, const CodecSize& size) { return Decoder(file, size).run(); }

}  // namespace cytodrop
