// SPDX-License-Identifier: GPL-3.0-or-later
// PerHeadLatent: the paper's latent attention.
#include "core/lab/model/per_head_latent.h"

#include <cmath>
#include <string>

#include "core/data/absorption.h"
#include "core/lab/model/per_head.h"

namespace loom::lab {

PerHeadLatent::PerHeadLatent(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights)
    : m_config(config.attention), m_layer(layer), m_absorb(path == MlaPath::Absorbed && !absorbObstacle(config)) {
    const std::string prefix = layerPrefix(layer) + "self_attn.";
    m_query = weights.linear(prefix + "q_proj", m_config.bias);
    m_keyDown = weights.linear(prefix + "k_down_proj", false);
    m_valueDown = weights.linear(prefix + "v_down_proj", false);
    m_keyUp = weights.tensor(prefix + "k_up_proj.weight");
    m_valueUp = weights.tensor(prefix + "v_up_proj.weight");
    m_output = weights.linear(prefix + "o_proj", m_config.bias);
}

Tensor PerHeadLatent::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const std::int64_t H = m_config.heads;
    const std::int64_t d = m_config.headDim;

    const Tensor q = rope(m_query(x).unflatten(-1, {H, d}));                                               // [B, T, H, d]
    const Tensor keyLatents = past.keep(m_layer, 0, m_keyDown(x)).unflatten(-1, {H, m_config.kRank});      // [B, S, H, rK]
    const Tensor valueLatents = past.keep(m_layer, 1, m_valueDown(x)).unflatten(-1, {H, m_config.vRank});  // [B, S, H, rV]
    const Tensor keyUp = m_keyUp.unflatten(0, {H, d});                                                     // [H, d, rK]
    const Tensor valueUp = m_valueUp.unflatten(0, {H, d});                                                 // [H, d, rV]
    const double scale = 1.0 / std::sqrt(static_cast<double>(d));
    if (m_absorb) {
        const Tensor latentQuery = perHead(q, keyUp);                                              // (W^{K↑})ᵀ q [B, T, H, rK]
        const Tensor mixed = attend(latentQuery, keyLatents, valueLatents, scale, probabilities);  // [B, T, H·rV]
        const Tensor out = perHead(mixed.unflatten(-1, {H, m_config.vRank}), valueUp.transpose(1, 2));
        return m_output(out.flatten(2));  // [B, T, D]
    }
    const std::int64_t S = keyLatents.size(1);
    const Rope fromStart = S == q.size(1) ? rope : rope.ofPositions(S);
    const Tensor keys = fromStart(perHead(keyLatents, keyUp.transpose(1, 2)));  // [B, S, H, d]
    const Tensor values = perHead(valueLatents, valueUp.transpose(1, 2));       // [B, S, H, d]
    return m_output(attend(q, keys, values, scale, probabilities));             // [B, T, D]
}

}  // namespace loom::lab
