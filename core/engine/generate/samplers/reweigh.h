// SPDX-License-Identifier: GPL-3.0-or-later
// Stages that change the odds of all tokens or of those used: temperature and the repetition penalty.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/ids.h"
#include "core/engine/generate/samplers/candidates.h"

namespace loom {

/// Divides all logits by `temperature`: below 1 the likely becomes likelier (Ackley, Hinton and Sejnowski 1985). 0 leaves the best alone.
void applyTemperature(Candidates& candidates, double temperature);

/// CTRL's penalty (Keskar et al. 2019, arXiv 1909.05858, section 4.1), once for each token of `used` however often it came: positive logits
/// are divided, negative ones multiplied. Ids outside [0, V) are ignored. `marks` is memory to work with: V zeros, as it is left.
void applyRepetitionPenalty(Candidates& candidates, double penalty, std::span<const TokenId> used, std::vector<std::uint8_t>& marks);

}  // namespace loom
