// SPDX-License-Identifier: GPL-3.0-or-later
// RoPE: turns pairs of elements by an angle that grows with the position.
#include "core/lab/model/rope.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>

#include <cmath>

#include "core/lab/fused/fused.h"

namespace loom::lab {

Rope::Rope(std::int64_t start, std::int64_t positions, std::int64_t width, double theta, RopeLayout layout,
           const at::TensorOptions& options)
    : m_width(width), m_theta(theta), m_layout(layout) {
    const Tensor pair = at::arange(width / 2, at::kDouble);                                          // [w/2]
    const Tensor frequency = at::exp(pair * (-2.0 * std::log(theta) / static_cast<double>(width)));  // [w/2]
    const Tensor position = at::arange(start, start + positions, at::kDouble);                       // [T]
    const Tensor angle = position.view({positions, 1, 1}) * frequency;                               // [T, 1, w/2]
    m_cos = at::cos(angle).to(options);
    m_sin = at::sin(angle).to(options);
}

Rope Rope::ofPositions(std::int64_t positions) const {
    return m_cos.defined() ? Rope(0, positions, m_width, m_theta, m_layout, m_cos.options()) : Rope();
}

Tensor Rope::operator()(const Tensor& x) const {
    if (!m_cos.defined()) return x;
    if (fused::active()) return fused::rope(x, m_cos, m_sin, m_layout);
    const std::int64_t half = x.size(-1) / 2;
    if (m_layout == RopeLayout::Half) {
        const Tensor u = x.narrow(-1, 0, half);                              // [B, T, n, w/2]
        const Tensor v = x.narrow(-1, half, half);                           // [B, T, n, w/2]
        return at::cat({u * m_cos - v * m_sin, v * m_cos + u * m_sin}, -1);  // [B, T, n, w]
    }
    const Tensor pairs = x.unflatten(-1, {half, 2});                                   // [B, T, n, w/2, 2]
    const Tensor u = pairs.select(-1, 0);                                              // [B, T, n, w/2]
    const Tensor v = pairs.select(-1, 1);                                              // [B, T, n, w/2]
    return at::stack({u * m_cos - v * m_sin, v * m_cos + u * m_sin}, -1).flatten(-2);  // [B, T, n, w]
}

}  // namespace loom::lab
