// Tags of makers that libtiff does not know, read from the directory itself.

#pragma once

#include <cstdint>
#include <optional>

#include "core/decode/source.h"

namespace cytodrop {

inline constexpr std::uint16_t kNdpiFormat = 65420, kNdpiLens = 65421;

bool has_tag(Source& source, std::uint64_t directory, std::uint16_t tag);

/// A tag of one float; 0 where there is none.
double float_tag(Source& source, std::uint64_t directory, std::uint16_t tag);

/// Zeiss LSM.
struct LsmInfo {
  int z = 1;
  int t = 1;
  double x_um = 0;
  double y_um = 0;
  double z_um = 0;
};
std::optional<LsmInfo> read_lsm_info(Source& source, std::uint64_t directory);

/// A stack of MetaMorph.
struct StkInfo {
  int planes = 1;
  double x_um = 0;  ///< 0: not calibrated in a unit of length
};
std::optional<StkInfo> read_stk_info(Source& source, std::uint64_t directory);

}  // namespace cytodrop
