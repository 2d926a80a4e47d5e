#include "core/learn/compact.h"

#include <algorithm>
#include <cmath>

#include "core/learn/dot.h"
#include "core/simd.h"

namespace cytodrop {
namespace {

/// Below this share of the longest row's square what is left of a row is rounding.
constexpr double kLeastLeft = 1e-6, kLeastSpread = 1e-6;
constexpr std::size_t kAhead = 4;

template <typename Is>
std::vector<std::size_t> numbers_where(std::size_t count, Is is) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < count; ++i) {
    if (is(i)) found.push_back(i);
  }
  return found;
}

}  // namespace

double product(std::span<const float> one, std::span<const float> other) {
  constexpr std::size_t kSegment = 64;
  double sum = 0;
  std::size_t i = 0;
  for (; i + kSegment <= one.size(); i += kSegment) {
    Float4 a{}, b{}, c{}, d{};
    for (std::size_t j = i; j < i + kSegment; j += 16) {
      a += load4(&one[j]) * load4(&other[j]);
      b += load4(&one[j + 4]) * load4(&other[j + 4]);
      c += load4(&one[j + 8]) * load4(&other[j + 8]);
      d += load4(&one[j + 12]) * load4(&other[j + 12]);
    }
    const Float4 all = (a + b) + (c + d);
    sum += static_cast<double>((all[0] + all[1]) + (all[2] + all[3]));
  }
  for (; i < one.size(); ++i) sum += static_cast<double>(one[i] * other[i]);
  return sum;
}

Compact::Compact(const Features& features, std::span<const std::size_t> cells) : width_(features.width), count_(cells.size()), mean_(width_), scale_(width_), divisor_(width_) {
  const auto count = static_cast<double>(cells.size());
  std::vector<double> turned(width_);
  for (const std::size_t cell : cells) {
    const std::span<const float> row = features.row(cell);
    for (std::size_t j = 0; j < width_; ++j) mean_[j] += static_cast<double>(row[j]);
    if (features.turned.empty()) continue;
    const float* variance = &features.turned[cell * width_];
    for (std::size_t j = 0; j < width_; ++j) turned[j] += static_cast<double>(variance[j]);
  }
  for (double& mean : mean_) mean /= count;
  for (const std::size_t cell : cells) {
    const std::span<const float> row = features.row(cell);
    for (std::size_t j = 0; j < width_; ++j) scale_[j] += (static_cast<double>(row[j]) - mean_[j]) * (static_cast<double>(row[j]) - mean_[j]);
  }
  std::size_t j = 0;
  for (const std::int32_t block : features.blocks) {
    const double divisor = std::sqrt(static_cast<double>(block) * static_cast<double>(features.blocks.size()));
    for (std::int32_t k = 0; k < block; ++k, ++j) {
      const double spread = std::sqrt((scale_[j] + kTurnWeight * turned[j]) / count);
      divisor_[j] = divisor;
      scale_[j] = divisor * (spread > kLeastSpread ? spread : 1);
    }
  }

  std::vector<float> standard(cells.size() * width_);
  std::vector<double> left(cells.size());
  const auto standard_row = [&](std::size_t i) { return std::span<const float>(standard).subspan(i * width_, width_); };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::span<const float> row = features.row(cells[i]);
    for (std::size_t k = 0; k < width_; ++k) standard[i * width_ + k] = static_cast<float>((static_cast<double>(row[k]) - mean_[k]) / scale_[k]);
    left[i] = product(standard_row(i), standard_row(i));
  }
  const double least_left = kLeastLeft * *std::max_element(left.begin(), left.end());
  const std::size_t most = std::min(kMostRank, cells.size());
  std::vector<double> decomposed(cells.size() * most);
  // Of each cell that is a landmark or soon will be, its products with all. A few at once: to read all rows takes longer than to multiply them.
  std::vector<std::vector<double>> products(cells.size());
  const auto multiply = [&](std::size_t pivot) {
    std::vector<std::size_t> next(numbers_where(cells.size(), [&](std::size_t i) { return i != pivot && left[i] > least_left && products[i].empty(); }));
    const std::size_t more = std::min(kAhead - 1, next.size());
    std::partial_sort(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(more), next.end(), [&](std::size_t a, std::size_t b) { return left[a] != left[b] ? left[a] > left[b] : a < b; });
    next.resize(more);
    next.push_back(pivot);
    for (const std::size_t own : next) products[own].resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!(left[i] > 0)) continue;
      for (const std::size_t own : next) products[own][i] = product(standard_row(i), standard_row(own));
    }
  };
  for (std::size_t k = 0; k < most; ++k) {
    const auto pivot = static_cast<std::size_t>(std::max_element(left.begin(), left.end()) - left.begin());
    if (!(left[pivot] > least_left)) break;
    const double root = std::sqrt(left[pivot]);
    landmarks_.push_back(pivot);
    if (products[pivot].empty()) multiply(pivot);
    const double* own = &decomposed[pivot * most];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      // A landmark lies in the space of those before the next.
      if (!(left[i] > 0)) continue;
      double* row = &decomposed[i * most];
      const double sum = products[pivot][i] - dot(row, own, k);
      row[k] = i == pivot ? root : sum / root;
      left[i] = i == pivot ? 0 : std::max(0.0, left[i] - row[k] * row[k]);
    }
    products[pivot] = {};
  }
  rows_.resize(cells.size() * rank());
  for (std::size_t i = 0; i < cells.size(); ++i) std::copy_n(decomposed.data() + i * most, rank(), rows_.data() + i * rank());
  for (const std::size_t landmark : landmarks_) standard_.insert(standard_.end(), standard_row(landmark).begin(), standard_row(landmark).end());
}

std::vector<double> Compact::directions(std::span<const double> coordinates, std::size_t count) const {
  // The landmarks' own rows are a triangle T, and coordinates of a cell z are T⁻¹ · landmarks · z.
  std::vector<double> solved(coordinates.begin(), coordinates.end());
  for (std::size_t c = 0; c < count; ++c) {
    double* own = solved.data() + c * rank();
    for (std::size_t k = rank(); k-- > 0;) {
      for (std::size_t m = k + 1; m < rank(); ++m) own[k] -= rows_[landmarks_[m] * rank() + k] * own[m];
      own[k] /= rows_[landmarks_[k] * rank() + k];
    }
  }
  std::vector<double> found(count * width_);
  for (std::size_t c = 0; c < count; ++c) {
    for (std::size_t k = 0; k < rank(); ++k) {
      const double factor = solved[c * rank() + k];
      const float* landmark = &standard_[k * width_];
      for (std::size_t j = 0; j < width_; ++j) found[c * width_ + j] += factor * static_cast<double>(landmark[j]);
    }
  }
  return found;
}

std::vector<double> Compact::weights(std::span<const double> coefficients, std::span<double> bias) const {
  std::vector<double> weights = directions(coefficients, bias.size());
  for (std::size_t t = 0; t < bias.size(); ++t) {
    for (std::size_t j = 0; j < width_; ++j) {
      weights[t * width_ + j] /= scale_[j];
      bias[t] -= weights[t * width_ + j] * mean_[j];
    }
  }
  return weights;
}

}  // namespace cytodrop
