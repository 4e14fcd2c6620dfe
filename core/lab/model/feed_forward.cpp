// SPDX-License-Identifier: GPL-3.0-or-later
// FeedForward: SwiGLU or gelu.
#include "core/lab/model/feed_forward.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/silu.h>

#include "core/lab/fused/fused.h"

namespace loom::lab {

FeedForward::FeedForward(const Weights& weights, const std::string& prefix, const ModelConfig& config) : m_kind(config.mlp) {
    if (m_kind == MlpKind::SwiGlu) m_gate = weights.linear(prefix + "gate_proj", config.mlpBias);
    m_up = weights.linear(prefix + "up_proj", config.mlpBias);
    m_down = weights.linear(prefix + "down_proj", config.mlpBias);
}

Tensor FeedForward::operator()(const Tensor& x) const {
    if (m_kind != MlpKind::SwiGlu) return m_down(at::gelu(m_up(x), m_kind == MlpKind::Gelu ? "none" : "tanh"));
    if (fused::active()) return m_down(fused::swiglu(m_gate(x), m_up(x)));
    const Tensor gated = at::silu(m_gate(x)) * m_up(x);  // [..., F]
    return m_down(gated);                                // [..., D]
}

}  // namespace loom::lab
