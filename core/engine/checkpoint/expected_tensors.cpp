// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes that a configuration needs. A Linear's weight is [out, in].
#include <string>
#include <utility>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom {
namespace {

class SpecList {
public:
    void add(const std::string& name, std::vector<std::int64_t> shape) { m_specs.push_back({name, std::move(shape)}); }
    void linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias) {
        add(name + ".weight", {out, in});
        if (bias) add(name + ".bias", {out});
    }
    std::vector<TensorSpec> take() { return std::move(m_specs); }

private:
    std::vector<TensorSpec> m_specs;
};

void addAttention(SpecList& list, const std::string& prefix, const AttentionConfig& a, std::int64_t D) {
    const std::int64_t H = a.heads;
    if (a.latent == Latent::None) {
        list.linear(prefix + "q_proj", H * a.headDim, D, a.bias);
        list.linear(prefix + "k_proj", a.kvHeads * a.headDim, D, a.bias);
        list.linear(prefix + "v_proj", a.kvHeads * a.headDim, D, a.bias);
        list.linear(prefix + "o_proj", D, H * a.headDim, a.hasOutputBias());
        return;
    }
    if (a.latent == Latent::PerHead || a.latent == Latent::SplitShared) {
        const std::int64_t latents = a.latent == Latent::PerHead ? H : 1;
        list.linear(prefix + "q_proj", H * a.headDim, D, a.bias);
        list.linear(prefix + "k_down_proj", latents * a.kRank, D, false);
        list.add(prefix + "k_up_proj.weight", {H * a.headDim, a.kRank});  // head by head
        list.linear(prefix + "v_down_proj", latents * a.vRank, D, false);
        list.add(prefix + "v_up_proj.weight", {H * a.headDim, a.vRank});
        if (a.normsLatents()) {
            list.add(prefix + "k_latent_layernorm.weight", {a.kRank});
            list.add(prefix + "v_latent_layernorm.weight", {a.vRank});
        }
        list.linear(prefix + "o_proj", D, H * a.headDim, a.hasOutputBias());
        return;
    }
    if (a.qLoraRank > 0) {
        list.linear(prefix + "q_a_proj", a.qLoraRank, D, a.bias);
        if (a.normsLatents()) list.add(prefix + "q_a_layernorm.weight", {a.qLoraRank});
        list.linear(prefix + "q_b_proj", H * a.qkHeadDim(), a.qLoraRank, false);
    } else {
        list.linear(prefix + "q_proj", H * a.qkHeadDim(), D, false);
    }
    list.linear(prefix + "kv_a_proj_with_mqa", a.kvLoraRank + a.qkRopeHeadDim, D, a.bias);
    if (a.normsLatents()) list.add(prefix + "kv_a_layernorm.weight", {a.kvLoraRank});
    list.linear(prefix + "kv_b_proj", H * (a.qkNopeHeadDim + a.vHeadDim), a.kvLoraRank, false);
    list.linear(prefix + "o_proj", D, H * a.vHeadDim, a.hasOutputBias());
}

void addFeedForward(SpecList& list, const std::string& prefix, const ModelConfig& config, std::int64_t F) {
    if (config.mlp == MlpKind::SwiGlu) list.linear(prefix + "gate_proj", F, config.dModel, config.mlpBias);
    list.linear(prefix + "up_proj", F, config.dModel, config.mlpBias);
    list.linear(prefix + "down_proj", config.dModel, F, config.mlpBias);
}

void addExperts(SpecList& list, const std::string& prefix, const ModelConfig& config) {
    const MoeConfig& moe = config.moe;
    list.add(prefix + "gate.weight", {moe.experts, config.dModel});
    if (moe.scoring == ExpertScoring::Sigmoid) list.add(prefix + "gate.e_score_correction_bias", {moe.experts});
    for (std::int64_t e = 0; e < moe.experts; ++e) {
        addFeedForward(list, prefix + "experts." + std::to_string(e) + ".", config, moe.width);
    }
    if (moe.shared > 0) addFeedForward(list, prefix + "shared_experts.", config, moe.shared * moe.width);
}

}  // namespace

std::vector<TensorSpec> expectedTensors(const ModelConfig& config) {
    const std::int64_t D = config.dModel;
    SpecList list;
    const auto norm = [&](const std::string& name) {
        list.add(name + ".weight", {D});
        if (config.norm == NormKind::Layer && config.normBias) list.add(name + ".bias", {D});
    };
    list.add("model.embed_tokens.weight", {config.vocab, D});
    if (config.positions == Positions::Learned) list.add("model.embed_positions.weight", {config.context, D});
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        norm(prefix + "input_layernorm");
        addAttention(list, prefix + "self_attn.", config.attention, D);
        norm(prefix + "post_attention_layernorm");
        if (config.hasExperts(LayerIndex{layer})) {
            addExperts(list, prefix + "mlp.", config);
        } else {
            addFeedForward(list, prefix + "mlp.", config, config.ffnWidth);
        }
    }
    norm("model.norm");
    if (!config.tieEmbeddings) list.add("lm_head.weight", {config.vocab, D});
    return list.take();
}

}  // namespace loom
