#pragma once
// Whichever Catch2 the system has: 2 (one header) or 3 (a library).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
