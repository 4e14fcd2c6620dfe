// SPDX-License-Identifier: GPL-3.0-or-later
// RMSNorm: brings a vector to length √n and scales each element.
#include "core/lab/model/rms_norm.h"

#include <ATen/ops/mean.h>
#include <ATen/ops/rsqrt.h>

namespace loom::lab {

Tensor RmsNorm::operator()(const Tensor& x) const {
    const Tensor meanSquare = (x * x).mean(-1, /*keepdim=*/true);  // [..., 1]
    return x * at::rsqrt(meanSquare + eps) * weight;               // [..., n]
}

}  // namespace loom::lab
