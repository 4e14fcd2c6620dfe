// SPDX-License-Identifier: GPL-3.0-or-later
// The most that a matrix product reaches on this machine now.
#pragma once

#include "core/data/dtype.h"

namespace loom::bench {

/// Operations per second (a multiply-add is two) of a 2048 × 2048 × 2048 product in F32 or BF16, the best of several.
[[nodiscard]] double productPeak(DType type, int threads);

}  // namespace loom::bench
