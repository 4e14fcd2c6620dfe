// SPDX-License-Identifier: GPL-3.0-or-later
// PartSums: the softmax of a past that is read a chunk at a time.
#pragma once

#include <cstdint>

#include "core/engine/decode/kernels.h"

namespace loom::decode {

/// Of some positions with scores s: m, the largest, and Σ e^(s − m). Their cells are mixed elsewhere, Σ e^(s − m) · cells, and divided by
/// the total of all positions at the end (arXiv 1805.02867, section 3; arXiv 2205.14135, section 3.1).
struct PartSums {
    float largest = 0.0F;
    float total = 0.0F;  ///< 0: no position yet

    /// By how much two parts' weights are scaled when they are joined.
    struct Factors {
        float kept = 1.0F;
        float taken = 1.0F;
    };
    /// Takes another part in, and its mixed cells [width] into `mixed`, where the first part's may stand already. The order of parts
    /// decides the last bits.
    Factors join(const Kernels& kernels, const PartSums& part, const float* partMixed, float* mixed, std::int64_t width);
};

}  // namespace loom::decode
