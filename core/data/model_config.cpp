// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/model_config.h"

#include <algorithm>
#include <cmath>

namespace loom {

std::string_view name(Latent latent) {
    switch (latent) {
        case Latent::None: return "none";
        case Latent::Joint: return "joint";
        case Latent::PerHead: return "per_head";
        case Latent::SplitShared: return "split_shared";
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
std::string_view name(MlpKind mlp) {
    switch (mlp) {
        case MlpKind::SwiGlu: return "swiglu";
        case MlpKind::Gelu: return "gelu";
        case MlpKind::GeluTanh: return "gelu_tanh";
    }
    return "?";
}
std::string_view name(RopeLayout layout) { return layout == RopeLayout::Half ? "half" : "interleaved"; }
std::string_view name(ExpertScoring scoring) { return scoring == ExpertScoring::Softmax ? "softmax" : "sigmoid"; }

std::string_view name(Family family) {
    switch (family) {
        case Family::Llama: return "llama";
        case Family::DeepseekV3: return "deepseek_v3";
        case Family::Llama2C: return "llama2.c";
        case Family::LatentLoom: return "latentloom";
        case Family::DeepseekV2: return "deepseek_v2";
        case Family::Gpt2: return "gpt2";
        case Family::GptNeo: return "gpt_neo";
        case Family::GptNeoX: return "gpt_neox";
        case Family::NanoGpt: return "nanogpt";
        case Family::Gguf: return "gguf";
    }
    return "?";
}

std::string attentionFormName(const AttentionConfig& attention) {
    std::string detail;
    if (attention.latent == Latent::Joint) detail = " (joint latent)";
    if (attention.latent == Latent::PerHead) detail = " (latent per head)";
    if (attention.latent == Latent::SplitShared) detail = " (shared latents)";
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
    const std::int64_t output = a.hasOutputBias() ? D : 0;
    if (a.latent == Latent::None) {
        const std::int64_t bias = a.bias ? H * a.headDim + 2 * a.kvHeads * a.headDim : 0;
        return 2 * D * H * a.headDim + 2 * D * a.kvHeads * a.headDim + bias + output;
    }
    if (a.latent == Latent::PerHead || a.latent == Latent::SplitShared) {
        const std::int64_t latents = a.latent == Latent::PerHead ? H : 1;
        const std::int64_t bias = a.bias ? H * a.headDim : 0;
        const std::int64_t norms = a.normsLatents() ? a.kRank + a.vRank : 0;
        return 2 * D * H * a.headDim + (a.kRank + a.vRank) * (latents * D + H * a.headDim) + bias + norms + output;
    }
    const std::int64_t queryWidth = H * a.qkHeadDim();
    const std::int64_t norms = a.normsLatents() ? a.qLoraRank + a.kvLoraRank : 0;
    const std::int64_t query = a.qLoraRank > 0 ? D * a.qLoraRank + a.qLoraRank * queryWidth : D * queryWidth;
    const std::int64_t down = D * (a.kvLoraRank + a.qkRopeHeadDim);
    const std::int64_t up = a.kvLoraRank * H * (a.qkNopeHeadDim + a.vHeadDim);
    const std::int64_t bias = a.bias ? a.qLoraRank + a.kvLoraRank + a.qkRopeHeadDim : 0;
    return query + down + up + norms + H * a.vHeadDim * D + bias + output;
}

/// One SwiGLU network, or one of two layers.
std::int64_t feedForwardParameters(const ModelConfig& config, std::int64_t F) {
    const std::int64_t D = config.dModel;
    const bool gated = config.mlp == MlpKind::SwiGlu;
    return (gated ? 3 : 2) * D * F + (config.mlpBias ? (gated ? 2 : 1) * F + D : 0);
}

/// The feed-forward part of a layer with experts, of which a token uses `used`.
std::int64_t expertParameters(const ModelConfig& config, std::int64_t used) {
    const MoeConfig& moe = config.moe;
    const std::int64_t gate = moe.experts * config.dModel + (moe.scoring == ExpertScoring::Sigmoid ? moe.experts : 0);
    const std::int64_t shared = moe.shared > 0 ? feedForwardParameters(config, moe.shared * moe.width) : 0;
    return gate + used * feedForwardParameters(config, moe.width) + shared;
}

}  // namespace

std::int64_t ModelConfig::expertLayers() const {
    if (moe.experts == 0) return 0;
    return layers - std::clamp<std::int64_t>(moe.firstLayer, 0, layers);
}

double attentionScale(const ModelConfig& config, LayerIndex layer) {
    const AttentionConfig& a = config.attention;
    double scale = a.scaled ? 1.0 / std::sqrt(static_cast<double>(a.qkHeadDim())) : 1.0;
    if (a.scaledByLayer) scale /= static_cast<double>(layer.value() + 1);
    const RopeScaling& s = a.ropeScaling;
    if (a.latent == Latent::Joint && s.kind == RopeScalingKind::Yarn && s.mscaleAllDim != 0.0) {
        const double magnitude = yarnMagnitude(s.factor, s.mscaleAllDim);
        scale *= magnitude * magnitude;
    }
    return scale;
}

ParameterCount countParameters(const ModelConfig& config) {
    const std::int64_t D = config.dModel;
    const std::int64_t norm = config.norm == NormKind::Layer && config.normBias ? 2 * D : D;  // weight, and bias
    const std::int64_t block = attentionParameters(config.attention, D) + 2 * norm;
    const std::int64_t sparse = config.expertLayers();
    const std::int64_t dense = (config.layers - sparse) * feedForwardParameters(config, config.ffnWidth);
    const std::int64_t head = config.tieEmbeddings ? 0 : config.vocab * D;
    const std::int64_t places = config.positions == Positions::Learned ? config.context * D : 0;
    const auto all = [&](std::int64_t used) {
        return config.layers * block + dense + sparse * expertParameters(config, used) + norm + head;
    };
    ParameterCount count;
    count.nonEmbedding = all(config.moe.experts);
    count.total = count.nonEmbedding + config.vocab * D + places;
    count.active = count.total - count.nonEmbedding + all(config.moe.perToken);
    return count;
}

}  // namespace loom
