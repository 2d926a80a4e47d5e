#include "core/formats/utc_text.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace cytodrop {

std::string utc_text(double seconds) {
  if (!(seconds > -62'135'596'800.0 && seconds < 253'402'300'799.0)) return {};
  const auto whole = static_cast<std::int64_t>(std::floor(seconds + 0.5));
  const std::int64_t days = whole >= 0 ? whole / 86400 : -((86399 - whole) / 86400);
  const auto second = static_cast<int>(whole - days * 86400);
  // Years that begin in March have their odd day at the end. Source: H. Hinnant, chrono-compatible low-level date algorithms.
  const std::int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097, day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100), month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1), month_1 = static_cast<int>(month < 10 ? month + 3 : month - 9);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d UTC", static_cast<int>(year_of_era + era * 400 + (month_1 <= 2)), month_1, day, second / 3600, second / 60 % 60, second % 60);
  return text.data();
}

}  // namespace cytodrop
