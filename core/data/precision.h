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

/// What a precision costs: the loss on the same stories, in nats per token.
struct PrecisionLoss {
    Precision precision = Precision::F32;
    double loss = 0;
    std::int64_t weightBytes = 0;  ///< in memory; 0 = not known
};

/// What a person asks for: a precision of the fast path, the one that changes nothing (bf16 where the weights are stored so, else f32), or
/// the reference path, which is readable, slower, and computes in f32.
enum class PrecisionChoice : std::uint8_t { Auto, F32, Bf16, Int8, Int4, Reference };
inline constexpr std::array kPrecisionChoices{PrecisionChoice::Auto, PrecisionChoice::F32,  PrecisionChoice::Bf16,
                                              PrecisionChoice::Int8, PrecisionChoice::Int4, PrecisionChoice::Reference};

/// The precision that was asked for by name, if one was.
[[nodiscard]] constexpr std::optional<Precision> precisionOf(PrecisionChoice choice) {
    switch (choice) {
        case PrecisionChoice::F32: return Precision::F32;
        case PrecisionChoice::Bf16: return Precision::Bf16;
        case PrecisionChoice::Int8: return Precision::Int8;
        case PrecisionChoice::Int4: return Precision::Int4;
        case PrecisionChoice::Auto:
        case PrecisionChoice::Reference: break;
    }
    return std::nullopt;
}
/// "auto", "f32", "bf16", "int8", "int4", "reference"
[[nodiscard]] constexpr std::string_view name(PrecisionChoice choice) {
    if (const auto precision = precisionOf(choice)) return name(*precision);
    return choice == PrecisionChoice::Auto ? "auto" : "reference";
}
[[nodiscard]] constexpr std::optional<PrecisionChoice> precisionChoiceNamed(std::string_view text) {
    for (const PrecisionChoice choice : kPrecisionChoices) {
        if (name(choice) == text) return choice;
    }
    return std::nullopt;
}

}  // namespace loom
