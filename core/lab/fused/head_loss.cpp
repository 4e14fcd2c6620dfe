// SPDX-License-Identifier: GPL-3.0-or-later
// Fused head and cross-entropy. Logits exist for a chunk of positions at a time; their gradient takes their place at once and goes
// into the gradients of hidden and head, so that nothing of size N × V is ever held.
#include <torch/csrc/autograd/custom_function.h>

#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/lab/fused/fused.h"
#include "core/lab/fused/products.h"
#include "core/lab/fused/rows.h"
#include "core/lab/model/linear.h"

namespace loom::lab::fused {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Positions of a chunk: logits of about 8 million elements.
std::int64_t chunkOf(std::int64_t V) { return std::clamp<std::int64_t>((std::int64_t{1} << 23) / V, 64, 2048); }

struct HeadLossFunction : torch::autograd::Function<HeadLossFunction> {
    static Tensor forward(AutogradContext* context, const Tensor& hidden, const Tensor& weight, const Tensor& computeWeight,
                          const Tensor& targets, bool gradients) {
        const std::int64_t N = hidden.size(0);
        const std::int64_t V = weight.size(0);
        const std::int64_t chunk = chunkOf(V);
        std::vector<double> losses(static_cast<std::size_t>(N));
        const std::int64_t* target = targets.const_data_ptr<std::int64_t>();
        Tensor dHidden, dWeight;
        if (gradients) {
            dHidden = at::empty(hidden.sizes(), hidden.options());
            dWeight = at::zeros(weight.sizes(), weight.options());
        }
        for (std::int64_t n = 0; n < N; n += chunk) {
            const std::int64_t rows = std::min(chunk, N - n);
            const Tensor part = hidden.narrow(0, n, rows);       // [rows, D]
            const Tensor logits = product(part, computeWeight);  // [rows, V]
            byType(logits, [&](auto* tag) {
                using E = std::remove_pointer_t<decltype(tag)>;
                const RowKernelsOf<E>& kernels = rowKernels().of<E>();
                E* row = mutableData<E>(logits);
                at::parallel_for(0, rows, grain(V), [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t r = begin; r < end; ++r) {
                        losses[static_cast<std::size_t>(n + r)] = gradients ? kernels.crossEntropy(row + r * V, V, target[n + r], 1.0F)
                                                                            : kernels.crossEntropyOnly(row + r * V, V, target[n + r]);
                    }
                });
            });
            if (!gradients) continue;
            dHidden.narrow(0, n, rows).copy_(product(logits, computeWeight.t()));
            dWeight.add_(product(logits.t(), part.t()));  // [V, D]
        }
        if (gradients) context->save_for_backward({dHidden, dWeight});
        return at::scalar_tensor(std::accumulate(losses.begin(), losses.end(), 0.0), at::TensorOptions().dtype(at::kDouble));
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const double factor = gradients[0].item<double>();
        return {saved[0] * factor, saved[1] * factor, Tensor(), Tensor(), Tensor()};
    }
};

}  // namespace

Tensor headLoss(const Tensor& hidden, const Linear& head, const Tensor& targets) {
    const bool half = hidden.scalar_type() == at::kBFloat16 && head.shadow.defined();
    const bool gradients = at::GradMode::is_enabled() && (hidden.requires_grad() || head.weight.requires_grad());
    return HeadLossFunction::apply(hidden.contiguous(), head.weight, half ? head.shadow : head.weight.detach(), targets, gradients);
}

}  // namespace loom::lab::fused
