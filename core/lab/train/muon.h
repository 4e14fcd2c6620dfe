// SPDX-License-Identifier: GPL-3.0-or-later
// Muon: steps of equal size in every direction of a matrix (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks";
// scale and weight decay as in arXiv 2502.16982, so that learning rates of AdamW carry over).
#pragma once

#include "core/lab/model/tensor.h"

namespace loom::lab {

/// The nearest matrix with singular values near 1: five Newton–Schulz steps on x / ‖x‖, computed in bf16 on the CPU, in the type of x
/// otherwise. x [n, m].
[[nodiscard]] Tensor orthogonalised(const Tensor& x);

/// momentum := μ·momentum + gradient; weight := (1 − lr·decay)·weight − lr · 0.2·√max(n, m) · orthogonalised(gradient + μ·momentum).
void muonStep(Tensor weight, const Tensor& gradient, Tensor momentum, double learningRate, double mu, double weightDecay);

}  // namespace loom::lab
