// SPDX-License-Identifier: GPL-3.0-or-later
// Fused norm, SwiGLU, residual addition and rotation, with their gradients.
#include <torch/csrc/autograd/custom_function.h>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <optional>
#include <vector>

#include "core/lab/fused/fused.h"
#include "core/lab/fused/rows.h"
#include "core/lab/model/norm.h"

namespace loom::lab::fused {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local bool g_active = false;

at::TensorOptions plainLike(const Tensor& x) { return at::TensorOptions().dtype(x.scalar_type()).device(x.device()); }

/// One row as f32: where it lies, or converted into `room`.
const float* asFloat(const float* row, float*, std::int64_t) { return row; }
const float* asFloat(const Bf16* row, float* room, std::int64_t n) {
    rowKernels().bf16.toFloat(row, room, n);
    return room;
}

struct NormFunction : torch::autograd::Function<NormFunction> {
    static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                          double eps, bool centre, at::ScalarType output) {
        const Rows x = rowsOf(input);
        const Tensor out = at::empty(input.sizes(), plainLike(input).dtype(output));
        const Tensor moments = at::empty({x.count, 2}, plainLike(input).dtype(at::kFloat));  // mean, 1/σ
        const float* w = data<float>(weight);
        const float* b = bias ? data<float>(*bias) : nullptr;
        auto* m = mutableData<float>(moments);
        byType(input, [&](auto* in) {
            using In = std::remove_pointer_t<decltype(in)>;
            byType(out, [&](auto* to) {
                using Out = std::remove_pointer_t<decltype(to)>;
                const In* from = data<In>(x.tensor);
                Out* result = mutableData<Out>(out);
                at::parallel_for(0, x.count, grain(x.width), [&](std::int64_t begin, std::int64_t end) {
                    std::vector<float> rooms(static_cast<std::size_t>(2 * x.width));
                    for (std::int64_t r = begin; r < end; ++r) {
                        const float* row = asFloat(from + r * x.stride, rooms.data(), x.width);
                        Out* target = result + r * x.width;
                        float* normal = rooms.data() + x.width;
                        if constexpr (std::is_same_v<Out, float>) normal = target;
                        rowKernels().norm.forward(row, w, b, normal, x.width, static_cast<float>(eps), centre, m + 2 * r, m + 2 * r + 1);
                        if constexpr (!std::is_same_v<Out, float>) rowKernels().bf16.fromFloat(normal, target, x.width);
                    }
                });
            });
        });
        context->save_for_backward({x.tensor, weight, moments});
        context->saved_data["centre"] = centre;
        context->saved_data["bias"] = bias.has_value();
        return out;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const Rows x = rowsOf(saved[0]);
        const Rows dy = rowsOf(gradients[0]);
        const bool centre = context->saved_data["centre"].toBool();
        const Tensor dx = at::empty(saved[0].sizes(), plainLike(saved[0]));
        const std::int64_t pieces = std::max<std::int64_t>(1, std::min<std::int64_t>(at::get_num_threads(), x.count));
        const Tensor dw = at::zeros({pieces, 2, x.width}, plainLike(saved[1]));  // a row of sums for each piece, weight and bias
        const float* w = data<float>(saved[1]);
        const float* m = data<float>(saved[2]);
        auto* sums = mutableData<float>(dw);
        byType(saved[0], [&](auto* in) {
            using In = std::remove_pointer_t<decltype(in)>;
            byType(gradients[0], [&](auto* gradient) {
                using Out = std::remove_pointer_t<decltype(gradient)>;
                const In* from = data<In>(x.tensor);
                const Out* dOut = data<Out>(dy.tensor);
                In* result = mutableData<In>(dx);
                at::parallel_for(0, pieces, 1, [&](std::int64_t first, std::int64_t last) {
                    std::vector<float> rooms(static_cast<std::size_t>(3 * x.width));
                    for (std::int64_t piece = first; piece < last; ++piece) {
                        float* dWeight = sums + piece * 2 * x.width;
                        for (std::int64_t r = x.count * piece / pieces; r < x.count * (piece + 1) / pieces; ++r) {
                            const float* row = asFloat(from + r * x.stride, rooms.data(), x.width);
                            const float* g = asFloat(dOut + r * dy.stride, rooms.data() + x.width, x.width);
                            In* target = result + r * x.width;
                            float* d = rooms.data() + 2 * x.width;
                            if constexpr (std::is_same_v<In, float>) d = target;
                            rowKernels().norm.backward(g, row, w, m[2 * r], m[2 * r + 1], centre, d, dWeight, dWeight + x.width, x.width);
                            if constexpr (!std::is_same_v<In, float>) rowKernels().bf16.fromFloat(d, target, x.width);
                        }
                    }
                });
            });
        });
        const Tensor total = dw.sum(0);  // [2, n]
        return {dx, total[0], context->saved_data["bias"].toBool() ? total[1] : Tensor(), Tensor(), Tensor(), Tensor()};
    }
};

struct SwigluFunction : torch::autograd::Function<SwigluFunction> {
    static Tensor forward(AutogradContext* context, const Tensor& gateIn, const Tensor& upIn) {
        const Tensor gate = gateIn.contiguous();
        const Tensor up = upIn.contiguous();
        const Tensor out = at::empty_like(gate);
        byType(gate, [&](auto* tag) {
            using T = std::remove_pointer_t<decltype(tag)>;
            at::parallel_for(0, gate.numel(), 16'384, [&](std::int64_t a, std::int64_t b) {
                rowKernels().of<T>().swiglu(data<T>(gate) + a, data<T>(up) + a, mutableData<T>(out) + a, b - a);
            });
        });
        context->save_for_backward({gate, up});
        return out;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const Tensor dOut = gradients[0].contiguous();
        const Tensor dGate = at::empty_like(saved[0]);
        const Tensor dUp = at::empty_like(saved[1]);
        byType(dOut, [&](auto* tag) {
            using T = std::remove_pointer_t<decltype(tag)>;
            at::parallel_for(0, dOut.numel(), 16'384, [&](std::int64_t a, std::int64_t b) {
                rowKernels().of<T>().swigluBack(data<T>(dOut) + a, data<T>(saved[0]) + a, data<T>(saved[1]) + a, mutableData<T>(dGate) + a,
                                                mutableData<T>(dUp) + a, b - a);
            });
        });
        return {dGate, dUp};
    }
};

struct AddResidualFunction : torch::autograd::Function<AddResidualFunction> {
    static Tensor forward(AutogradContext* context, const Tensor& xIn, const Tensor& yIn) {
        const Tensor x = xIn.contiguous();
        const Tensor y = yIn.contiguous();
        const Tensor out = at::empty_like(x);
        byType(y, [&](auto* tag) {
            using T = std::remove_pointer_t<decltype(tag)>;
            at::parallel_for(0, x.numel(), 32'768, [&](std::int64_t a, std::int64_t b) {
                rowKernels().of<T>().addTo(data<float>(x) + a, data<T>(y) + a, mutableData<float>(out) + a, b - a);
            });
        });
        context->saved_data["type"] = static_cast<std::int64_t>(y.scalar_type());
        return out;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        return {gradients[0], gradients[0].to(static_cast<at::ScalarType>(context->saved_data["type"].toInt()))};
    }
};

/// x [B, T, n, w] rotated by the angles of its position, `sign` −1 turns back.
Tensor rotated(const Tensor& xIn, const Tensor& cos, const Tensor& sin, bool pairs, float sign) {
    // The rows of one position lie together; positions and heads may have strides of their own (a slice of a wider projection).
    const Tensor x = xIn.stride(-1) == 1 ? xIn : xIn.contiguous();
    const Tensor out = at::empty(x.sizes(), plainLike(x));
    const std::int64_t T = x.size(1);
    const std::int64_t n = x.size(2);
    const std::int64_t w = x.size(3);
    byType(x, [&](auto* tag) {
        using E = std::remove_pointer_t<decltype(tag)>;
        const auto kernel = pairs ? rowKernels().of<E>().rotatePairs : rowKernels().of<E>().rotateHalf;
        at::parallel_for(0, x.size(0) * T, grain(n * w), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) {
                const std::int64_t t = r % T;
                const E* from = data<E>(x) + r / T * x.stride(0) + t * x.stride(1);
                for (std::int64_t h = 0; h < n; ++h) {
                    kernel(from + h * x.stride(2), mutableData<E>(out) + (r * n + h) * w, data<float>(cos) + t * (w / 2),
                           data<float>(sin) + t * (w / 2), w / 2, sign);
                }
            }
        });
    });
    return out;
}

struct RopeFunction : torch::autograd::Function<RopeFunction> {
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& cos, const Tensor& sin, bool pairs) {
        context->save_for_backward({cos, sin});
        context->saved_data["pairs"] = pairs;
        return rotated(x, cos, sin, pairs, 1.0F);
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        return {rotated(gradients[0], saved[0], saved[1], context->saved_data["pairs"].toBool(), -1.0F), Tensor(), Tensor(), Tensor()};
    }
};

}  // namespace

Scope::Scope(bool on) : m_before(g_active) { g_active = on; }
Scope::~Scope() { g_active = m_before; }
bool active() { return g_active; }

Tensor norm(const Tensor& x, const Norm& norm) {
    const std::optional<Tensor> bias = norm.bias.defined() ? std::optional(norm.bias) : std::nullopt;
    return NormFunction::apply(x, norm.weight, bias, norm.eps, norm.kind == NormKind::Layer, norm.output);
}

Tensor swiglu(const Tensor& gate, const Tensor& up) { return SwigluFunction::apply(gate, up); }

Tensor addResidual(const Tensor& x, const Tensor& y) { return AddResidualFunction::apply(x, y); }

Tensor rope(const Tensor& x, const Tensor& cos, const Tensor& sin, RopeLayout layout) {
    return RopeFunction::apply(x, cos, sin, layout == RopeLayout::Interleaved);
}

}  // namespace loom::lab::fused
