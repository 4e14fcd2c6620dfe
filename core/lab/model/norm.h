// SPDX-License-Identifier: GPL-3.0-or-later
// Norm: RMSNorm or LayerNorm over the last dimension.
#pragma once

#include "core/data/model_config.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {

/// Rms: x / √(mean x² + eps) · w (arXiv 1910.07467, equation 4). Layer: (x − mean) / √(variance + eps) · w + b (arXiv 1607.06450).
struct Norm {
    Tensor weight;  ///< [n]
    Tensor bias;    ///< [n]; undefined for Rms and where there is none
    double eps = 1e-5;
    NormKind kind = NormKind::Rms;
    at::ScalarType output = at::kFloat;                      ///< type of the result while training in mixed precision; else that of x
    [[nodiscard]] Tensor operator()(const Tensor& x) const;  ///< [..., n] → [..., n]
};

}  // namespace loom::lab
