// SPDX-License-Identifier: GPL-3.0-or-later
// Linear: y = W x + b.
#pragma once

#include "core/lab/model/tensor.h"

namespace loom::lab {

struct Linear {
    Tensor weight;                                           ///< [out, in]
    Tensor bias;                                             ///< [out], or undefined where there is none
    Tensor shadow;                                           ///< `weight` in bf16 while training in mixed precision, else undefined
    [[nodiscard]] Tensor operator()(const Tensor& x) const;  ///< [..., in] → [..., out]
};

}  // namespace loom::lab
