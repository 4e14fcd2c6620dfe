// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lab/fused/rows.h"

namespace loom::lab::fused {

Rows rowsOf(const Tensor& tensor) {
    const std::int64_t dims = tensor.dim();
    const std::int64_t width = tensor.size(-1);
    bool simple = dims >= 1 && (tensor.stride(-1) == 1 || width == 1);
    for (std::int64_t d = 0; simple && d + 2 < dims; ++d) {
        simple = tensor.size(d) == 1 || tensor.stride(d) == tensor.stride(d + 1) * tensor.size(d + 1);
    }
    const Tensor plain = simple ? tensor : tensor.contiguous();
    return {plain, width == 0 ? 0 : plain.numel() / width, width, dims >= 2 ? plain.stride(-2) : width};
}

}  // namespace loom::lab::fused
