// SPDX-License-Identifier: GPL-3.0-or-later
// Absorption: which forms can move the up-projections from the past to the query and the result, and why the others cannot.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/data/model_config.h"

namespace loom {

/// Why a form has no absorbed path.
enum class AbsorbObstacle : std::uint8_t {
    NoLatent,       ///< MHA, GQA, MQA: keys and values are kept as they are
    RotaryAfterUp,  ///< latents per head, or shared ones, whose rebuilt key is turned by its position
};
[[nodiscard]] std::string_view name(AbsorbObstacle obstacle);      ///< "no_latent", "rotary_after_up"
[[nodiscard]] std::string_view sentence(AbsorbObstacle obstacle);  ///< why, in plain words, with its full stop

/// Nothing where naive and absorbed decoding both exist and are equal: a joint latent, or latents of
/// keys and of values where no rotation turns the keys.
[[nodiscard]] std::optional<AbsorbObstacle> absorbObstacle(const ModelConfig& config);

}  // namespace loom
