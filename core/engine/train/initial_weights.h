// SPDX-License-Identifier: GPL-3.0-or-later
// The weights that a network begins with.
#pragma once

#include <cstdint>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom {

/// A checkpoint in memory, f32: matrices and embeddings normal with σ 0.02, those that write into the residual stream (o_proj,
/// mlp.down_proj) with σ 0.02/√(2L) as GPT-2 does; norms 1, biases 0. A pure function of configuration and seed, the same on every machine
/// up to the rounding of log, sin and cos. Throws Error where memory is lacking.
[[nodiscard]] Checkpoint initialCheckpoint(const ModelConfig& config, std::uint64_t seed);

}  // namespace loom
