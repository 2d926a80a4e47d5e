#include "core/learn/lessons.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/learn/regression.h"
#include "core/split_mix.h"

namespace cytodrop {
namespace {

constexpr int kMostParts = 5;
/// Of more cells two parts choose as well as five.
constexpr std::size_t kMany = 600;
constexpr double kShares[] = {0.25, 0.5};

/// Some of the cells, in the compact space of them.
struct Chosen {
  std::vector<std::size_t> cells;
  std::vector<std::int32_t> labels, groups;
  std::vector<double> known, weights;
  std::size_t types;
  Compact compact;

  Chosen(const Lessons& lessons, std::vector<std::size_t> which) : cells(std::move(which)), types(static_cast<std::size_t>(lessons.types)), compact(lessons.features, cells) {
    for (const std::size_t cell : cells) {
      labels.push_back(lessons.labels[cell]);
      groups.push_back(lessons.groups[cell]);
      if (!lessons.known.empty()) known.insert(known.end(), &lessons.known[cell * types], &lessons.known[cell * types] + types);
    }
  }

  /// Every type weighs the same among the rows that are learned from.
  RegressionRows rows(std::span<const std::size_t> learned) {
    std::vector<double> counts(types);
    for (const std::size_t row : learned) counts[static_cast<std::size_t>(labels[row])] += 1;
    const auto occur = static_cast<double>(std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; }));
    weights.assign(cells.size(), 0);
    for (const std::size_t row : learned) weights[row] = static_cast<double>(learned.size()) / (occur * counts[static_cast<std::size_t>(labels[row])]);
    return {.rows = compact.rows(), .rank = compact.rank(), .chosen = learned, .labels = labels, .weights = weights, .offsets = known, .types = types};
  }
};

std::vector<std::size_t> numbers(std::size_t count) {
  std::vector<std::size_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

std::vector<std::size_t> where(const std::vector<int>& of, int part, bool is_in) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < of.size(); ++i) {
    if ((of[i] == part) == is_in) found.push_back(i);
  }
  return found;
}

/// Losses of rows that were left out, by strength; the last are those of the known head.
struct Losses {
  std::vector<std::vector<double>> of;

  double mean(std::size_t strength) const {
    double sum = 0;
    for (const double loss : of[strength]) sum += loss;
    return sum / static_cast<double>(of[strength].size());
  }

  /// Whether one strength is better than another by more than chance makes of it.
  bool is_better(std::size_t one, std::size_t other) const {
    const double difference = mean(other) - mean(one), count = static_cast<double>(of[one].size());
    double squares = 0;
    for (std::size_t i = 0; i < of[one].size(); ++i) squares += (of[other][i] - of[one][i] - difference) * (of[other][i] - of[one][i] - difference);
    return difference > std::sqrt(squares / std::max(1.0, count - 1) / count);
  }
};

double choose(Chosen& chosen) {
  const std::size_t count = std::size(kStrengths);
  const bool has_known = !chosen.known.empty();
  const Folds folds = make_folds(chosen.labels, chosen.groups, static_cast<int>(chosen.types), chosen.cells.size() > kMany ? 2 : kMostParts);
  if (folds.count < 2) return has_known ? 0 : kUsualStrength;
  Losses losses{std::vector<std::vector<double>>(count + 1)};
  for (int part = 0; part < folds.count; ++part) {
    const std::vector<std::size_t> learned = where(folds.of, part, false), held = where(folds.of, part, true);
    const RegressionRows rows = chosen.rows(learned);
    std::vector<double> counts(chosen.types);
    for (const std::size_t row : held) counts[static_cast<std::size_t>(chosen.labels[row])] += 1;
    const auto put = [&](std::size_t strength, const Regression& regression) {
      for (const std::size_t row : held) {
        const auto label = static_cast<std::size_t>(chosen.labels[row]);
        losses.of[strength].push_back(log_loss(logits_of(rows, regression, row), label) / counts[label]);
      }
    };
    Regression regression;
    for (std::size_t i = 0; i < count; ++i) {
      regression = fit_regression(rows, kStrengths[i], regression, kRoughly);
      put(i, regression);
    }
    if (has_known) put(count, {std::vector<double>(rows.rank * rows.types), std::vector<double>(rows.types)});
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < count; ++i) {
    if (losses.mean(i) < losses.mean(best)) best = i;
  }
  return has_known && !losses.is_better(best, count) ? 0 : kStrengths[best];
}

LearnedHead learn(const Lessons& lessons, Chosen& chosen, std::span<const std::size_t> learned, double strength, double enough = kEnough) {
  LearnedHead head{.weights = std::vector<double>(chosen.types * lessons.features.width), .bias = std::vector<double>(chosen.types), .strength = strength};
  if (strength == 0) return head;
  const Regression regression = fit_regression(chosen.rows(learned), strength, {}, enough);
  head.bias = regression.bias;
  head.weights = chosen.compact.weights(regression.coefficients, head.bias);
  return head;
}

/// Of a part's cells the share named rightly, mean over the types that occur.
double balanced_accuracy(const Lessons& lessons, const LeftOut& part) {
  const auto types = static_cast<std::size_t>(lessons.types);
  std::vector<double> right(types), all(types);
  for (std::size_t i = 0; i < part.cells.size(); ++i) {
    const auto label = static_cast<std::size_t>(lessons.labels[part.cells[i]]);
    const auto first = part.logits.begin() + static_cast<std::ptrdiff_t>(i * types), last = first + static_cast<std::ptrdiff_t>(types);
    right[label] += std::max_element(first, last) - first == static_cast<std::ptrdiff_t>(label);
    ++all[label];
  }
  double sum = 0, occur = 0;
  for (std::size_t type = 0; type < types; ++type) {
    if (all[type] == 0) continue;
    sum += right[type] / all[type];
    ++occur;
  }
  return occur == 0 ? 0 : sum / occur;
}

std::vector<double> named(const Lessons& lessons, const LearnedHead& head, std::size_t cell) {
  const auto types = static_cast<std::size_t>(lessons.types);
  return apply(head, lessons.features.row(cell), lessons.known.empty() ? lessons.known : lessons.known.subspan(cell * types, types));
}

/// The first share of each type's rows, drawn by lot, whole groups as far as it goes; at least two of a type.
std::vector<std::size_t> drawn(const Chosen& chosen, double share) {
  std::vector<std::size_t> order = numbers(chosen.cells.size());
  SplitMix(2).shuffle(order);
  std::vector<double> wanted(chosen.types), have(chosen.types);
  for (const std::int32_t label : chosen.labels) wanted[static_cast<std::size_t>(label)] += share;
  std::vector<std::int32_t> taken;
  const auto is_taken = [&](std::size_t row) { return std::find(taken.begin(), taken.end(), chosen.groups[row]) != taken.end(); };
  std::vector<std::size_t> rows;
  for (const std::size_t first : order) {
    if (is_taken(first) || have[static_cast<std::size_t>(chosen.labels[first])] >= std::max(2.0, wanted[static_cast<std::size_t>(chosen.labels[first])])) continue;
    taken.push_back(chosen.groups[first]);
    for (std::size_t row = 0; row < chosen.cells.size(); ++row) {
      const auto label = static_cast<std::size_t>(chosen.labels[row]);
      if (chosen.groups[row] != chosen.groups[first] || have[label] >= std::max(2.0, std::ceil(wanted[label]))) continue;
      rows.push_back(row);
      ++have[label];
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

void check_lessons(const Lessons& lessons) {
  const auto fail = [](const std::string& what) { throw Error(ErrorCode::kInvalidArgument, "what is to be learned from " + what); };
  const std::size_t count = lessons.count(), types = static_cast<std::size_t>(std::max(0, lessons.types));
  if (lessons.types < 2 || count == 0) fail("needs cells of two types");
  if (lessons.features.count() != count || lessons.features.values.size() != count * lessons.features.width || lessons.groups.size() != count) fail("needs features, a label and a group of every cell");
  if (!lessons.features.turned.empty() && lessons.features.turned.size() != lessons.features.values.size()) fail("needs the turns' variance of every feature");
  if (!lessons.known.empty() && lessons.known.size() != count * types) fail("needs known logits of every type");
  std::int64_t width = 0;
  for (const std::int32_t block : lessons.features.blocks) {
    if (block < 1) fail("needs blocks of at least one feature");
    width += block;
  }
  if (width != static_cast<std::int64_t>(lessons.features.width)) fail("needs blocks of all features");
  for (const std::int32_t label : lessons.labels) {
    if (label < 0 || label >= lessons.types) fail("has a label that is no type");
  }
  const auto is_finite = [](auto value) { return std::isfinite(value); };
  if (!std::all_of(lessons.features.values.begin(), lessons.features.values.end(), is_finite) || !std::all_of(lessons.features.turned.begin(), lessons.features.turned.end(), is_finite) ||
      !std::all_of(lessons.known.begin(), lessons.known.end(), is_finite)) {
    fail("has a value that is not finite");
  }
  if (std::any_of(lessons.features.turned.begin(), lessons.features.turned.end(), [](float variance) { return variance < 0; })) fail("has a variance below 0");
}

LearnedHead learn_head(const Lessons& lessons, double strength) {
  check_lessons(lessons);
  if (!(strength >= 0 && std::isfinite(strength))) throw Error(ErrorCode::kInvalidArgument, "the strength must be a number, at least 0");
  const std::vector<std::size_t> all = numbers(lessons.count());
  Chosen chosen(lessons, all);
  return learn(lessons, chosen, all, strength);
}

LearnedHead learn_best_head(const Lessons& lessons) {
  check_lessons(lessons);
  const std::vector<std::size_t> all = numbers(lessons.count());
  Chosen chosen(lessons, all);
  return learn(lessons, chosen, all, choose(chosen));
}

double choose_strength(const Lessons& lessons) {
  check_lessons(lessons);
  Chosen chosen(lessons, numbers(lessons.count()));
  return choose(chosen);
}

Folds folds_of(const Lessons& lessons) {
  check_lessons(lessons);
  return make_folds(lessons.labels, lessons.groups, lessons.types, kMostParts);
}

LeftOut leave_out(const Lessons& lessons, const Folds& folds, int part) {
  check_lessons(lessons);
  if (part < 0 || part >= folds.count || folds.of.size() != lessons.count()) throw Error(ErrorCode::kInvalidArgument, "there is no such part to leave out");
  LeftOut found;
  found.cells = where(folds.of, part, true);
  Chosen chosen(lessons, where(folds.of, part, false));
  found.strength = choose(chosen);
  const auto test = [&](std::span<const std::size_t> learned, double enough) {
    const LearnedHead head = learn(lessons, chosen, learned, found.strength, enough);
    found.logits.clear();
    for (const std::size_t cell : found.cells) {
      const std::vector<double> logits = named(lessons, head, cell);
      found.logits.insert(found.logits.end(), logits.begin(), logits.end());
    }
    found.curve.push_back({static_cast<double>(learned.size()), balanced_accuracy(lessons, found)});
  };
  // Of what fewer cells teach only how much is named rightly is asked.
  for (const double share : kShares) test(drawn(chosen, share), kRoughly);
  test(numbers(chosen.cells.size()), kEnough);
  const Kind kind = fit_kind(chosen.compact, chosen.labels, lessons.types, lessons.count());
  for (const std::size_t cell : found.cells) found.distances.push_back(distance(kind, lessons.features.row(cell)));
  return found;
}

Kind kind_of(const Lessons& lessons) {
  check_lessons(lessons);
  return fit_kind(Compact(lessons.features, numbers(lessons.count())), lessons.labels, lessons.types, lessons.count());
}

std::vector<Alike> alike_among(const Lessons& lessons) {
  check_lessons(lessons);
  return find_alike(Compact(lessons.features, numbers(lessons.count())));
}

double fit_temperature(std::span<const double> logits, std::span<const std::int32_t> labels, int types) {
  const auto count = static_cast<std::size_t>(types);
  std::vector<double> counts(count);
  for (const std::int32_t label : labels) ++counts[static_cast<std::size_t>(label)];
  const auto loss = [&](double step) {
    const double factor = std::ldexp(1.0, static_cast<int>(std::floor(step))) * (1 + (step - std::floor(step)));
    double sum = 0;
    std::vector<double> scaled(count);
    for (std::size_t cell = 0; cell < labels.size(); ++cell) {
      for (std::size_t t = 0; t < count; ++t) scaled[t] = logits[cell * count + t] / factor;
      const auto label = static_cast<std::size_t>(labels[cell]);
      const double others = 1 / (counts[label] + 2);
      for (std::size_t t = 0; t < count; ++t) sum += log_loss(scaled, t) * (t == label ? 1 - others : others / static_cast<double>(count - 1)) / counts[label];
    }
    return sum;
  };
  // In steps between powers of two, which are exact everywhere.
  constexpr double kGolden = 0.6180339887498949;
  double low = -4.3, high = 4.3, one = high - kGolden * (high - low), other = low + kGolden * (high - low);
  double loss_one = loss(one), loss_other = loss(other);
  for (int i = 0; i < 40; ++i) {
    if (loss_one <= loss_other) {
      high = other;
      other = one;
      loss_other = loss_one;
      one = high - kGolden * (high - low);
      loss_one = loss(one);
    } else {
      low = one;
      one = other;
      loss_one = loss_other;
      other = low + kGolden * (high - low);
      loss_other = loss(other);
    }
  }
  const double step = (low + high) / 2;
  return std::ldexp(1.0, static_cast<int>(std::floor(step))) * (1 + (step - std::floor(step)));
}

std::vector<double> apply(const LearnedHead& head, std::span<const float> features, std::span<const double> known) {
  std::vector<double> logits(head.bias);
  for (std::size_t t = 0; t < logits.size(); ++t) {
    const double* weights = &head.weights[t * features.size()];
    double sum = 0;
    for (std::size_t j = 0; j < features.size(); ++j) sum += weights[j] * static_cast<double>(features[j]);
    logits[t] += sum + (known.empty() ? 0 : known[t]);
  }
  return logits;
}

}  // namespace cytodrop
