// SPDX-License-Identifier: GPL-3.0-or-later
// FullAttention: every position keeps whole keys and values.
#include "core/lab/model/full_attention.h"

#include <string>

namespace loom::lab {

FullAttention::FullAttention(const ModelConfig& config, LayerIndex layer, const Weights& weights)
    : m_config(config.attention), m_layer(layer), m_softmax{attentionScale(config, layer), config.attention.window(layer)} {
    const std::string prefix = layerPrefix(layer) + "self_attn.";
    m_query = weights.linear(prefix + "q_proj", m_config.bias);
    m_key = weights.linear(prefix + "k_proj", m_config.bias);
    m_value = weights.linear(prefix + "v_proj", m_config.bias);
    m_output = weights.linear(prefix + "o_proj", m_config.hasOutputBias());
}

Tensor FullAttention::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const std::int64_t H = m_config.heads;
    const std::int64_t G = m_config.kvHeads;
    const std::int64_t d = m_config.headDim;

    const Tensor q = rope(m_query(x).unflatten(-1, {H, d}));                        // [B, T, H, d]
    const Tensor k = rope(m_key(x).unflatten(-1, {G, d}));                          // [B, T, G, d]
    const Tensor keys = past.keep(m_layer, 0, k.flatten(2)).unflatten(-1, {G, d});  // [B, S, G, d]
    const Tensor values = past.keep(m_layer, 1, m_value(x)).unflatten(-1, {G, d});  // [B, S, G, d]

    return m_output(attend(q, keys, values, m_softmax.over(past), probabilities));  // [B, T, D]
}

}  // namespace loom::lab
