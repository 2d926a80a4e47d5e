#include "core/formats/tiff_makers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "core/decode/ome.h"

namespace cytodrop {
namespace {

constexpr std::uint16_t kLsmInfo = 34412, kUic1 = 33628, kUic2 = 33629;
constexpr int kMaxPlanes = 1'000'000;

struct Entry {
  std::uint64_t count = 0;
  std::uint64_t at = 0;  ///< of the value, or of the field that holds it where it is short
  std::uint64_t field = 0;
};

bool is_little(Source& source) {
  std::array<std::uint8_t, 1> first{};
  source.read(0, first);
  return first[0] == 'I';
}

/// The directory was walked before, so that it is known to lie in the file.
std::optional<Entry> find(Source& source, std::uint64_t directory, std::uint16_t tag) {
  const SourceNumbers numbers(source, is_little(source));
  const bool big = numbers.u16(2) == 43;
  const std::uint64_t entries = big ? numbers.u64(directory) : numbers.u16(directory), first = directory + (big ? 8 : 2), bytes = big ? 20 : 12;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t at = first + i * bytes;
    if (numbers.u16(at) != tag) continue;
    const std::uint64_t field = at + (big ? 12 : 8);
    return Entry{.count = big ? numbers.u64(at + 4) : numbers.u32(at + 4), .at = big ? numbers.u64(field) : numbers.u32(field), .field = field};
  }
  return std::nullopt;
}

double sane_um(double um) { return um > 1e-6 && um < 1e6 ? um : 0; }

}  // namespace

bool has_tag(Source& source, std::uint64_t directory, std::uint16_t tag) { return find(source, directory, tag).has_value(); }

double float_tag(Source& source, std::uint64_t directory, std::uint16_t tag) {
  const auto entry = find(source, directory, tag);
  if (!entry) return 0;
  const std::uint32_t bits = SourceNumbers(source, is_little(source)).u32(entry->field);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return std::isfinite(value) ? static_cast<double>(value) : 0;
}

std::optional<LsmInfo> read_lsm_info(Source& source, std::uint64_t directory) {
  const auto entry = find(source, directory, kLsmInfo);
  if (!entry || !source.has(entry->at, 64)) return std::nullopt;
  const SourceNumbers numbers(source, true);
  // MagicNumber, StructureSize, DimensionX, Y, Z, Channels, Time, DataType, two of the thumbnail, VoxelSizeX, Y, Z in m.
  const std::uint32_t magic = numbers.u32(entry->at);
  if (magic != 0x00300494 && magic != 0x00400494) return std::nullopt;
  const std::int32_t z = numbers.i32(entry->at + 16), t = numbers.i32(entry->at + 24);
  if (z < 1 || t < 1 || z > kMaxPlanes || t > kMaxPlanes) return std::nullopt;
  return LsmInfo{.z = z, .t = t, .x_um = sane_um(numbers.f64(entry->at + 40) * 1e6), .y_um = sane_um(numbers.f64(entry->at + 48) * 1e6), .z_um = sane_um(numbers.f64(entry->at + 56) * 1e6)};
}

std::optional<StkInfo> read_stk_info(Source& source, std::uint64_t directory) {
  const auto planes = find(source, directory, kUic2);
  if (!planes || planes->count < 1 || planes->count > kMaxPlanes) return std::nullopt;
  StkInfo info{.planes = static_cast<int>(planes->count)};
  const auto pairs = find(source, directory, kUic1);
  if (!pairs || pairs->count > 1000 || !source.has(pairs->at, pairs->count * 8)) return info;
  const SourceNumbers numbers(source, is_little(source));
  double pixels = 0, unit_um = 0;
  for (std::uint64_t i = 0; i < pairs->count; ++i) {
    constexpr std::uint32_t kXCalibration = 4, kCalibrationUnits = 6;
    const std::uint32_t id = numbers.u32(pairs->at + 8 * i), value = numbers.u32(pairs->at + 8 * i + 4);
    if (id == kXCalibration && source.has(value, 8) && numbers.u32(std::uint64_t{value} + 4) > 0) {
      pixels = static_cast<double>(numbers.u32(value)) / numbers.u32(std::uint64_t{value} + 4);
    } else if (id == kCalibrationUnits && source.has(value, 4)) {
      const std::uint32_t length = std::min<std::uint32_t>(numbers.u32(value), 16);
      if (!source.has(std::uint64_t{value} + 4, length)) continue;
      const auto text = source.read(std::uint64_t{value} + 4, length);
      std::string unit(text.begin(), text.end());
      unit = unit.substr(0, unit.find('\0'));
      unit_um = um_per(unit);
    }
  }
  info.x_um = sane_um(pixels * unit_um);
  return info;
}

}  // namespace cytodrop
