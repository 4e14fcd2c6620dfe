// SPDX-License-Identifier: GPL-3.0-or-later
// Block: one layer.
#include "core/lab/model/block.h"

#include "core/lab/fused/fused.h"

namespace loom::lab {

Block::Block(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights) {
    const std::string prefix = layerPrefix(layer);
    m_attentionNorm = weights.norm(prefix + "input_layernorm", config.norm, config.normEps);
    m_attention = makeAttention(config, layer, path, weights);
    m_feedForwardNorm = weights.norm(prefix + "post_attention_layernorm", config.norm, config.normEps);
    if (config.mlp == MlpKind::SwiGlu) m_feedForward.gate = weights.linear(prefix + "mlp.gate_proj", config.mlpBias);
    m_feedForward.up = weights.linear(prefix + "mlp.up_proj", config.mlpBias);
    m_feedForward.down = weights.linear(prefix + "mlp.down_proj", config.mlpBias);
}

Tensor Block::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities, const Dropout& dropout) const {
    const auto add = [&](const Tensor& stream, const Tensor& branch) {
        return fused::active() ? fused::addResidual(stream, dropout(branch)) : stream + dropout(branch);
    };
    const Tensor looked = add(x, m_attention->forward(m_attentionNorm(x), rope, past, probabilities));  // [B, T, D]
    return add(looked, m_feedForward(m_feedForwardNorm(looked)));                                       // [B, T, D]
}

}  // namespace loom::lab
