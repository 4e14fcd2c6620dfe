// SPDX-License-Identifier: GPL-3.0-or-later
// Block: one layer.
#include "core/lab/model/block.h"

namespace loom::lab {

Block::Block(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights) {
    const std::string prefix = layerPrefix(layer);
    m_attentionNorm = {weights.tensor(prefix + "input_layernorm.weight"), config.normEps};
    m_attention = makeAttention(config, layer, path, weights);
    m_feedForwardNorm = {weights.tensor(prefix + "post_attention_layernorm.weight"), config.normEps};
    m_feedForward = {weights.linear(prefix + "mlp.gate_proj", config.mlpBias), weights.linear(prefix + "mlp.up_proj", config.mlpBias),
                     weights.linear(prefix + "mlp.down_proj", config.mlpBias)};
}

Tensor Block::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const Tensor looked = x + m_attention->forward(m_attentionNorm(x), rope, past, probabilities);  // [B, T, D]
    return looked + m_feedForward(m_feedForwardNorm(looked));                                       // [B, T, D]
}

}  // namespace loom::lab
