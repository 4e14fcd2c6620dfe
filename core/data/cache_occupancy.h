// SPDX-License-Identifier: GPL-3.0-or-later
// What the cache holds, in bytes: allocated and used, in total and per layer.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/byte_formulas.h"

namespace loom {

struct LayerUse {
    LayerIndex layer;
    std::int64_t elements = 0;  ///< allocated elements: capacity × elements per token
    std::int64_t bytes = 0;     ///< allocated bytes, summed over this layer's buffers, scales included
};

/// `bytes` is the sum of the sizes of the buffers themselves; the formula says the same: spec.bytesPerToken() × capacityTokens.
struct CacheUse {
    CacheSpec spec;
    std::int64_t bytes = 0;  ///< allocated
    std::int64_t usedTokens = 0;
    std::int64_t capacityTokens = 0;
    std::vector<LayerUse> layers;
    [[nodiscard]] std::int64_t usedBytes() const { return spec.bytesPerToken() * usedTokens; }
};

}  // namespace loom
