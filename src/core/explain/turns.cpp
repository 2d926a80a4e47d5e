#include "core/explain/turns.h"

#include <algorithm>

#include "core/error.h"

namespace cytodrop {
namespace {

/// Where in the input the pixel (y, x) of its `way` comes from.
std::size_t source(const InputView& input, int way, int y, int x) {
  const int last_y = input.height_px - 1, last_x = input.width_px - 1;
  const int quarters = way % 4;
  const int from_y = quarters == 0 ? y : quarters == 1 ? last_y - x : quarters == 2 ? last_y - y : x;
  const int upright_x = quarters == 0 ? x : quarters == 1 ? y : quarters == 2 ? last_x - x : last_x - y;
  const int from_x = way > 3 ? last_x - upright_x : upright_x;
  return static_cast<std::size_t>(from_y) * static_cast<std::size_t>(input.width_px) + static_cast<std::size_t>(from_x);
}

}  // namespace

int turn_count(const InputView& input) { return input.height_px == input.width_px ? 8 : 4; }

std::vector<float> turned(const InputView& input) {
  std::vector<float> all;
  all.reserve(static_cast<std::size_t>(turn_count(input) - 1) * input.size());
  const int step = turn_count(input) == 8 ? 1 : 2;
  for (int way = step; way < 8; way += step) {
    for (int c = 0; c < input.channels; ++c) {
      const float* plane = input.data + static_cast<std::size_t>(c) * input.plane();
      for (int y = 0; y < input.height_px; ++y) {
        for (int x = 0; x < input.width_px; ++x) all.push_back(plane[source(input, way, y, x)]);
      }
    }
  }
  return all;
}

std::vector<float> mean_turned_back(std::span<const float> maps, const InputView& one) {
  const int ways = one.size() > 0 && maps.size() == 4 * one.size() ? 4 : 8;
  if (turn_count(one) != 8 || maps.size() != static_cast<std::size_t>(ways) * one.size()) throw Error(ErrorCode::kInvalidArgument, "four or eight square maps are needed");
  std::vector<float> mean(one.size());
  const float* value = maps.data();
  for (int way = 0; way < ways; ++way) {
    for (std::size_t first = 0; first < mean.size(); first += one.plane()) {
      for (int y = 0; y < one.height_px; ++y) {
        for (int x = 0; x < one.width_px; ++x) mean[first + source(one, way, y, x)] += *value++;
      }
    }
  }
  for (float& sum : mean) sum /= static_cast<float>(ways);
  return mean;
}

Agreement agreement(std::span<const double> probabilities, int class_count, int named) {
  if (class_count < 1 || probabilities.empty() || probabilities.size() % static_cast<std::size_t>(class_count) != 0 || named < 0 || named >= class_count) {
    throw Error(ErrorCode::kInvalidArgument, "an agreement needs a probability of each class for every picture, and a class that is one of them");
  }
  const auto classes = static_cast<std::size_t>(class_count);
  Agreement result{.agree = 0, .of = static_cast<int>(probabilities.size() / classes), .least_probability = 1, .mean_probability = 0};
  for (std::size_t first = 0; first < probabilities.size(); first += classes) {
    const auto picture = probabilities.subspan(first, classes);
    const double own = picture[static_cast<std::size_t>(named)];
    result.agree += std::max_element(picture.begin(), picture.end()) - picture.begin() == named;
    result.least_probability = std::min(result.least_probability, own);
    result.mean_probability += own;
  }
  result.mean_probability /= result.of;
  return result;
}

}  // namespace cytodrop
