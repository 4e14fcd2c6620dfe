// SPDX-License-Identifier: GPL-3.0-or-later
// Running a row kernel over the rows of tensors, in parallel.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <type_traits>

#include "core/lab/fused/row_kernels.h"
#include "core/lab/model/tensor.h"

namespace loom::lab::fused {

/// Calls body with a float or Bf16 null pointer for the type of `tensor`: a tag to choose kernels by.
template <class Body>
auto byType(const Tensor& tensor, Body&& body) {
    TORCH_CHECK(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16, "fused operations take f32 or bf16");
    return tensor.scalar_type() == at::kFloat ? body(static_cast<float*>(nullptr)) : body(static_cast<Bf16*>(nullptr));
}

template <class T>
const T* data(const Tensor& tensor) {
    return static_cast<const T*>(tensor.const_data_ptr());
}
template <class T>
T* mutableData(const Tensor& tensor) {
    return static_cast<T*>(tensor.mutable_data_ptr());
}

/// Pieces of rows that are worth a thread: about 32 thousand elements.
inline std::int64_t grain(std::int64_t width) { return std::max<std::int64_t>(1, 32'768 / std::max<std::int64_t>(1, width)); }

/// The rows of a tensor whose last dimension is contiguous and whose others merge into one stride, else of a contiguous copy.
struct Rows {
    Tensor tensor;
    std::int64_t count = 0;
    std::int64_t width = 0;
    std::int64_t stride = 0;  ///< elements from one row to the next
};
[[nodiscard]] Rows rowsOf(const Tensor& tensor);

}  // namespace loom::lab::fused
