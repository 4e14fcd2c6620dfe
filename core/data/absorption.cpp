// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/absorption.h"

namespace loom {

std::string_view name(AbsorbObstacle obstacle) { return obstacle == AbsorbObstacle::NoLatent ? "no_latent" : "rotary_after_up"; }

std::string_view sentence(AbsorbObstacle obstacle) {
    if (obstacle == AbsorbObstacle::NoLatent) {
        return "This network keeps whole keys and values: there is no latent and no up-projection that a query could absorb.";
    }
    return "The rotation stands between the key's up-projection and the query and differs for every position, so one absorbed query cannot "
           "serve all keys: they must be rebuilt from their latents at every step.";
}

std::optional<AbsorbObstacle> absorbObstacle(const ModelConfig& config) {
    switch (config.attention.latent) {
        case Latent::None: return AbsorbObstacle::NoLatent;
        case Latent::PerHead: break;
        case Latent::Joint: return std::nullopt;  // its rotary key stands apart
    }
    return config.positions == Positions::Rotary ? std::optional(AbsorbObstacle::RotaryAfterUp) : std::nullopt;
}

}  // namespace loom
