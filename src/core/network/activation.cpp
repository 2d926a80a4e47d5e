#include "core/network/activation.h"

namespace cytodrop {

const ExponentialConstants kExponential{
    .log2_of_e = 1.44269504f,
    .ln_2_high = 0.693359375f,
    .ln_2_low = 2.12194440e-4f,
    .rounder = 12582912.0f,
    .polynomial = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f},
};

}  // namespace cytodrop
