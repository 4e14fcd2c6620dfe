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
        list.linear(prefix + "o_proj", D, H * a.headDim, a.bias);
        return;
    }
    if (a.latent == Latent::PerHead) {
        list.linear(prefix + "q_proj", H * a.headDim, D, a.bias);
        list.linear(prefix + "k_down_proj", H * a.kRank, D, false);
        list.add(prefix + "k_up_proj.weight", {H * a.headDim, a.kRank});  // head by head
        list.linear(prefix + "v_down_proj", H * a.vRank, D, false);
        list.add(prefix + "v_up_proj.weight", {H * a.headDim, a.vRank});
        list.linear(prefix + "o_proj", D, H * a.headDim, a.bias);
        return;
    }
    if (a.qLoraRank > 0) {
        list.linear(prefix + "q_a_proj", a.qLoraRank, D, a.bias);
        list.add(prefix + "q_a_layernorm.weight", {a.qLoraRank});
        list.linear(prefix + "q_b_proj", H * a.qkHeadDim(), a.qLoraRank, false);
    } else {
        list.linear(prefix + "q_proj", H * a.qkHeadDim(), D, false);
    }
    list.linear(prefix + "kv_a_proj_with_mqa", a.kvLoraRank + a.qkRopeHeadDim, D, a.bias);
    list.add(prefix + "kv_a_layernorm.weight", {a.kvLoraRank});
    list.linear(prefix + "kv_b_proj", H * (a.qkNopeHeadDim + a.vHeadDim), a.kvLoraRank, false);
    list.linear(prefix + "o_proj", D, H * a.vHeadDim, a.bias);
}

}  // namespace

std::vector<TensorSpec> expectedTensors(const ModelConfig& config) {
    const std::int64_t D = config.dModel;
    SpecList list;
    const auto norm = [&](const std::string& name) {
        list.add(name + ".weight", {D});
        if (config.norm == NormKind::Layer) list.add(name + ".bias", {D});
    };
    list.add("model.embed_tokens.weight", {config.vocab, D});
    if (config.positions == Positions::Learned) list.add("model.embed_positions.weight", {config.context, D});
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        norm(prefix + "input_layernorm");
        addAttention(list, prefix + "self_attn.", config.attention, D);
        norm(prefix + "post_attention_layernorm");
        if (config.mlp == MlpKind::SwiGlu) list.linear(prefix + "mlp.gate_proj", config.ffnWidth, D, config.mlpBias);
        list.linear(prefix + "mlp.up_proj", config.ffnWidth, D, config.mlpBias);
        list.linear(prefix + "mlp.down_proj", D, config.ffnWidth, config.mlpBias);
    }
    norm("model.norm");
    if (!config.tieEmbeddings) list.add("lm_head.weight", {config.vocab, D});
    return list.take();
}

}  // namespace loom
