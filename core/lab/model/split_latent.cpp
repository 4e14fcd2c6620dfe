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
      m_absorbKeys(path == MlaPath::Absorbed && !absorbObstacle(config)),
      m_absorbValues(path == MlaPath::Absorbed) {
    const std::string prefix = layerPrefix(layer) + "self_attn.";
    m_query = weights.linear(prefix + "q_proj", m_config.bias);
    m_keyDown = weights.linear(prefix + "k_down_proj", false);
    m_valueDown = weights.linear(prefix + "v_down_proj", false);
    m_keyUp = weights.linear(prefix + "k_up_proj", false);
    m_valueUp = weights.linear(prefix + "v_up_proj", false);
    if (m_config.normsLatents()) {
        m_keyNorm = weights.norm(prefix + "k_latent_layernorm", NormKind::Rms, config.latentNormEps);
        m_valueNorm = weights.norm(prefix + "v_latent_layernorm", NormKind::Rms, config.latentNormEps);
    }
    m_output = weights.linear(prefix + "o_proj", m_config.hasOutputBias());
}

Tensor SplitLatent::rebuilt(const Tensor& latents, const Linear& up) const {
    const std::int64_t H = m_config.heads;
    const std::int64_t d = m_config.headDim;
    if (m_config.latent == Latent::SplitShared) return up(latents).unflatten(-1, {H, d});            // [B, S, H, d]
    return perHead(latents.unflatten(-1, {H, -1}), up.weight.unflatten(0, {H, d}).transpose(1, 2));  // [B, S, H, d]
}

Tensor SplitLatent::normed(const Tensor& latents, const std::optional<Norm>& norm) const {
    if (!norm) return latents;
    if (m_config.latent == Latent::SplitShared) return (*norm)(latents);
    return (*norm)(latents.unflatten(-1, {m_config.heads, -1})).flatten(2);  // [B, T, H·r]
}

Tensor SplitLatent::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const std::int64_t H = m_config.heads;
    const std::int64_t G = m_config.latent == Latent::SplitShared ? 1 : H;                   // latents of a position
    const Tensor q = rope(m_query(x).unflatten(-1, {H, m_config.headDim}));                  // [B, T, H, d]
    const Tensor keyLatents = past.keep(m_layer, 0, normed(m_keyDown(x), m_keyNorm));        // [B, S, G·rK]
    const Tensor valueLatents = past.keep(m_layer, 1, normed(m_valueDown(x), m_valueNorm));  // [B, S, G·rV]
    Tensor queries = q;
    Tensor keys;
    if (m_absorbKeys) {
        queries = perHead(q, m_keyUp.weight.unflatten(0, {H, -1}));  // (W^{K↑})ᵀ q [B, T, H, rK]
        keys = keyLatents.unflatten(-1, {G, m_config.kRank});        // [B, S, G, rK]
    } else {
        const std::int64_t S = keyLatents.size(1);
        const Rope fromStart = S == q.size(1) ? rope : rope.ofPositions(S);
        keys = fromStart(rebuilt(keyLatents, m_keyUp));  // [B, S, H, d]
    }
    if (!m_absorbValues)
        return m_output(attend(queries, keys, rebuilt(valueLatents, m_valueUp), m_softmax.over(past), probabilities));  // [B, T, D]
    const Tensor mixed =
        attend(queries, keys, valueLatents.unflatten(-1, {G, m_config.vRank}), m_softmax.over(past), probabilities);  // [B, T, H·rV]
    const Tensor valueUp = m_valueUp.weight.unflatten(0, {H, -1}).transpose(1, 2);                                    // [H, rV, d]
    return m_output(perHead(mixed.unflatten(-1, {H, m_config.vRank}), valueUp).flatten(2));                           // [B, T, D]
}

}  // namespace loom::lab
