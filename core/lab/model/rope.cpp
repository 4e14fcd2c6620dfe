// SPDX-License-Identifier: GPL-3.0-or-later
// RoPE: turns pairs of elements by an angle that grows with the position.
#include "core/lab/model/rope.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "core/lab/fused/fused.h"

namespace loom::lab {

Rope::Rope(const ModelConfig& config, std::int64_t start, std::int64_t positions, const at::TensorOptions& options)
    : m_frequencies(ropeFrequencies(config, start + positions)),
      m_start(config.attention.latent == Latent::Joint ? 0 : config.attention.rotaryStart),
      m_width(config.attention.rotaryWidth()),
      m_layout(config.attention.ropeLayout) {
    setAngles(start, positions, options);
}

Rope::Rope(const ModelConfig& config, const Tensor& cos, const Tensor& sin)
    : m_start(config.attention.latent == Latent::Joint ? 0 : config.attention.rotaryStart),
      m_width(config.attention.rotaryWidth()),
      m_cos(cos),
      m_sin(sin),
      m_layout(config.attention.ropeLayout) {}

Rope::Rope(const Rope& other, std::int64_t start, std::int64_t positions, const at::TensorOptions& options)
    : m_frequencies(other.m_frequencies), m_start(other.m_start), m_width(other.m_width), m_layout(other.m_layout) {
    setAngles(start, positions, options);
}

void Rope::setAngles(std::int64_t start, std::int64_t positions, const at::TensorOptions& options) {
    const Tensor frequency = at::tensor(at::ArrayRef<double>(m_frequencies.inverse), at::kDouble);  // [w/2]
    const Tensor position = at::arange(start, start + positions, at::kDouble);                      // [T]
    const Tensor angle = position.view({positions, 1, 1}) * frequency;                              // [T, 1, w/2]
    m_cos = (at::cos(angle) * m_frequencies.magnitude).to(options);
    m_sin = (at::sin(angle) * m_frequencies.magnitude).to(options);
}

Rope Rope::ofPositions(std::int64_t positions) const { return m_cos.defined() ? Rope(*this, 0, positions, m_cos.options()) : Rope(); }

Tensor Rope::operator()(const Tensor& x) const {
    if (!m_cos.defined()) return x;
    if (x.size(-1) == m_width) return rotated(x);
    const std::int64_t behind = x.size(-1) - m_start - m_width;
    const std::vector<Tensor> parts = x.split_with_sizes({m_start, m_width, behind}, -1);
    return at::cat({parts[0], rotated(parts[1]), parts[2]}, -1);  // [B, T, n, a]
}

Tensor Rope::rotated(const Tensor& x) const {
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
