// SPDX-License-Identifier: GPL-3.0-or-later
// SplitLatent: keys and values are pressed into latents of their own and rebuilt for each head. The latents belong to one head each,
// K_h = (X W^{K↓}_h) W^{K↑}_h and V_h likewise (arXiv 2506.09342, section 3), or one of each is shared by all heads (arXiv 2508.01261).
// Rotary positions turn the key after it has been rebuilt, so the keys of the past must be expanded again at every step: the rotation
// stands between W^{K↑} and the query. Without a rotation W^{K↑} is absorbed instead, head by head as in JointLatentAbsorbed; W^{V↑} always
// can be, since nothing stands behind it: Σ p (W^{V↑} c) = W^{V↑} Σ p c.
#pragma once

#include <optional>

#include "core/lab/model/attention.h"
#include "core/lab/model/norm.h"

namespace loom::lab {

class SplitLatent final : public Attention {
public:
    /// Absorbed: W^{V↑} goes into the result and, where no rotation turns the keys, W^{K↑} into the query, so that nothing is rebuilt.
    SplitLatent(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights);
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const override;

private:
    [[nodiscard]] Tensor rebuilt(const Tensor& latents, const Linear& up) const;                ///< [B, S, H·r or r] → [B, S, H, d]
    [[nodiscard]] Tensor normed(const Tensor& latents, const std::optional<Norm>& norm) const;  ///< each latent by itself

    AttentionConfig m_config;
    LayerIndex m_layer;
    Softmax m_softmax;
    bool m_absorbKeys;
    bool m_absorbValues;
    Linear m_query;                 ///< D → H·d
    Linear m_keyDown;               ///< D → H·rK, or rK shared
    Linear m_valueDown;             ///< D → H·rV, or rV shared
    Linear m_keyUp;                 ///< [H·d, rK]: the heads' matrices below each other
    Linear m_valueUp;               ///< [H·d, rV]
    std::optional<Norm> m_keyNorm;  ///< with latent_norm
    std::optional<Norm> m_valueNorm;
    Linear m_output;  ///< H·d → D
};

}  // namespace loom::lab
