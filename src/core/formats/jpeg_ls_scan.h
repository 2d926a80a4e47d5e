#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/decode/bytes.h"

namespace cytodrop {

/// The numbers that stand before a scan. 0: what the standard takes.
struct JpegLsPreset {
  int largest = 0;
  int t1 = 0, t2 = 0, t3 = 0;
  int reset = 0;
};

/// One scan of JPEG-LS. Untrusted input is safe. Source: ITU-T T.87, annex A; B.1 for samples in turns.
class JpegLsScan {
 public:
  /// Args:
  ///   at: of the first coded byte.
  ///   bits: a sample.
  ///   near: the largest error.
  /// Raises: kCorrupt.
  JpegLsScan(Bytes file, std::size_t at, int bits, int near, const JpegLsPreset& preset);

  /// Decodes the next row of one component: of a scan of one, or of several line by line.
  ///
  /// Args:
  ///   above, row: samples with one before the first and one behind the last, which this fills in.
  ///   run_index: of the component.
  /// Raises: kTruncated, kCorrupt.
  void row(std::vector<int>& above, std::vector<int>& row, int& run_index);

  /// Decodes the next row of three components, pixel by pixel.
  void pixels(std::array<std::vector<int>, 3>& above, std::array<std::vector<int>, 3>& row, int& run_index);

  /// Behind the last byte that was used.
  std::size_t end() const;

 private:
  struct Context {
    int a, b = 0, c = 0, n = 1;
  };
  struct RunContext {
    int a, n = 1, negative = 0;
  };

  int take(int count);
  int golomb(int k, int limit);
  int quantise(int difference) const;
  int rebuild(int predicted, int error) const;
  int context_of(int left, int up, int corner, int right) const;
  int regular(int context, int left, int up, int corner);
  std::size_t run(std::size_t left, int& run_index);
  int interrupt_error(int type, int run_index);

  Bytes file_;
  std::size_t at_;
  std::uint64_t bits_ = 0;
  int held_ = 0;
  bool stuffed_ = false;  ///< the last byte was 0xff
  int near_, largest_, range_, range_bits_, limit_, reset_, t1_, t2_, t3_;
  std::array<Context, 365> contexts_;
  std::array<RunContext, 2> runs_;
};

}  // namespace cytodrop
