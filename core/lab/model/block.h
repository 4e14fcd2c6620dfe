// SPDX-License-Identifier: GPL-3.0-or-later
// Block: one layer. Attention, then a feed-forward network, each on the normalised residual stream and added to it.
#pragma once

#include <memory>

#include "core/lab/model/attention.h"
#include "core/lab/model/dropout.h"
#include "core/lab/model/feed_forward.h"
#include "core/lab/model/norm.h"

namespace loom::lab {

class Block {
public:
    Block(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights);
    /// x [B, T, D] → [B, T, D]; the other arguments as in Attention::forward. `dropout` acts on what is added to the stream.
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities, const Dropout& dropout) const;

private:
    Norm m_attentionNorm;
    std::unique_ptr<Attention> m_attention;
    Norm m_feedForwardNorm;
    FeedForward m_feedForward;
};

}  // namespace loom::lab
