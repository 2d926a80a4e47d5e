#include "drawn_lessons.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/split_mix.h"
#include "support.h"

namespace cytodrop::test {
namespace {

/// Of mean 0 and spread 1, nearly normal.
double spread_one(SplitMix& random) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += static_cast<double>(random.below(4096)) / 4096 - 0.5;
  return sum * 1.7320508;
}

}  // namespace

std::size_t OwnLessons::width() const { return static_cast<std::size_t>(std::accumulate(blocks.begin(), blocks.end(), 0)); }
Features OwnLessons::features() const { return {.values = values, .turned = turned, .blocks = blocks, .width = width()}; }
Lessons OwnLessons::lessons() const { return {.features = features(), .labels = labels, .groups = groups, .known = known, .types = types}; }

OwnLessons draw_lessons(const DrawnLessons& recipe) {
  OwnLessons own{.values = {}, .turned = {}, .blocks = recipe.blocks, .labels = {}, .groups = {}, .known = {}, .types = static_cast<int>(recipe.cells.size())};
  const std::size_t width = own.width();
  SplitMix random(recipe.seed), of_types(recipe.of_types);
  int group = 0;
  for (std::size_t type = 0; type < recipe.cells.size(); ++type) {
    std::vector<double> mean(width);
    for (double& value : mean) value = recipe.apart * spread_one(of_types);
    for (int cell = 0; cell < recipe.cells[type]; ++cell) {
      if (cell % recipe.group_size == 0) ++group;
      own.labels.push_back(static_cast<std::int32_t>(type));
      own.groups.push_back(group);
      for (std::size_t j = 0; j < width; ++j) {
        const double scale = std::ldexp(1.0, static_cast<int>(j % 5) - 2);
        own.values.push_back(static_cast<float>((mean[j] + spread_one(random)) * scale + 1));
        own.turned.push_back(static_cast<float>(scale * scale * static_cast<double>(random.below(1024)) / 8192));
      }
    }
  }
  return own;
}

std::vector<std::size_t> first_numbers(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

std::filesystem::path golden_learn_folder() { return source_dir() / "tests/golden/learn"; }

OwnLessons golden_lessons(bool has_known, bool is_all) {
  const FileBytes bytes = read_file(golden_learn_folder() / "cases.json");
  const auto file = nlohmann::json::parse(bytes.begin(), bytes.end());
  OwnLessons own{.values = read_floats(golden_learn_folder() / "features.f32"), .turned = read_floats(golden_learn_folder() / "turned.f32"),
                 .blocks = file.at("blocks"), .labels = file.at("labels"), .groups = file.at("groups"), .known = {}, .types = file.at("types")};
  if (has_known) {
    for (const auto& row : file.at("known")) {
      for (const double value : row) own.known.push_back(value);
    }
  }
  if (is_all) {
    own.groups.resize(own.labels.size(), 1000);
    return own;
  }
  const auto learned = file.at("learned").get<std::size_t>();
  own.labels.resize(learned);
  own.groups.resize(learned);
  own.values.resize(learned * own.width());
  own.turned.resize(learned * own.width());
  if (has_known) own.known.resize(learned * static_cast<std::size_t>(own.types));
  return own;
}

std::vector<double> probabilities_of(std::vector<double> logits) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (double& value : logits) sum += value = std::exp(value - most);
  for (double& value : logits) value /= sum;
  return logits;
}

}  // namespace cytodrop::test
