// SPDX-License-Identifier: GPL-3.0-or-later
// Arithmetic on sizes that a file or a person gave.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

namespace loom {

/// The product, or nothing if it does not fit or a factor is negative.
[[nodiscard]] inline std::optional<std::int64_t> checkedProduct(std::span<const std::int64_t> factors) {
    std::int64_t product = 1;
    bool overflow = false;
    bool zero = false;
    for (const std::int64_t factor : factors) {
        if (factor < 0) return std::nullopt;
        if (factor == 0) zero = true;
        overflow = overflow || (factor != 0 && __builtin_mul_overflow(product, factor, &product));
    }
    if (overflow) return std::nullopt;  // even beside a zero: no honest file says 0 × 2⁶³
    return zero ? 0 : product;
}
[[nodiscard]] inline std::optional<std::int64_t> checkedProduct(std::initializer_list<std::int64_t> factors) {
    return checkedProduct(std::span<const std::int64_t>(factors.begin(), factors.size()));
}

}  // namespace loom
