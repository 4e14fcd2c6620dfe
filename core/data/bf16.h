// SPDX-License-Identifier: GPL-3.0-or-later
// bf16, the upper half of an f32: rounding to it and widening from it.
#pragma once

#include <bit>
#include <cstdint>

namespace loom {

// Always inlined: kernels that are compiled once per instruction set share this header, and a copy of the function that one of them
// emits must not be the one that another calls.

/// To the nearest bf16, ties to even; a NaN stays a NaN.
[[gnu::always_inline]] inline std::uint16_t toBf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    const std::uint32_t nan = (bits >> 16) | 0x40U;
    return static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? nan : rounded);
}

/// Exact.
[[gnu::always_inline]] inline float fromBf16(std::uint16_t value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

}  // namespace loom
