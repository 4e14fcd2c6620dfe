// SPDX-License-Identifier: GPL-3.0-or-later
// Fused operations for training on the CPU: each does in one pass over memory, forward and backward, what the readable formula in
// core/lab/model does in several. They compute in f32 and keep what flows between them in f32 or bf16. Same results up to rounding
// (tests/core/tst_fused.cpp); every one of them is differentiable.
#pragma once

#include "core/data/model_config.h"
#include "core/lab/model/tensor.h"

namespace loom::lab {
struct Linear;
struct Norm;
}  // namespace loom::lab

namespace loom::lab::fused {

/// While one lives, the network of this thread computes with the operations below.
class Scope {
public:
    explicit Scope(bool on);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

private:
    bool m_before;
};
[[nodiscard]] bool active();

/// Norm over the last dimension, result of type norm.output. x f32 or bf16.
[[nodiscard]] Tensor norm(const Tensor& x, const Norm& norm);
/// W x + b with W in its bf16 shadow where x is bf16. Gradients of weight and bias are f32.
[[nodiscard]] Tensor linear(const Tensor& x, const Linear& linear);
/// silu(gate) ⊙ up.
[[nodiscard]] Tensor swiglu(const Tensor& gate, const Tensor& up);
/// x + y, x f32 (the residual stream) and y f32 or bf16 → f32.
[[nodiscard]] Tensor addResidual(const Tensor& x, const Tensor& y);
/// Rotates x [B, T, n, w] by the angles of cos, sin [T, 1, w/2] f32.
[[nodiscard]] Tensor rope(const Tensor& x, const Tensor& cos, const Tensor& sin, RopeLayout layout);
/// Causal softmax(q·kᵀ·scale)·v of texts computed at once: q [B, T, H, a], k [B, T, G, a], v [B, T, G, b] → [B, T, H·b].
[[nodiscard]] Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, double scale);
/// Sum over all positions of −log softmax(W h)[target], in nats: hidden [N, D], targets [N] int64 → a scalar f32.
/// Computes in chunks of positions, so that logits of all positions never exist together.
[[nodiscard]] Tensor headLoss(const Tensor& hidden, const Linear& head, const Tensor& targets);

}  // namespace loom::lab::fused
