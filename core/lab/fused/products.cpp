// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lab/fused/products.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/mm.h>

#include <optional>
#include <string>

namespace loom::lab::fused {
namespace {

using PointwiseSignature = Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&, std::string_view,
                                  c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

/// mkldnn::_linear_pointwise, or nothing where this LibTorch was built without oneDNN.
const std::optional<c10::TypedOperatorHandle<PointwiseSignature>>& oneDnnLinear() {
    static const std::optional<c10::TypedOperatorHandle<PointwiseSignature>> handle = [] {
        const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
        return found ? std::optional(found->typed<PointwiseSignature>()) : std::nullopt;
    }();
    return handle;
}

}  // namespace

Tensor product(const Tensor& x, const Tensor& w) {
    const auto& oneDnn = oneDnnLinear();
    if (x.scalar_type() != at::kFloat || !oneDnn) return at::mm(x, w.t());
    return oneDnn->call(x, w, std::nullopt, "none", c10::List<std::optional<at::Scalar>>(), "");
}

}  // namespace loom::lab::fused
