// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/model_config.h"

namespace loom {

std::string_view name(Latent latent) {
    switch (latent) {
        case Latent::None: return "none";
        case Latent::Joint: return "joint";
    }
    return "?";
}

std::string_view name(Family family) {
    switch (family) {
        case Family::Llama: return "llama";
        case Family::DeepseekV3: return "deepseek_v3";
        case Family::Llama2C: return "llama2.c";
    }
    return "?";
}

std::string attentionFormName(const AttentionConfig& attention) {
    return attentionShortName(attention) + (attention.latent == Latent::Joint ? " (joint latent)" : "");
}

std::string attentionShortName(const AttentionConfig& attention) {
    if (attention.latent == Latent::Joint) return "MLA";
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
    const std::int64_t mlpBias = config.mlpBias ? 2 * config.ffnWidth + D : 0;
    const std::int64_t block = attentionParameters(config.attention, D) + 3 * D * config.ffnWidth + mlpBias + 2 * D;
    const std::int64_t head = config.tieEmbeddings ? 0 : config.vocab * D;
    ParameterCount count;
    count.nonEmbedding = config.layers * block + D + head;
    count.total = count.nonEmbedding + config.vocab * D;
    return count;
}

}  // namespace loom
