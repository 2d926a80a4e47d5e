#pragma once

namespace cytodrop {

/// e^x to the last bit or two, of additions and multiplications alone: std::exp is another one in every C library.
///
/// Returns: 0 below −708, infinity above 709.
double exact_exp(double x);

/// Natural logarithm in the same way; x is positive, finite and normal.
double exact_log(double x);

}  // namespace cytodrop
