#include "core/formats/choose.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cytodrop {
namespace {

constexpr int kMostPlanes = 64;
constexpr std::int64_t kMiddlePx = 1024;

bool shows_cells_as_they_are(const std::string& name) {
  std::string words(1, ' ');
  for (const char c : name) words += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : ' ';
  words += ' ';
  constexpr std::array<std::string_view, 14> kWords{"bright", " bf ", "phase", " ph ", " ph1 ", " ph2 ", " dic ", "interference", "nomarski", "trans", " tl ", " t pmt ", "esid", "hoffman"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return words.find(word) != std::string::npos; });
}

template <typename Sample>
double laplacian_variance(const ImageView& image) {
  double sum = 0, squares = 0;
  std::int64_t count = 0;
  const int channels = image.channels;
  const auto grey = [&](int x, int y) {
    const auto* pixel = reinterpret_cast<const Sample*>(image.row(y)) + static_cast<std::ptrdiff_t>(x) * channels;
    double value = 0;
    for (int c = 0; c < channels; ++c) value += static_cast<double>(pixel[c]);
    return value;
  };
  for (int y = 1; y + 1 < image.height_px; ++y) {
    for (int x = 1; x + 1 < image.width_px; ++x) {
      const double value = grey(x - 1, y) + grey(x + 1, y) + grey(x, y - 1) + grey(x, y + 1) - 4 * grey(x, y);
      sum += value;
      squares += value * value;
      ++count;
    }
  }
  if (count == 0) return 0;
  const double mean = sum / static_cast<double>(count);
  return squares / static_cast<double>(count) - mean * mean;
}

double sharpness(const Image& image) {
  switch (image.type()) {
    case SampleType::kUint8: return laplacian_variance<std::uint8_t>(image.view());
    case SampleType::kUint16: return laplacian_variance<std::uint16_t>(image.view());
    case SampleType::kFloat32: return laplacian_variance<float>(image.view());
  }
  return 0;
}

Box middle_of(const Level& level) {
  const std::int64_t width = std::min(level.width_px, kMiddlePx), height = std::min(level.height_px, kMiddlePx);
  return {static_cast<int>((level.width_px - width) / 2), static_cast<int>((level.height_px - height) / 2), static_cast<int>(width), static_cast<int>(height)};
}

/// The largest or the sum of samples so far.
template <typename Sample>
void gather(const Image& plane, std::vector<double>& all, Projection projection) {
  const auto* samples = reinterpret_cast<const Sample*>(plane.data());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto value = static_cast<double>(samples[i]);
    all[i] = projection == Projection::kMax ? std::max(all[i], value) : all[i] + value;
  }
}

template <typename Sample>
void put(const std::vector<double>& all, double planes, Image& image) {
  auto* samples = reinterpret_cast<Sample*>(image.data());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double value = all[i] / planes;
    samples[i] = static_cast<Sample>(image.type() == SampleType::kFloat32 ? value : std::floor(value + 0.5));
  }
}

}  // namespace

ChosenPlane choose_plane(ImageFile& file, int series, int t) {
  ChosenPlane chosen;
  if (series < 0 || static_cast<std::size_t>(series) >= file.series().size()) return chosen;
  const Series& one = file.series()[static_cast<std::size_t>(series)];
  const auto found = std::find_if(one.channels.begin(), one.channels.end(), [](const Channel& channel) { return shows_cells_as_they_are(channel.name); });
  if (found != one.channels.end()) chosen.channel = static_cast<int>(found - one.channels.begin());
  if (one.channels.size() > 1) {
    chosen.reason = found != one.channels.end() ? "The channel " + found->name + " was chosen, by its name" : "The first of " + std::to_string(one.channels.size()) + " channels was chosen, since none is named as brightfield";
  }
  if (one.z > 1) {
    double best = -1;
    const int step = (one.z + kMostPlanes - 1) / kMostPlanes;
    for (int z = 0; z < one.z; z += step) {
      const double value = sharpness(file.read({.series = series, .channel = chosen.channel, .z = z, .t = t, .region = middle_of(one.levels.front())}));
      if (value > best) {
        best = value;
        chosen.z = z;
      }
    }
    chosen.reason += (chosen.reason.empty() ? "The sharpest of " : ", and the sharpest of ") + std::to_string(one.z) + " planes" + (chosen.reason.empty() ? " was chosen" : "") + ", number " + std::to_string(chosen.z + 1) + ", by the variance of its Laplacian";
  }
  if (!chosen.reason.empty()) chosen.reason += '.';
  return chosen;
}

Image read_projected(ImageFile& file, PlaneChoice choice, Projection projection) {
  if (projection == Projection::kNone) return file.read(choice);
  choice.z = 0;
  Image image = file.read(choice);
  const int planes = file.series()[static_cast<std::size_t>(choice.series)].z;
  if (planes == 1) return image;
  std::vector<double> all(image.row_stride_bytes() / sample_bytes(image.type()) * static_cast<std::size_t>(image.height_px()), projection == Projection::kMax ? -1e300 : 0.0);
  const auto each = [&](const Image& plane) {
    switch (plane.type()) {
      case SampleType::kUint8: return gather<std::uint8_t>(plane, all, projection);
      case SampleType::kUint16: return gather<std::uint16_t>(plane, all, projection);
      case SampleType::kFloat32: return gather<float>(plane, all, projection);
    }
  };
  each(image);
  for (choice.z = 1; choice.z < planes; ++choice.z) each(file.read(choice));
  const double share = projection == Projection::kMean ? planes : 1;
  switch (image.type()) {
    case SampleType::kUint8: put<std::uint8_t>(all, share, image); break;
    case SampleType::kUint16: put<std::uint16_t>(all, share, image); break;
    case SampleType::kFloat32: put<float>(all, share, image); break;
  }
  return image;
}

}  // namespace cytodrop
