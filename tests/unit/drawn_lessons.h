#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/learn/lessons.h"

namespace cytodrop::test {

/// Lessons with memory of their own.
struct OwnLessons {
  std::vector<float> values, turned;
  std::vector<std::int32_t> blocks, labels, groups;
  std::vector<double> known;
  int types = 2;

  std::size_t width() const;
  Features features() const;
  Lessons lessons() const;
  std::span<const float> row(std::size_t cell) const { return features().row(cell); }
};

struct DrawnLessons {
  std::uint64_t seed = 1;
  std::vector<int> cells = {20, 20};     ///< of each type
  std::vector<std::int32_t> blocks = {32, 64};
  double apart = 1;                      ///< of the types' means, in spreads within a type and a feature
  int group_size = 1;                    ///< cells of one type one after the other that are of one group
  std::uint64_t of_types = 99;           ///< seed of the types' means
};

/// Cells around means of their types; the same with every C++ library.
OwnLessons draw_lessons(const DrawnLessons& recipe);

/// 0, 1, … count − 1.
std::vector<std::size_t> first_numbers(std::size_t count);

/// The first of the cells of tests/golden/learn, or all.
OwnLessons golden_lessons(bool has_known = false, bool is_all = false);
std::filesystem::path golden_learn_folder();

std::vector<double> probabilities_of(std::vector<double> logits);

}  // namespace cytodrop::test
