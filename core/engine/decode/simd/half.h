// SPDX-License-Identifier: GPL-3.0-or-later
// f16 in plain arithmetic, always inlined: for kernels that are compiled once per instruction set.
#pragma once

#include <bit>
#include <cstdint>

namespace loom::decode {

/// Exact; NaN stays NaN.
[[gnu::always_inline]] inline float widenHalf(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const std::uint32_t rest = half & 0x7FFFU;
    const float value =
        std::bit_cast<float>(rest << 13) * std::bit_cast<float>(0x77800000U);  // 2^112: the exponents' offsets differ by 112
    const std::uint32_t bits = rest >= 0x7C00U ? (rest << 13) | 0x7F800000U : std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>(bits | sign);
}

/// To the nearest f16, ties to even; what is too large becomes infinite, a NaN stays a NaN.
[[gnu::always_inline]] inline std::uint16_t narrowHalf(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    std::uint32_t half = 0;
    if (magnitude > 0x7F800000U) {
        half = 0x7E00U;
    } else if (magnitude >= 0x477FF000U) {  // 65520 and above
        half = 0x7C00U;
    } else if (magnitude < 0x38800000U) {  // below 2^-14: whole multiples of 2^-24, rounded by an addition
        half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3F000000U;
    } else {
        half = (magnitude - 0x38000000U + 0xFFFU + ((magnitude >> 13) & 1U)) >> 13;
    }
    return static_cast<std::uint16_t>(half | sign);
}

}  // namespace loom::decode
