// SPDX-License-Identifier: GPL-3.0-or-later
// perHead: a matrix of its own for each head.
#pragma once

#include "core/lab/model/tensor.h"

namespace loom::lab {

/// Multiplies the vectors of each head with that head's matrix: x [B, T, H, n], matrices [H, n, m] → [B, T, H, m], in the type of x.
[[nodiscard]] Tensor perHead(const Tensor& x, const Tensor& matrices);

}  // namespace loom::lab
