// SPDX-License-Identifier: GPL-3.0-or-later
// Matrix products through oneDNN, which on many processors is faster than the BLAS that LibTorch calls for f32.
#pragma once

#include "core/lab/model/tensor.h"

namespace loom::lab::fused {

/// x · wᵀ: x [N, K], w [M, K] → [N, M]. Either may be a transposed view.
[[nodiscard]] Tensor product(const Tensor& x, const Tensor& w);

}  // namespace loom::lab::fused
