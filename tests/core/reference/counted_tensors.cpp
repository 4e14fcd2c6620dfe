// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors made inside counted scopes.
#include "tests/core/reference/counted_tensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/resize.h>

#include <vector>

namespace loom::test {

struct HeldTensors::Inside {
    std::vector<at::Tensor> tensors;
};

HeldTensors::HeldTensors() : m_inside(std::make_unique<Inside>()) {}
HeldTensors::~HeldTensors() = default;

const void* HeldTensors::make(std::int64_t bytes) {
    m_inside->tensors.push_back(at::full({bytes}, 7, at::TensorOptions().dtype(at::kByte)));
    return m_inside->tensors.back().const_data_ptr();
}

bool HeldTensors::grow(std::int64_t bytes) {
    at::Tensor& last = m_inside->tensors.back();
    const std::int64_t before = last.numel();
    last.resize_({bytes});
    const std::uint8_t* data = last.const_data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < before; ++i) {
        if (data[i] != 7) return false;
    }
    return true;
}

void HeldTensors::drop() { m_inside->tensors.clear(); }

}  // namespace loom::test
