// SPDX-License-Identifier: GPL-3.0-or-later
// Attention weights as views show them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/ids.h"

namespace loom {

/// One query position's attention in one layer: who it looked at.
struct AttentionRow {
    LayerIndex layer;
    std::int64_t position = 0;   ///< the query
    std::int64_t heads = 0;      ///< H
    std::vector<float> weights;  ///< [H, position + 1], each head's row sums to 1
    [[nodiscard]] const float* head(HeadIndex h) const { return weights.data() + h.value() * (position + 1); }
};

/// All heads of one layer for positions 0 … T−1.
struct AttentionMap {
    LayerIndex layer;
    std::int64_t heads = 0;      ///< H
    std::int64_t tokens = 0;     ///< T
    std::vector<float> weights;  ///< [H, T, T]; causal: entries with key > query are 0 and mean "cannot look there"
    [[nodiscard]] float at(HeadIndex h, std::int64_t query, std::int64_t key) const {
        return weights[static_cast<std::size_t>((h.value() * tokens + query) * tokens + key)];
    }
};

}  // namespace loom
