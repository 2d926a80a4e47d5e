#include "core/formats/jpeg_ls_scan.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "core/error.h"
#include "core/formats/jpeg_scan.h"
#include "core/formats/codec.h"

namespace cytodrop {
namespace {

/// Of a run, the bits of the length that each step of its index stands for. Source: T.87, A.2.1.
constexpr std::array<int, 32> kRunBits{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/// Bits that numbers below `count` take.
int bits_for(int count) { return static_cast<int>(std::bit_width(static_cast<unsigned>(count - 1))); }

int within(int value, int least, int most) { return value > most || value < least ? least : value; }

}  // namespace

JpegLsScan::JpegLsScan(Bytes file, std::size_t at, int bits, int near, const JpegLsPreset& preset) : file_(file), at_(at), near_(near) {
  largest_ = preset.largest != 0 ? preset.largest : (1 << bits) - 1;
  if (largest_ < 1 || largest_ >= 1 << bits || near < 0 || near > std::min(255, largest_ / 2)) codec_damaged("its coding parameters contradict each other");
  range_ = (largest_ + 2 * near) / (2 * near + 1) + 1;
  range_bits_ = bits_for(range_);
  const int sample_bits = std::max(2, bits_for(largest_ + 1));
  limit_ = 2 * (sample_bits + std::max(8, sample_bits));
  reset_ = preset.reset != 0 ? preset.reset : 64;
  // Source: T.87, C.2.4.1.1.
  if (largest_ >= 128) {
    const int factor = (std::min(largest_, 4095) + 128) / 256;
    t1_ = within(factor + 2 + 3 * near, near + 1, largest_);
    t2_ = within(factor * 4 + 3 + 5 * near, t1_, largest_);
    t3_ = within(factor * 17 + 4 + 7 * near, t2_, largest_);
  } else {
    const int factor = 256 / (largest_ + 1);
    t1_ = within(std::max(2, 3 / factor + 3 * near), near + 1, largest_);
    t2_ = within(std::max(3, 7 / factor + 5 * near), t1_, largest_);
    t3_ = within(std::max(4, 21 / factor + 7 * near), t2_, largest_);
  }
  if (preset.t1 != 0) t1_ = preset.t1;
  if (preset.t2 != 0) t2_ = preset.t2;
  if (preset.t3 != 0) t3_ = preset.t3;
  if (t1_ < near + 1 || t2_ < t1_ || t3_ < t2_ || t3_ > largest_ || reset_ < 3 || reset_ > std::max(255, largest_)) codec_damaged("its coding parameters contradict each other");
  const int start = std::max(2, (range_ + 32) / 64);
  contexts_.fill(Context{.a = start});
  runs_.fill(RunContext{.a = start});
}

int JpegLsScan::take(int count) {
  while (held_ < count) {
    if (at_ >= file_.size()) jpeg_cut_off();
    const std::uint8_t byte = file_[at_];
    // Behind 0xff a bit is stuffed; where it is set, a marker stands.
    if (stuffed_ && byte >= 0x80) codec_damaged("a scan ends too early");
    bits_ = bits_ << (stuffed_ ? 7 : 8) | byte;
    held_ += stuffed_ ? 7 : 8;
    stuffed_ = byte == 0xff;
    ++at_;
  }
  held_ -= count;
  return static_cast<int>(bits_ >> held_ & ((std::uint64_t{1} << count) - 1));
}

std::size_t JpegLsScan::end() const { return at_ - (stuffed_ && at_ < file_.size() && file_[at_] >= 0x80 ? 1 : 0); }

int JpegLsScan::golomb(int k, int limit) {
  const int longest = limit - range_bits_ - 1;
  int zeros = 0;
  while (take(1) == 0) {
    if (++zeros > longest) codec_damaged("a code is none");
  }
  if (zeros >= longest) return take(range_bits_) + 1;
  return zeros << k | take(k);
}

int JpegLsScan::quantise(int difference) const {
  const int size = std::abs(difference);
  const int level = size <= near_ ? 0 : size < t1_ ? 1 : size < t2_ ? 2 : size < t3_ ? 3 : 4;
  return difference < 0 ? -level : level;
}

int JpegLsScan::rebuild(int predicted, int error) const {
  const int step = 2 * near_ + 1;
  int value = predicted + error * step;
  if (value < -near_) {
    value += range_ * step;
  } else if (value > largest_ + near_) {
    value -= range_ * step;
  }
  return std::clamp(value, 0, largest_);
}

int JpegLsScan::context_of(int left, int up, int corner, int right) const { return 81 * quantise(right - up) + 9 * quantise(up - corner) + quantise(corner - left); }

int JpegLsScan::regular(int context, int left, int up, int corner) {
  const int sign = context < 0 ? -1 : 1;
  Context& at = contexts_[static_cast<std::size_t>(std::abs(context))];
  int predicted = corner >= std::max(left, up) ? std::min(left, up) : corner <= std::min(left, up) ? std::max(left, up) : left + up - corner;
  predicted = std::clamp(predicted + sign * at.c, 0, largest_);
  int k = 0;
  while (k < 24 && at.n << k < at.a) ++k;
  const int mapped = golomb(k, limit_);
  int error = mapped % 2 == 0 ? mapped / 2 : -(mapped / 2) - 1;
  if (near_ == 0 && k == 0 && 2 * at.b <= -at.n) error = -error - 1;
  // More than this no sound file has; it keeps the sums small.
  if (std::abs(error) > 65535) codec_damaged("a difference is too large");
  at.b += error * (2 * near_ + 1);
  at.a += std::abs(error);
  if (at.n == reset_) {
    at.a >>= 1;
    at.b >>= 1;
    at.n >>= 1;
  }
  ++at.n;
  if (at.b <= -at.n) {
    at.b = std::max(at.b + at.n, 1 - at.n);
    if (at.c > -128) --at.c;
  } else if (at.b > 0) {
    at.b = std::min(at.b - at.n, 0);
    if (at.c < 127) ++at.c;
  }
  return rebuild(predicted, sign * error);
}

/// Returns: how many samples are as the one before, of those left in the row.
std::size_t JpegLsScan::run(std::size_t left, int& run_index) {
  std::size_t length = 0;
  while (take(1) == 1) {
    const std::size_t step = std::size_t{1} << kRunBits[static_cast<std::size_t>(run_index)];
    if (step <= left - length && run_index < 31) ++run_index;
    length += std::min(step, left - length);
    if (length == left) return length;
  }
  length += static_cast<std::size_t>(take(kRunBits[static_cast<std::size_t>(run_index)]));
  if (length >= left) codec_damaged("a run is longer than its row");
  return length;
}

int JpegLsScan::interrupt_error(int type, int run_index) {
  RunContext& at = runs_[static_cast<std::size_t>(type)];
  const int sum = type == 0 ? at.a : at.a + (at.n >> 1);
  int k = 0;
  while (k < 24 && at.n << k < sum) ++k;
  const int mapped = golomb(k, limit_ - kRunBits[static_cast<std::size_t>(run_index)] - 1);
  const int odd = (mapped + type) & 1, size = (mapped + type + odd) / 2;
  const bool mostly_negative = k != 0 || 2 * at.negative >= at.n;
  const int error = mostly_negative == (odd == 1) ? -size : size;
  if (size > 65535) codec_damaged("a difference is too large");
  if (error < 0) ++at.negative;
  at.a += (mapped + 1 - type) >> 1;
  if (at.n == reset_) {
    at.a >>= 1;
    at.n >>= 1;
    at.negative >>= 1;
  }
  ++at.n;
  return error;
}

void JpegLsScan::row(std::vector<int>& above, std::vector<int>& row, int& run_index) {
  const std::size_t width = row.size() - 2;
  row[0] = above[1];
  above[width + 1] = above[width];
  for (std::size_t x = 1; x <= width;) {
    const int left = row[x - 1], up = above[x], corner = above[x - 1];
    const int context = context_of(left, up, corner, above[x + 1]);
    if (context != 0) {
      row[x++] = regular(context, left, up, corner);
      continue;
    }
    const std::size_t length = run(width + 1 - x, run_index);
    std::fill_n(row.begin() + static_cast<std::ptrdiff_t>(x), length, left);
    x += length;
    if (x > width) break;
    const int over = above[x];
    const int type = std::abs(left - over) <= near_ ? 1 : 0;
    const int error = interrupt_error(type, run_index);
    row[x++] = type == 1 ? rebuild(left, error) : rebuild(over, left > over ? -error : error);
    if (run_index > 0) --run_index;
  }
}

void JpegLsScan::pixels(std::array<std::vector<int>, 3>& above, std::array<std::vector<int>, 3>& row, int& run_index) {
  const std::size_t width = row[0].size() - 2;
  for (std::size_t c = 0; c < 3; ++c) {
    row[c][0] = above[c][1];
    above[c][width + 1] = above[c][width];
  }
  for (std::size_t x = 1; x <= width;) {
    std::array<int, 3> contexts;
    for (std::size_t c = 0; c < 3; ++c) contexts[c] = context_of(row[c][x - 1], above[c][x], above[c][x - 1], above[c][x + 1]);
    if (contexts != std::array<int, 3>{}) {
      for (std::size_t c = 0; c < 3; ++c) row[c][x] = regular(contexts[c], row[c][x - 1], above[c][x], above[c][x - 1]);
      ++x;
      continue;
    }
    const std::size_t length = run(width + 1 - x, run_index);
    for (auto& samples : row) std::fill_n(samples.begin() + static_cast<std::ptrdiff_t>(x), length, samples[x - 1]);
    x += length;
    if (x > width) break;
    for (std::size_t c = 0; c < 3; ++c) {
      const int left = row[c][x - 1], over = above[c][x];
      const int error = interrupt_error(0, run_index);
      row[c][x] = rebuild(over, left > over ? -error : error);
    }
    ++x;
    if (run_index > 0) --run_index;
  }
}

}  // namespace cytodrop
