// SPDX-License-Identifier: GPL-3.0-or-later
// Models and caches for tests of the Cache page.
#pragma once

#include "core/data/cache_occupancy.h"
#include "core/data/model_summary.h"

namespace loom::test {

inline ModelConfig jointConfig() {
    ModelConfig config;
    config.dModel = 256;
    config.layers = 6;
    config.context = 512;
    config.attention.latent = Latent::Joint;
    config.attention.heads = config.attention.kvHeads = 8;
    config.attention.kvLoraRank = 96;
    config.attention.qkRopeHeadDim = 32;
    config.attention.qkNopeHeadDim = 32;
    config.attention.vHeadDim = 32;
    return config;
}

inline ModelConfig fullConfig() {
    ModelConfig config;
    config.dModel = 64;
    config.layers = 5;
    config.context = 512;
    config.attention.heads = 8;
    config.attention.kvHeads = 4;
    config.attention.headDim = 8;
    return config;
}

inline ModelSummary summaryOf(const ModelConfig& config, DType dtype = DType::BF16) {
    ModelSummary summary;
    summary.config = config;
    summary.cache = cacheSpec(config, MlaPath::Absorbed, dtype);
    summary.otherForm = otherFormSpec(config, dtype);
    return summary;
}

/// Buffers of exactly the formula's size.
inline CacheUse useOf(const CacheSpec& spec, std::int64_t used, std::int64_t capacity = 512) {
    CacheUse use;
    use.spec = spec;
    use.usedTokens = used;
    use.capacityTokens = capacity;
    for (std::int64_t layer = 0; layer < spec.layers; ++layer) {
        const std::int64_t elements = spec.elementsPerTokenPerLayer() * capacity;
        use.layers.push_back({LayerIndex(layer), elements, elements * bytesPerElement(spec.dtype)});
        use.bytes += use.layers.back().bytes;
    }
    return use;
}

}  // namespace loom::test
