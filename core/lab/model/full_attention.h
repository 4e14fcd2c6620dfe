// SPDX-License-Identifier: GPL-3.0-or-later
// FullAttention: every position keeps whole keys and values. MHA (G = H), GQA (1 < G < H) and MQA (G = 1).
#pragma once

#include "core/lab/model/attention.h"

namespace loom::lab {

class FullAttention final : public Attention {
public:
    FullAttention(const ModelConfig& config, LayerIndex layer, const Weights& weights);
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const override;

private:
    AttentionConfig m_config;
    LayerIndex m_layer;
    Softmax m_softmax;
    Linear m_query;   ///< D → H·d
    Linear m_key;     ///< D → G·d
    Linear m_value;   ///< D → G·d
    Linear m_output;  ///< H·d → D
};

}  // namespace loom::lab
