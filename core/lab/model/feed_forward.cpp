// SPDX-License-Identifier: GPL-3.0-or-later
// FeedForward: SwiGLU or gelu.
#include "core/lab/model/feed_forward.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/silu.h>

#include "core/lab/fused/fused.h"

namespace loom::lab {

Tensor FeedForward::operator()(const Tensor& x) const {
    if (!gate.weight.defined()) return down(at::gelu(up(x)));
    if (fused::active()) return down(fused::swiglu(gate(x), up(x)));
    const Tensor gated = at::silu(gate(x)) * up(x);  // [B, T, F]
    return down(gated);                              // [B, T, D]
}

}  // namespace loom::lab
