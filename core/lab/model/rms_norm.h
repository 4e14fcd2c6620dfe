// SPDX-License-Identifier: GPL-3.0-or-later
// RMSNorm: brings a vector to length √n and scales each element (arXiv 1910.07467, equation 4).
#pragma once

#include "core/lab/model/tensor.h"

namespace loom::lab {

struct RmsNorm {
    Tensor weight;  ///< [n]
    double eps = 1e-5;
    [[nodiscard]] Tensor operator()(const Tensor& x) const;  ///< [..., n] → [..., n]
};

}  // namespace loom::lab
