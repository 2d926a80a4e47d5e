#include <algorithm>
#include <cmath>
#include <vector>

#include "core/learn/lessons.h"
#include "fuzz.h"

using namespace cytodrop;

namespace {

void check_finite(std::span<const double> values) {
  for (const double value : values) {
    if (!std::isfinite(value)) __builtin_trap();
  }
}

/// A few cells of any numbers, in any groups, some of them copies.
void learn(Bytes bytes) {
  const int types = 1 + bytes.take<std::uint8_t>() % 5;
  const std::size_t count = 1 + bytes.take<std::uint8_t>() % 16, flags = bytes.take<std::uint8_t>();
  std::vector<std::int32_t> blocks, labels, groups;
  for (std::size_t i = 0; i < 1 + flags % 3; ++i) blocks.push_back(bytes.take<std::uint8_t>() % 5);
  std::size_t width = 0;
  for (const std::int32_t block : blocks) width += static_cast<std::size_t>(block);
  std::vector<float> values, turned;
  std::vector<double> known;
  for (std::size_t cell = 0; cell < count; ++cell) {
    const auto kind = bytes.take<std::uint8_t>();
    labels.push_back(static_cast<std::int32_t>(kind % 8) - (kind == 255));
    groups.push_back(bytes.take<std::int8_t>() % 4);
    for (std::size_t j = 0; j < width; ++j) {
      values.push_back(cell > 0 && kind >= 128 ? values[(cell - 1) * width + j] : kind >= 64 ? bytes.take<float>() : static_cast<float>(bytes.take<std::int8_t>()));
      if ((flags & 64) != 0) turned.push_back(kind >= 64 ? bytes.take<float>() : static_cast<float>(bytes.take<std::uint8_t>()));
    }
    for (int t = 0; t < types && (flags & 128) != 0; ++t) known.push_back(kind >= 64 ? static_cast<double>(bytes.take<float>()) : static_cast<double>(bytes.take<std::int8_t>()));
  }
  Lessons lessons{.features = {.values = values, .turned = turned, .blocks = blocks, .width = width}, .labels = labels, .groups = groups, .known = known, .types = types};

  const std::vector<Alike> pairs = alike_among(lessons);
  for (const Alike& pair : pairs) {
    if (pair.one >= pair.other || pair.other >= count || !(pair.apart >= 0 && pair.apart < kAlike)) __builtin_trap();
  }
  const std::vector<std::int32_t> joined = joined_groups(groups, pairs);
  for (const Alike& pair : pairs) {
    if (joined[pair.one] != joined[pair.other]) __builtin_trap();
  }
  lessons.groups = joined;
  const LearnedHead head = learn_head(lessons, choose_strength(lessons));
  check_finite(head.weights);
  check_finite(head.bias);
  const Folds folds = folds_of(lessons);
  std::vector<double> distances, logits(count * static_cast<std::size_t>(types));
  std::vector<int> seen(count);
  for (int part = 0; part < folds.count; ++part) {
    const LeftOut found = leave_out(lessons, folds, part);
    check_finite(found.logits);
    check_finite(found.distances);
    distances.insert(distances.end(), found.distances.begin(), found.distances.end());
    for (std::size_t i = 0; i < found.cells.size(); ++i) {
      ++seen[found.cells[i]];
      std::copy_n(found.logits.begin() + static_cast<std::ptrdiff_t>(i) * types, types, logits.begin() + static_cast<std::ptrdiff_t>(found.cells[i]) * types);
    }
  }
  for (const int times : seen) {
    if (times != (folds.count > 0)) __builtin_trap();
  }
  const Kind kind = kind_of(lessons);
  for (std::size_t cell = 0; cell < count; ++cell) {
    const double apart = distance(kind, lessons.features.row(cell));
    if (!(apart >= 0) || std::isinf(apart)) __builtin_trap();
  }
  if (folds.count > 0) {
    const double numbers[] = {usual_distance(distances), fit_temperature(logits, labels, types)};
    check_finite(numbers);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return refused_or_read(data, size, [](std::span<const std::uint8_t> file) { learn(Bytes(file)); });
}
