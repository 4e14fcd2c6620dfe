// SPDX-License-Identifier: GPL-3.0-or-later
// Fused linear: matrix products through the fastest library at hand, gradients of the weights in f32.
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <vector>

#include "core/lab/fused/fused.h"
#include "core/lab/fused/products.h"
#include "core/lab/model/linear.h"

namespace loom::lab::fused {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LinearFunction : torch::autograd::Function<LinearFunction> {
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                          const Tensor& computeWeight) {
        const Tensor rows = x.reshape({-1, x.size(-1)});  // [N, in]
        Tensor y = product(rows, computeWeight);          // [N, out]
        if (bias) y.add_(*bias);
        context->save_for_backward({rows, computeWeight});
        context->saved_data["bias"] = bias.has_value();
        std::vector<std::int64_t> shape = x.sizes().vec();
        shape.back() = weight.size(0);
        context->saved_data["shape"] = x.sizes().vec();
        return y.view(shape);
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const Tensor dy = gradients[0].reshape({-1, gradients[0].size(-1)}).to(saved[0].scalar_type());  // [N, out]
        const Tensor dx = product(dy, saved[1].t());                                                     // [N, in]
        const Tensor dw = product(dy.t(), saved[0].t()).to(at::kFloat);                                  // [out, in]
        const Tensor db = context->saved_data["bias"].toBool() ? dy.sum(at::IntArrayRef{0}, false, at::kFloat) : Tensor();
        return {dx.view(context->saved_data["shape"].toIntVector()), dw, db, Tensor()};
    }
};

}  // namespace

Tensor linear(const Tensor& x, const Linear& linear) {
    const bool half = x.scalar_type() == at::kBFloat16 && linear.shadow.defined();
    const std::optional<Tensor> bias = linear.bias.defined() ? std::optional(linear.bias) : std::nullopt;
    return LinearFunction::apply(x, linear.weight, bias, half ? linear.shadow : linear.weight.detach());
}

}  // namespace loom::lab::fused
