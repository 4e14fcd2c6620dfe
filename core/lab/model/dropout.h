// SPDX-License-Identifier: GPL-3.0-or-later
// Dropout: zeroes elements at random while training and scales the rest up (arXiv 1207.0580, in the inverted form).
#pragma once

#include <ATen/core/Generator.h>

#include "core/lab/model/tensor.h"

namespace loom::lab {

/// Does nothing at rate 0. Which elements fall is decided by the generator: seeded alike, alike.
struct Dropout {
    double rate = 0.0;
    at::Generator generator;
    [[nodiscard]] Tensor operator()(const Tensor& x) const;
};

}  // namespace loom::lab
