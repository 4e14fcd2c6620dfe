// SPDX-License-Identifier: GPL-3.0-or-later
// Linear: y = W x + b.
#include "core/lab/model/linear.h"

#include <ATen/ops/linear.h>

#include "core/lab/fused/fused.h"

namespace loom::lab {

Tensor Linear::operator()(const Tensor& x) const {
    if (fused::active()) return fused::linear(x, *this);
    return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

}  // namespace loom::lab
