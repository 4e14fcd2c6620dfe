// SPDX-License-Identifier: GPL-3.0-or-later
// f16, IEEE 754's half precision: widening from it.
#pragma once

#include <cmath>
#include <cstdint>

namespace loom {

/// Exact.
[[nodiscard]] inline float fromF16(std::uint16_t bits) {
    const int exponent = bits >> 10 & 0x1F;
    const int fraction = bits & 0x3FF;
    const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
    if (exponent == 31) return fraction == 0 ? sign * INFINITY : std::nanf("");
    return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

}  // namespace loom
