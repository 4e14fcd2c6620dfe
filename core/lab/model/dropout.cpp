// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lab/model/dropout.h"

#include <ATen/ops/empty_like.h>

namespace loom::lab {

Tensor Dropout::operator()(const Tensor& x) const {
    if (rate <= 0.0) return x;
    const double kept = 1.0 - rate;
    return x * at::empty_like(x.detach()).bernoulli_(kept, generator).mul_(1.0 / kept);
}

}  // namespace loom::lab
