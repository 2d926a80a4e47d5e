#pragma once
#include <string>

namespace cytodrop {

/// "2021-09-28 14:26:10 UTC"; empty for what lies before the year 1 or behind 9999.
///
/// Args:
///   seconds: since 1970, rounded to whole ones.
std::string utc_text(double seconds);

}  // namespace cytodrop
