// SPDX-License-Identifier: GPL-3.0-or-later
// SplitLatent: latents of keys and latents of values, per head or shared.
#include "core/lab/model/split_latent.h"

#include <string>

#include "core/data/absorption.h"
#include "core/lab/model/per_head.h"

namespace loom::lab {

SplitLatent::SplitLatent(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights)
    : m_config(config.attention),
      m_layer(layer),
      m_softmax{attentionScale(config, layer), 0},
      m_absorb(path == MlaPath::Absorbed && !absorbObstacle(config)) {
    const std::string prefix = layerPrefix(layer) + "self_attn.";
    m_query = weights.linear(prefix + "q_proj", m_config.bias);
    m_keyDown = weights.linear(prefix + "k_down_proj", false);
    m_valueDown = weights.linear(prefix + "v_down_proj", false);
    m_keyUp = weights.linear(prefix + "k_up_proj", false);
    m_valueUp = weights.linear(prefix + "v_up_proj", false);
    m_output = weights.linear(prefix + "o_proj", m_config.hasOutputBias());
}

Tensor SplitLatent::rebuilt(const Tensor& latents, const Linear& up) const {
    const std::int64_t H = m_config.heads;
    const std::int64_t d = m_config.headDim;
    if (m_config.latent == Latent::SplitShared) return up(latents).unflatten(-1, {H, d});            // [B, S, H, d]
    return perHead(latents.unflatten(-1, {H, -1}), up.weight.unflatten(0, {H, d}).transpose(1, 2));  // [B, S, H, d]
}

Tensor SplitLatent::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const Tensor q = rope(m_query(x).unflatten(-1, {m_config.heads, m_config.headDim}));  // [B, T, H, d]
    const Tensor keyLatents = past.keep(m_layer, 0, m_keyDown(x));                        // [B, S, H·rK or rK]
    const Tensor valueLatents = past.keep(m_layer, 1, m_valueDown(x));                    // [B, S, H·rV or rV]
    if (m_absorb) {
        const std::int64_t G = m_config.latent == Latent::SplitShared ? 1 : m_config.heads;        // latents of a position
        const Tensor latentQuery = perHead(q, m_keyUp.weight.unflatten(0, {m_config.heads, -1}));  // (W^{K↑})ᵀ q [B, T, H, rK]
        const Tensor mixed = attend(latentQuery, keyLatents.unflatten(-1, {G, m_config.kRank}),    // [B, T, H·rV]
                                    valueLatents.unflatten(-1, {G, m_config.vRank}), m_softmax.over(past), probabilities);
        const Tensor valueUp = m_valueUp.weight.unflatten(0, {m_config.heads, -1}).transpose(1, 2);           // [H, rV, d]
        return m_output(perHead(mixed.unflatten(-1, {m_config.heads, m_config.vRank}), valueUp).flatten(2));  // [B, T, D]
    }
    const std::int64_t S = keyLatents.size(1);
    const Rope fromStart = S == q.size(1) ? rope : rope.ofPositions(S);
    const Tensor keys = fromStart(rebuilt(keyLatents, m_keyUp));                    // [B, S, H, d]
    const Tensor values = rebuilt(valueLatents, m_valueUp);                         // [B, S, H, d]
    return m_output(attend(q, keys, values, m_softmax.over(past), probabilities));  // [B, T, D]
}

}  // namespace loom::lab
