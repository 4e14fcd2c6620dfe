// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/byte_formulas.h"

namespace loom {

std::string_view name(MlaPath path) { return path == MlaPath::Naive ? "naive" : "absorbed"; }
std::string_view name(CacheForm form) { return form == CacheForm::Full ? "full" : "latent"; }
std::string_view name(CacheLane lane) {
    switch (lane) {
        case CacheLane::Keys: return "keys";
        case CacheLane::Values: return "values";
        case CacheLane::Latent: return "latent";
        case CacheLane::RotaryKey: return "rotary key";
        case CacheLane::KeyLatent: return "key latents";
        case CacheLane::ValueLatent: return "value latents";
    }
    return "?";
}

std::int64_t CacheSpec::elementsPerTokenPerLayer() const {
    std::int64_t sum = 0;
    for (const LaneSpec& lane : lanes) sum += lane.width;
    return sum;
}

std::string CacheSpec::equation() const {
    std::string text = "(";
    for (const LaneSpec& lane : lanes) {
        if (text.size() > 1) text += " + ";
        text += std::to_string(lane.width) + " " + std::string(name(lane.lane));
    }
    if (dtype == DType::I8) text += " + " + std::to_string(lanes.size()) + " scales × " + std::to_string(kRowScaleBytes);
    const std::int64_t bytes = bytesPerElement(dtype);
    return text + ") × " + std::to_string(layers) + (layers == 1 ? " layer × " : " layers × ") + std::to_string(bytes) +
           (bytes == 1 ? " byte" : " bytes");
}

namespace {

CacheSpec fullSpec(std::int64_t layers, std::int64_t keys, std::int64_t values, DType dtype) {
    return {CacheForm::Full, layers, {{CacheLane::Keys, keys}, {CacheLane::Values, values}}, dtype};
}

CacheSpec latentSpec(std::int64_t layers, std::int64_t latent, std::int64_t rotary, DType dtype) {
    return {CacheForm::Latent, layers, {{CacheLane::Latent, latent}, {CacheLane::RotaryKey, rotary}}, dtype};
}

}  // namespace

CacheSpec cacheSpec(const ModelConfig& config, MlaPath path, DType dtype) {
    const AttentionConfig& a = config.attention;
    if (a.latent == Latent::None) return fullSpec(config.layers, a.kvHeads * a.headDim, a.kvHeads * a.headDim, dtype);
    if (a.latent == Latent::PerHead) {
        return {CacheForm::Latent,
                config.layers,
                {{CacheLane::KeyLatent, a.heads * a.kRank}, {CacheLane::ValueLatent, a.heads * a.vRank}},
                dtype};
    }
    if (a.latent == Latent::SplitShared) {
        return {CacheForm::Latent, config.layers, {{CacheLane::KeyLatent, a.kRank}, {CacheLane::ValueLatent, a.vRank}}, dtype};
    }
    if (path == MlaPath::Naive) return fullSpec(config.layers, a.heads * a.qkHeadDim(), a.heads * a.vHeadDim, dtype);
    return latentSpec(config.layers, a.kvLoraRank, a.qkRopeHeadDim, dtype);
}

std::string cacheSymbols(const ModelConfig& config, MlaPath path) {
    switch (config.attention.latent) {
        case Latent::None: return "2·G·d";
        case Latent::PerHead: return "H·(rK + rV)";
        case Latent::SplitShared: return "rK + rV";
        case Latent::Joint: break;
    }
    return path == MlaPath::Naive ? "H·(dN + dR + dV)" : "r + dR";
}

CacheSpec otherFormSpec(const ModelConfig& config, DType dtype) {
    const AttentionConfig& a = config.attention;
    const std::int64_t D = config.dModel;
    if (a.latent == Latent::None) {
        const std::int64_t half = (a.headDim + 1) / 2;
        return latentSpec(config.layers, (D + 1) / 2, half + half % 2, dtype);
    }
    const std::int64_t width = (D + a.heads - 1) / a.heads * a.heads;
    return fullSpec(config.layers, width, width, dtype);
}

}  // namespace loom
