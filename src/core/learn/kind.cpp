#include "core/learn/kind.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace cytodrop {
namespace {

constexpr std::size_t kMostDirections = 32;
constexpr int kIterations = 60, kSweeps = 12;
constexpr double kLeastVariance = 1e-9, kUsualShare = 0.98, kMargin = 8.0 / 7;

/// Columns made orthonormal in order: rows × columns, in place.
void orthonormalise(std::vector<double>& matrix, std::size_t rows, std::size_t columns) {
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t before = 0; before <= c; ++before) {
      double sum = 0;
      for (std::size_t r = 0; r < rows; ++r) sum += matrix[r * columns + c] * matrix[r * columns + before];
      if (before == c) {
        const double length = sum > 0 ? std::sqrt(sum) : 1;
        for (std::size_t r = 0; r < rows; ++r) matrix[r * columns + c] /= length;
      } else {
        for (std::size_t r = 0; r < rows; ++r) matrix[r * columns + c] -= sum * matrix[r * columns + before];
      }
    }
  }
}

/// Σ row · rowᵀ: rank × rank.
std::vector<double> products(std::span<const double> rows, std::size_t rank) {
  std::vector<double> sums(rank * rank);
  for (const double* row = rows.data(); row < rows.data() + rows.size(); row += rank) {
    for (std::size_t a = 0; a < rank; ++a) {
      const double factor = row[a];
      double* own = &sums[a * rank];
      for (std::size_t b = a; b < rank; ++b) own[b] += factor * row[b];
    }
  }
  for (std::size_t a = 0; a < rank; ++a) {
    for (std::size_t b = 0; b < a; ++b) sums[a * rank + b] = sums[b * rank + a];
  }
  return sums;
}

/// The first directions of the rows' products: rank × count.
std::vector<double> first_directions(std::span<const double> rows, std::size_t rank, std::size_t count) {
  const std::vector<double> sums = products(rows, rank);
  std::vector<double> found(rank * count), next(rank * count);
  for (std::size_t c = 0; c < count; ++c) found[c * count + c] = 1;
  for (int i = 0; i < kIterations; ++i) {
    std::fill(next.begin(), next.end(), 0.0);
    for (std::size_t r = 0; r < rank; ++r) {
      double* own = &next[r * count];
      for (std::size_t k = 0; k < rank; ++k) {
        const double factor = sums[r * rank + k];
        for (std::size_t c = 0; c < count; ++c) own[c] += factor * found[k * count + c];
      }
    }
    orthonormalise(next, rank, count);
    found.swap(next);
  }
  return found;
}

/// Turns a symmetric matrix diagonal by Jacobi's rotations. Returns: the rotation; the diagonal is left in `matrix`.
std::vector<double> diagonalise(std::vector<double>& matrix, std::size_t size) {
  std::vector<double> turn(size * size);
  for (std::size_t i = 0; i < size; ++i) turn[i * size + i] = 1;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (std::size_t p = 0; p < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        const double off = matrix[p * size + q];
        if (off == 0) continue;
        const double theta = (matrix[q * size + q] - matrix[p * size + p]) / (2 * off);
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1)), c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < size; ++k) {
          const double a = matrix[k * size + p], b = matrix[k * size + q];
          matrix[k * size + p] = c * a - s * b;
          matrix[k * size + q] = s * a + c * b;
        }
        for (std::size_t k = 0; k < size; ++k) {
          const double a = matrix[p * size + k], b = matrix[q * size + k];
          matrix[p * size + k] = c * a - s * b;
          matrix[q * size + k] = s * a + c * b;
        }
        for (std::size_t k = 0; k < size; ++k) {
          const double a = turn[k * size + p], b = turn[k * size + q];
          turn[k * size + p] = c * a - s * b;
          turn[k * size + q] = s * a + c * b;
        }
      }
    }
  }
  return turn;
}

std::vector<double> type_means(std::span<const double> values, std::span<const std::int32_t> labels, std::size_t types, std::size_t width) {
  std::vector<double> means(types * width), counts(types);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    ++counts[label];
    for (std::size_t j = 0; j < width; ++j) means[label * width + j] += values[i * width + j];
  }
  for (std::size_t t = 0; t < types; ++t) {
    for (std::size_t j = 0; j < width; ++j) means[t * width + j] /= std::max(1.0, counts[t]);
  }
  // Nothing must seem to be of a type without a cell: its mean is that of the first with one.
  const auto first = static_cast<std::size_t>(std::find_if(counts.begin(), counts.end(), [](double count) { return count > 0; }) - counts.begin());
  for (std::size_t t = 0; t < types; ++t) {
    if (counts[t] == 0) std::copy_n(&means[first * width], width, &means[t * width]);
  }
  return means;
}

Kind described(const Compact& compact) {
  Kind kind;
  kind.mean.assign(compact.mean().begin(), compact.mean().end());
  for (const double scale : compact.scale()) kind.feature_scale.push_back(1 / scale);
  for (const double divisor : compact.divisor()) kind.feature_limit.push_back(kMostSpreads / divisor);
  return kind;
}

/// Of cells that all have the same features: whatever else there is lies far away, in the first direction as in all others.
Kind kind_of_copies(const Compact& compact, std::size_t types) {
  Kind kind = described(compact);
  kind.basis.assign(kind.mean.size(), 0);
  kind.basis.front() = 1;
  kind.scale = {1 / std::sqrt(kLeastVariance)};
  kind.class_means.assign(types, 0);
  kind.residual_scale = 1 / kLeastVariance;
  return kind;
}

}  // namespace

Kind fit_kind(const Compact& compact, std::span<const std::int32_t> labels, int types, std::size_t in_all) {
  const std::size_t cells = compact.count(), rank = compact.rank(), kinds = static_cast<std::size_t>(types);
  if (rank == 0) return kind_of_copies(compact, kinds);
  const std::size_t spare = cells > kinds ? cells - kinds : 1, spare_in_all = in_all > kinds ? in_all - kinds : 1;
  const std::size_t d = std::min({rank, kMostDirections, std::max<std::size_t>(1, spare_in_all / 3)});
  const std::vector<double> first = first_directions(compact.rows(), rank, d);
  std::vector<double> along(cells * d), lengths(cells);
  for (std::size_t i = 0; i < cells; ++i) {
    for (std::size_t r = 0; r < rank; ++r) {
      const double value = compact.rows()[i * rank + r];
      lengths[i] += value * value;
      for (std::size_t c = 0; c < d; ++c) along[i * d + c] += value * first[r * d + c];
    }
  }
  const std::vector<double> means = type_means(along, labels, kinds, d);
  std::vector<double> covariance(d * d);
  for (std::size_t i = 0; i < cells; ++i) {
    const double* mean = &means[static_cast<std::size_t>(labels[i]) * d];
    for (std::size_t a = 0; a < d; ++a) {
      for (std::size_t b = 0; b < d; ++b) covariance[a * d + b] += (along[i * d + a] - mean[a]) * (along[i * d + b] - mean[b]) / static_cast<double>(spare);
    }
  }
  double trace = 0;
  for (std::size_t a = 0; a < d; ++a) trace += covariance[a * d + a];
  const double shrunk = static_cast<double>(d) / static_cast<double>(spare + d);
  for (std::size_t a = 0; a < d; ++a) {
    for (std::size_t b = 0; b < d; ++b) covariance[a * d + b] = covariance[a * d + b] * (1 - shrunk) + (a == b ? shrunk * trace / static_cast<double>(d) : 0);
  }
  const std::vector<double> turn = diagonalise(covariance, d);

  std::vector<double> directions(d * rank), turned_means(kinds * d);
  for (std::size_t r = 0; r < rank; ++r) {
    for (std::size_t a = 0; a < d; ++a) {
      for (std::size_t b = 0; b < d; ++b) directions[b * rank + r] += first[r * d + a] * turn[a * d + b];
    }
  }
  for (std::size_t t = 0; t < kinds; ++t) {
    for (std::size_t a = 0; a < d; ++a) {
      for (std::size_t b = 0; b < d; ++b) turned_means[t * d + b] += means[t * d + a] * turn[a * d + b];
    }
  }
  double outside = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    outside += lengths[i];
    for (std::size_t a = 0; a < d; ++a) outside -= along[i * d + a] * along[i * d + a];
  }
  const double left = std::max(1.0, static_cast<double>(std::max(std::min(kMostRank, in_all - 1), spare_in_all) - d));
  Kind kind = described(compact);
  kind.basis = compact.directions(directions, d);
  for (std::size_t a = 0; a < d; ++a) kind.scale.push_back(1 / std::sqrt(std::max(covariance[a * d + a], kLeastVariance)));
  kind.class_means = turned_means;
  kind.residual_scale = 1 / std::max(outside / static_cast<double>(spare) / left, kLeastVariance);
  return kind;
}

double distance(const Kind& kind, std::span<const float> features) {
  const std::size_t width = kind.mean.size(), d = kind.dimensions();
  std::vector<double> centred(width), along(d);
  double length = 0;
  for (std::size_t j = 0; j < width; ++j) {
    centred[j] = std::clamp((static_cast<double>(features[j]) - kind.mean[j]) * kind.feature_scale[j], -kind.feature_limit[j], kind.feature_limit[j]);
    length += centred[j] * centred[j];
  }
  for (std::size_t a = 0; a < d; ++a) {
    for (std::size_t j = 0; j < width; ++j) along[a] += kind.basis[a * width + j] * centred[j];
    length -= along[a] * along[a];
  }
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t first = 0; first < kind.class_means.size(); first += d) {
    double sum = 0;
    for (std::size_t a = 0; a < d; ++a) sum += (along[a] - kind.class_means[first + a]) * kind.scale[a] * (along[a] - kind.class_means[first + a]) * kind.scale[a];
    nearest = std::min(nearest, sum);
  }
  return std::sqrt(nearest + kind.residual_scale * std::max(0.0, length));
}

double usual_distance(std::span<const double> distances) {
  if (!std::all_of(distances.begin(), distances.end(), [](double distance) { return std::isfinite(distance) && distance >= 0; })) {
    throw Error(ErrorCode::kInvalidArgument, "a distance must be a number, at least 0");
  }
  std::vector<double> sorted(distances.begin(), distances.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return std::numeric_limits<double>::infinity();
  const auto place = static_cast<std::size_t>(std::ceil(static_cast<double>(sorted.size() + 1) * kUsualShare));
  return place > sorted.size() ? sorted.back() * kMargin : sorted[place - 1];
}

}  // namespace cytodrop
