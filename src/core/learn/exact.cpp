#include "core/learn/exact.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/simd.h"

namespace cytodrop {
namespace {

// ln 2 in two parts, of which the first has few bits, so that a multiple of it is exact (Cody and Waite 1980).
constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10, kLog2E = 1.44269504088896338700;
constexpr double kSqrtHalf = 0.70710678118654752440;

}  // namespace

double exact_exp(double x) {
  if (!(x > -708)) return 0;
  if (x > 709) return std::numeric_limits<double>::infinity();
  const double k = std::floor(x * kLog2E + 0.5), r = (x - k * kLn2High) - k * kLn2Low;
  double sum = 1;
  for (int i = 13; i > 0; --i) sum = 1 + sum * (r / i);
  return sum * bits_as<double>(static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023) << 52);
}

double exact_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1), square = s * s;
  double sum = 0;
  for (int i = 21; i > 0; i -= 2) sum = 1.0 / i + square * sum;
  return exponent * kLn2High + (2 * s * sum + exponent * kLn2Low);
}

}  // namespace cytodrop
