// SPDX-License-Identifier: GPL-3.0-or-later
// Block: one layer. Attention, then a feed-forward network or a mixture of them, each on the normalised residual stream and added to it.
#pragma once

#include <memory>
#include <variant>

#include "core/lab/model/attention.h"
#include "core/lab/model/experts.h"
#include "core/lab/model/feed_forward.h"
#include "core/lab/model/norm.h"
#include "core/lab/model/training_pass.h"

namespace loom::lab {

class Block {
public:
    Block(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights);
    /// x [B, T, D] → [B, T, D]; the other arguments as in Attention::forward. Dropout acts on what is added to the stream.
    [[nodiscard]] Tensor forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities, const TrainingPass& training) const;

private:
    Norm m_attentionNorm;
    std::unique_ptr<Attention> m_attention;
    Norm m_feedForwardNorm;
    std::variant<FeedForward, Experts> m_feedForward;
    LayerIndex m_layer;
    bool m_parallel;  ///< both read the stream as it came in
};

}  // namespace loom::lab
