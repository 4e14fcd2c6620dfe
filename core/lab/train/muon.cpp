// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lab/train/muon.h"

#include <ATen/ops/mm.h>

#include <cmath>

namespace loom::lab {

Tensor orthogonalised(const Tensor& x) {
    constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;  // of the quintic that Jordan et al. chose
    const bool tall = x.size(0) > x.size(1);
    Tensor y = tall ? x.t() : x;  // the product y·yᵀ is then the small one
    y = y / (y.norm() + 1e-7);
    if (x.is_cpu() && x.scalar_type() == at::kFloat) y = y.to(at::kBFloat16);
    for (int i = 0; i < 5; ++i) {
        const Tensor square = at::mm(y, y.t());
        const Tensor polynomial = square * kB + at::mm(square, square) * kC;
        y = y * kA + at::mm(polynomial, y);
    }
    return (tall ? y.t() : y).to(x.scalar_type());
}

void muonStep(Tensor weight, const Tensor& gradient, Tensor momentum, double learningRate, double mu, double weightDecay) {
    momentum.mul_(mu).add_(gradient);
    const Tensor direction = orthogonalised(gradient + momentum * mu);
    const double size = 0.2 * std::sqrt(static_cast<double>(std::max(weight.size(0), weight.size(1))));
    weight.mul_(1.0 - learningRate * weightDecay).add_(direction, -learningRate * size);
}

}  // namespace loom::lab
