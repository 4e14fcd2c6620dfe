// SPDX-License-Identifier: GPL-3.0-or-later
// FeedForward: SwiGLU.
#include "core/lab/model/feed_forward.h"

#include <ATen/ops/silu.h>

namespace loom::lab {

Tensor FeedForward::operator()(const Tensor& x) const {
    const Tensor gated = at::silu(gate(x)) * up(x);  // [B, T, F]
    return down(gated);                              // [B, T, D]
}

}  // namespace loom::lab
