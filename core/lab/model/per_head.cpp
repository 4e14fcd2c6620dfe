// SPDX-License-Identifier: GPL-3.0-or-later
// perHead: a matrix of its own for each head.
#include "core/lab/model/per_head.h"

#include <ATen/ops/bmm.h>

namespace loom::lab {

Tensor perHead(const Tensor& x, const Tensor& matrices) {
    const std::int64_t B = x.size(0);
    const std::int64_t T = x.size(1);
    const std::int64_t H = x.size(2);
    const Tensor rows = x.permute({2, 0, 1, 3}).reshape({H, B * T, x.size(3)});  // [H, B·T, n]
    const Tensor product = at::bmm(rows, matrices.to(x.scalar_type()));          // [H, B·T, m]
    return product.view({H, B, T, matrices.size(2)}).permute({1, 2, 0, 3});      // [B, T, H, m]
}

}  // namespace loom::lab
