// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors that lie in a file in another order than the network wants them: transposed, interleaved with others,
// in blocks.
#pragma once

#include <cstddef>
#include <span>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom {

/// Whether every element that the view names lies inside its data, and there are as many as its shape has.
[[nodiscard]] bool layoutFits(const TensorView& view);
/// Writes the elements row-major, as plainType(view.dtype). `out` has exactly the bytes of the shape; throws Error otherwise or where the
/// layout does not fit.
void copyElements(const TensorView& view, std::span<std::byte> out);

}  // namespace loom
