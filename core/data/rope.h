// SPDX-License-Identifier: GPL-3.0-or-later
// Rotary frequencies and their scalings, which let a network read further than it was trained to: plain arithmetic in f64.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace loom {

struct ModelConfig;

/// Linear: all angles divided by the factor (arXiv 2306.15595). Dynamic: theta grows with the length of the text once that is longer than
/// the trained context ("NTK-aware"). Llama3: slow pairs divided, fast ones kept, those between interpolated. Yarn: the same by a ramp over
/// the pairs, with a factor on the result (arXiv 2309.00071).
enum class RopeScalingKind : std::uint8_t { None, Linear, Dynamic, Llama3, Yarn };
[[nodiscard]] std::string_view name(RopeScalingKind kind);  ///< "default", "linear", "dynamic", "llama3", "yarn": as files spell them

/// `rope_scaling` of a configuration, with its defaults filled in.
struct RopeScaling {
    RopeScalingKind kind = RopeScalingKind::None;
    double factor = 1.0;
    std::int64_t originalContext = 0;       ///< original_max_position_embeddings: what the network was trained for before it was scaled
    double lowFrequencyFactor = 1.0;        ///< Llama3
    double highFrequencyFactor = 4.0;       ///< Llama3
    double betaFast = 32.0;                 ///< Yarn: pairs that turn more often over the original context keep their angle
    double betaSlow = 1.0;                  ///< Yarn: pairs that turn less often are divided by the factor
    std::optional<double> attentionFactor;  ///< Yarn: on sine and cosine; without it made of the next two
    double mscale = 0.0;                    ///< Yarn
    double mscaleAllDim = 0.0;              ///< Yarn: also on the softmax scale of a joint latent
    bool truncate = true;                   ///< Yarn: the ramp begins and ends at whole pairs
    bool operator==(const RopeScaling&) const = default;
};

/// YaRN's magnitude: 1 if factor ≤ 1, else 0.1 · m · ln(factor) + 1.
[[nodiscard]] double yarnMagnitude(double factor, double m);

/// What turns the pairs: pair i of position p by p · inverse[i], sine and cosine multiplied by `magnitude`.
struct RopeFrequencies {
    std::vector<double> inverse;  ///< [width/2]
    double magnitude = 1.0;
};
/// For a text of `length` tokens computed at once; the length matters for Dynamic only, where what was cached for a shorter text beyond
/// the original context is not what a longer one needs.
[[nodiscard]] RopeFrequencies ropeFrequencies(const ModelConfig& config, std::int64_t length);
/// Whether texts of these two lengths turn by the same angles: always, unless Dynamic.
[[nodiscard]] bool sameRotation(const RopeScaling& scaling, std::int64_t lengthA, std::int64_t lengthB);

}  // namespace loom
