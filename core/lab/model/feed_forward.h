// SPDX-License-Identifier: GPL-3.0-or-later
// FeedForward: SwiGLU, W_down (silu(W_gate x) ⊙ W_up x) (arXiv 2002.05202, equation 6), or W_down gelu(W_up x) with the exact gelu.
#pragma once

#include "core/lab/model/linear.h"

namespace loom::lab {

struct FeedForward {
    Linear gate;                                             ///< D → F; without a weight: gelu
    Linear up;                                               ///< D → F
    Linear down;                                             ///< F → D
    [[nodiscard]] Tensor operator()(const Tensor& x) const;  ///< [B, T, D] → [B, T, D]
};

}  // namespace loom::lab
