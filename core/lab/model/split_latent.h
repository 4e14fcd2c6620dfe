// SPDX-License-Identifier: GPL-3.0-or-later
// SplitLatent: keys and values are pressed into latents of their own and rebuilt for each head. The latents belong to one head each,
// K_h = (X W^{K↓}_h) W^{K↑}_h and V_h likewise (arXiv 2506.09342, section 3), or one of each is shared by all heads (arXiv 2508.01261).
// Rotary positions turn the key after it has been rebuilt, so the latents of the past must be expanded again at every step: the rotation
// stands between W^{K↑} and the query. Without a rotation the matrices are absorbed instead, head by head as in JointLatentAbsorbed.
#pragma once

#include "core/lab/model/attention.h"

namespace loom::lab {

class SplitLatent final : public Attention {
public:
    /// Absorbed (for keys that no rotation turns): W^{K↑} goes into the query and W^{V↑} into the result, so that nothing is rebuilt.
    SplitLatent(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights);
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const override;

private:
    [[nodiscard]] Tensor rebuilt(const Tensor& latents, const Linear& up) const;  ///< [B, S, H·r or r] → [B, S, H, d]

    AttentionConfig m_config;
    LayerIndex m_layer;
    Softmax m_softmax;
    bool m_absorb;
    Linear m_query;      ///< D → H·d
    Linear m_keyDown;    ///< D → H·rK, or rK shared
    Linear m_valueDown;  ///< D → H·rV, or rV shared
    Linear m_keyUp;      ///< [H·d, rK]: the heads' matrices below each other
    Linear m_valueUp;    ///< [H·d, rV]
    Linear m_output;     ///< H·d → D
};

}  // namespace loom::lab
