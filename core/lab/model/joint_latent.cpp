// SPDX-License-Identifier: GPL-3.0-or-later
// JointLatent: queries, latents and rotary keys of new positions.
#include "core/lab/model/joint_latent.h"

#include <string>
#include <vector>

namespace loom::lab {

JointLatent::JointLatent(const ModelConfig& config, LayerIndex layer, const Weights& weights)
    : m_config(config.attention), m_layer(layer), m_scale(attentionScale(config, layer)) {
    const std::string prefix = layerPrefix(layer) + "self_attn.";
    if (m_config.qLoraRank > 0) {
        m_queryDown = weights.linear(prefix + "q_a_proj", m_config.bias);
        if (m_config.normsLatents()) m_queryNorm = weights.norm(prefix + "q_a_layernorm", NormKind::Rms, config.latentNormEps);
        m_query = weights.linear(prefix + "q_b_proj", false);
    } else {
        m_query = weights.linear(prefix + "q_proj", false);
    }
    m_down = weights.linear(prefix + "kv_a_proj_with_mqa", m_config.bias);
    if (m_config.normsLatents()) m_latentNorm = weights.norm(prefix + "kv_a_layernorm", NormKind::Rms, config.latentNormEps);
    m_up = weights.linear(prefix + "kv_b_proj", false);
    m_output = weights.linear(prefix + "o_proj", m_config.hasOutputBias());
}

JointLatent::Query JointLatent::query(const Tensor& x, const Rope& rope) const {
    Tensor source = m_queryDown ? (*m_queryDown)(x) : x;  // [B, T, D or query rank]
    if (m_queryNorm) source = (*m_queryNorm)(source);
    const Tensor q = m_query(source).unflatten(-1, {m_config.heads, m_config.qkHeadDim()});  // [B, T, H, dN+dR]
    const std::vector<Tensor> parts = q.split_with_sizes({m_config.qkNopeHeadDim, m_config.qkRopeHeadDim}, -1);
    return {parts[0], rope(parts[1])};
}

JointLatent::Key JointLatent::key(const Tensor& x, const Rope& rope) const {
    const std::vector<Tensor> down = m_down(x).split_with_sizes({m_config.kvLoraRank, m_config.qkRopeHeadDim}, -1);
    const Tensor latent = m_latentNorm ? (*m_latentNorm)(down[0]) : down[0];  // [B, T, r]
    const Tensor rotary = rope(down[1].unsqueeze(2)).squeeze(2);              // [B, T, dR]
    return {latent, rotary};
}

}  // namespace loom::lab
