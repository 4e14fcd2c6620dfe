// SPDX-License-Identifier: GPL-3.0-or-later
// FeedForward: SwiGLU, W_down (silu(W_gate x) ⊙ W_up x) (arXiv 2002.05202, equation 6), or W_down gelu(W_up x) with the exact gelu or its
// approximation by tanh (arXiv 1606.08415).
#pragma once

#include <string>

#include "core/data/model_config.h"
#include "core/lab/model/linear.h"
#include "core/lab/model/weights.h"

namespace loom::lab {

class FeedForward {
public:
    /// From "PREFIXgate_proj", "PREFIXup_proj" and "PREFIXdown_proj".
    FeedForward(const Weights& weights, const std::string& prefix, const ModelConfig& config);
    [[nodiscard]] Tensor operator()(const Tensor& x) const;  ///< [..., D] → [..., D]

private:
    MlpKind m_kind;
    Linear m_gate;  ///< D → F; SwiGLU only
    Linear m_up;    ///< D → F
    Linear m_down;  ///< F → D
};

}  // namespace loom::lab
