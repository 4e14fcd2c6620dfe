// SPDX-License-Identifier: GPL-3.0-or-later
// Precision: how the fast path keeps weights.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loom {

/// F32 and Bf16: activations and sums stay f32. Int8: weights in whole steps of one scale per row. Int4: per row and 32 columns. With
/// both, activations are quantised to 8 bits, a scale per 32 of them.
enum class Precision : std::uint8_t { F32, Bf16, Int8, Int4 };
inline constexpr std::array kPrecisions{Precision::F32, Precision::Bf16, Precision::Int8, Precision::Int4};

/// "f32", "bf16", "int8", "int4": as the command line spells them.
[[nodiscard]] constexpr std::string_view name(Precision precision) {
    switch (precision) {
        case Precision::F32: return "f32";
        case Precision::Bf16: return "bf16";
        case Precision::Int8: return "int8";
        case Precision::Int4: return "int4";
    }
    return "?";
}
[[nodiscard]] constexpr std::optional<Precision> precisionNamed(std::string_view text) {
    for (const Precision precision : kPrecisions) {
        if (name(precision) == text) return precision;
    }
    return std::nullopt;
}

}  // namespace loom
