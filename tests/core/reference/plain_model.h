// SPDX-License-Identifier: GPL-3.0-or-later
// The network once more, in plain loops over doubles and straight from the equations: what the reference is checked against.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/inspection.h"
#include "core/engine/checkpoint/checkpoint.h"

namespace loom::test {

struct PlainResult {
    std::vector<double> logits;                  ///< [T, V]
    std::vector<std::vector<double>> attention;  ///< per layer [H, T, T], 0 above the diagonal
    /// Before the softmax, per layer [H, T, T]: with a joint latent the part of the content widths and the rest, otherwise all in
    /// `content`.
    std::vector<std::vector<double>> content, position;
    std::vector<std::vector<double>> lens;  ///< final norm and head on the embedding and after each layer: L + 1 times [T, V]
    std::vector<std::vector<double>> firstLane, secondLane;  ///< per layer what is kept [T, width]: latents, or keys and values
};

/// What is switched off.
struct PlainAblation {
    std::vector<HeadPlace> heads;
    std::vector<LayerIndex> layers;
};

/// One text from position 0, without any cache. The checkpoint's tensors must be f32.
[[nodiscard]] PlainResult plainForward(const Checkpoint& checkpoint, const TokenIds& tokens, const PlainAblation& off = {});

}  // namespace loom::test
