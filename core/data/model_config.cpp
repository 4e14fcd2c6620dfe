// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/model_config.h"

namespace loom {

std::string_view name(Latent latent) {
    switch (latent) {
        case Latent::None: return "none";
        case Latent::Joint: return "joint";
        case Latent::PerHead: return "per_head";
    }
    return "?";
}

std::string_view name(Positions positions) {
    switch (positions) {
        case Positions::Rotary: return "rotary";
        case Positions::Learned: return "learned";
        case Positions::None: return "none";
    }
    return "?";
}

std::string_view name(NormKind norm) { return norm == NormKind::Rms ? "rms_norm" : "layer_norm"; }
std::string_view name(MlpKind mlp) { return mlp == MlpKind::SwiGlu ? "swiglu" : "gelu"; }
std::string_view name(RopeLayout layout) { return layout == RopeLayout::Half ? "half" : "interleaved"; }

std::string_view name(Family family) {
    switch (family) {
        case Family::Llama: return "llama";
        case Family::DeepseekV3: return "deepseek_v3";
        case Family::Llama2C: return "llama2.c";
        case Family::LatentLoom: return "latentloom";
    }
    return "?";
}

std::string attentionFormName(const AttentionConfig& attention) {
    std::string detail;
    if (attention.latent == Latent::Joint) detail = " (joint latent)";
    if (attention.latent == Latent::PerHead) detail = " (latent per head)";
    return attentionShortName(attention) + detail;
}

std::string attentionShortName(const AttentionConfig& attention) {
    if (attention.latent != Latent::None) return "MLA";
    if (attention.kvHeads == attention.heads) return "MHA";
    return attention.kvHeads == 1 ? "MQA" : "GQA";
}

namespace {

std::int64_t attentionParameters(const AttentionConfig& a, std::int64_t D) {
    const std::int64_t H = a.heads;
    if (a.latent == Latent::None) {
        const std::int64_t bias = a.bias ? H * a.headDim + 2 * a.kvHeads * a.headDim + D : 0;
        return 2 * D * H * a.headDim + 2 * D * a.kvHeads * a.headDim + bias;
    }
    if (a.latent == Latent::PerHead) {
        const std::int64_t bias = a.bias ? H * a.headDim + D : 0;
        return 2 * D * H * a.headDim + (a.kRank + a.vRank) * H * (D + a.headDim) + bias;
    }
    const std::int64_t queryWidth = H * a.qkHeadDim();
    const std::int64_t query = a.qLoraRank > 0 ? D * a.qLoraRank + a.qLoraRank + a.qLoraRank * queryWidth : D * queryWidth;
    const std::int64_t down = D * (a.kvLoraRank + a.qkRopeHeadDim) + a.kvLoraRank;
    const std::int64_t up = a.kvLoraRank * H * (a.qkNopeHeadDim + a.vHeadDim);
    const std::int64_t bias = a.bias ? a.qLoraRank + a.kvLoraRank + a.qkRopeHeadDim + D : 0;
    return query + down + up + H * a.vHeadDim * D + bias;
}

}  // namespace

ParameterCount countParameters(const ModelConfig& config) {
    const std::int64_t D = config.dModel;
    const std::int64_t F = config.ffnWidth;
    const bool gated = config.mlp == MlpKind::SwiGlu;
    const std::int64_t norm = config.norm == NormKind::Layer ? 2 * D : D;  // weight, and bias
    const std::int64_t mlpBias = config.mlpBias ? (gated ? 2 : 1) * F + D : 0;
    const std::int64_t block = attentionParameters(config.attention, D) + (gated ? 3 : 2) * D * F + mlpBias + 2 * norm;
    const std::int64_t head = config.tieEmbeddings ? 0 : config.vocab * D;
    const std::int64_t places = config.positions == Positions::Learned ? config.context * D : 0;
    ParameterCount count;
    count.nonEmbedding = config.layers * block + norm + head;
    count.total = count.nonEmbedding + config.vocab * D + places;
    return count;
}

}  // namespace loom
