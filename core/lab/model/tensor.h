// SPDX-License-Identifier: GPL-3.0-or-later
// Tensor: the one door to torch's tensors. Operators come one header each: <ATen/ops/matmul.h>, never <torch/torch.h>.
//
// Shape comments use the same letters everywhere: B batch, T query positions, S cached positions, D model width, H heads,
// G key/value heads, d head width, r latent rank, dR rotary width, dN content width, dV value width, V vocabulary.
#pragma once

#ifdef QT_CORE_LIB
#error "A file that sees torch must not see Qt: both use the word 'slots'"
#endif
#ifndef AT_PER_OPERATOR_HEADERS
#error "Compile with AT_PER_OPERATOR_HEADERS: all operators in one header cost seconds per file"
#endif

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace loom::lab {

using at::Tensor;

}  // namespace loom::lab
