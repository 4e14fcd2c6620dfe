// SPDX-License-Identifier: GPL-3.0-or-later
// Norm: RMSNorm or LayerNorm over the last dimension.
#include "core/lab/model/norm.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/rsqrt.h>

#include <optional>

#include "core/lab/fused/fused.h"

namespace loom::lab {

Tensor Norm::operator()(const Tensor& x) const {
    if (fused::active()) return fused::norm(x, *this);
    if (kind == NormKind::Layer) {
        return at::layer_norm(x, weight.sizes(), weight, bias.defined() ? std::optional(bias) : std::nullopt, eps);
    }
    const Tensor meanSquare = (x * x).mean(-1, /*keepdim=*/true);  // [..., 1]
    return x * at::rsqrt(meanSquare + eps) * weight;               // [..., n]
}

}  // namespace loom::lab
