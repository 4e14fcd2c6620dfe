// SPDX-License-Identifier: GPL-3.0-or-later
// Block: one layer.
#include "core/lab/model/block.h"

#include "core/lab/fused/fused.h"

namespace loom::lab {

namespace {

std::variant<FeedForward, Experts> feedForward(const ModelConfig& config, LayerIndex layer, const Weights& weights) {
    if (config.hasExperts(layer)) return Experts(config, layer, weights);
    return FeedForward(weights, layerPrefix(layer) + "mlp.", config);
}

}  // namespace

Block::Block(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights)
    : m_attentionNorm(weights.norm(layerPrefix(layer) + "input_layernorm", config.norm, config.normEps, config.normBias)),
      m_attention(makeAttention(config, layer, path, weights)),
      m_feedForwardNorm(weights.norm(layerPrefix(layer) + "post_attention_layernorm", config.norm, config.normEps, config.normBias)),
      m_feedForward(feedForward(config, layer, weights)),
      m_layer(layer),
      m_parallel(config.parallelResidual) {}

Tensor Block::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities, const TrainingPass& training) const {
    const auto add = [&](const Tensor& stream, const Tensor& branch) {
        return fused::active() ? fused::addResidual(stream, training.dropout(branch)) : stream + training.dropout(branch);
    };
    const Tensor looked = add(x, m_attention->forward(m_attentionNorm(x), rope, past, probabilities));  // [B, T, D]
    const Tensor in = m_feedForwardNorm(m_parallel ? x : looked);                                       // [B, T, D]
    const auto* experts = std::get_if<Experts>(&m_feedForward);
    return add(looked, experts ? (*experts)(in, m_layer, training.balance) : std::get<FeedForward>(m_feedForward)(in));  // [B, T, D]
}

}  // namespace loom::lab
