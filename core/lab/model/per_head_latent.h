// SPDX-License-Identifier: GPL-3.0-or-later
// PerHeadLatent: the paper's latent attention (arXiv 2506.09342, section 3). Each head presses its keys and its values into latents of
// its own and rebuilds them: K_h = (X W^{K↓}_h) W^{K↑}_h, V_h = (X W^{V↓}_h) W^{V↑}_h. Rotary positions turn the key after it has been
// rebuilt, so the latents of the past must be expanded again at every step: the rotation stands between W^{K↑} and the query.
// Without a rotation the matrices are absorbed instead, head by head as in JointLatentAbsorbed.
#pragma once

#include "core/lab/model/attention.h"

namespace loom::lab {

class PerHeadLatent final : public Attention {
public:
    /// Absorbed (for keys that no rotation turns): W^{K↑} goes into the query and W^{V↑} into the result, so that nothing is rebuilt.
    PerHeadLatent(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights);
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const override;

private:
    AttentionConfig m_config;
    LayerIndex m_layer;
    bool m_absorb;
    Linear m_query;      ///< D → H·d
    Linear m_keyDown;    ///< D → H·rK
    Linear m_valueDown;  ///< D → H·rV
    Tensor m_keyUp;      ///< [H·d, rK]: one matrix below the other
    Tensor m_valueUp;    ///< [H·d, rV]
    Linear m_output;     ///< H·d → D
};

}  // namespace loom::lab
