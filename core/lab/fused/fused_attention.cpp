// SPDX-License-Identifier: GPL-3.0-or-later
// Fused causal attention of whole texts, for training: blocks of queries against the keys that they may see, as batched products.
// LibTorch's own flash attention for the CPU is slower (measured: ARCHITECTURE.md) and wants values as wide as keys.
#include <torch/csrc/autograd/custom_function.h>

#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "core/lab/fused/fused.h"
#include "core/lab/fused/rows.h"

namespace loom::lab::fused {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Queries of one block: enough for an efficient product, few enough that little above the diagonal is computed.
constexpr std::int64_t kBlock = 128;

/// [B, T, n, w] → [B·n, T, w], contiguous.
Tensor byHead(const Tensor& x) { return x.transpose(1, 2).reshape({x.size(0) * x.size(2), x.size(1), x.size(3)}).contiguous(); }
/// [B·n, T, w] → [B, T, n, w].
Tensor byPosition(const Tensor& x, std::int64_t B) { return x.unflatten(0, {B, x.size(0) / B}).transpose(1, 2); }

/// Calls body(first query, queries, seen keys) for each block.
template <class Body>
void forBlocks(std::int64_t T, Body&& body) {
    for (std::int64_t t = 0; t < T; t += kBlock) body(t, std::min(kBlock, T - t), std::min(T, t + kBlock));
}

/// Rows [n, queries, keys] of a block whose first query stands at `first`: body(row pointer index, keys that it sees).
template <class Body>
void forRows(const Tensor& block, std::int64_t first, Body&& body) {
    const std::int64_t queries = block.size(1);
    at::parallel_for(0, block.size(0) * queries, grain(block.size(2)), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) body(r, first + r % queries + 1);
    });
}

struct AttendFunction : torch::autograd::Function<AttendFunction> {
    /// q [n, T, a], k [n, T, a], v [n, T, b], n texts × heads → [n, T, b]
    static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v, double scale) {
        const std::int64_t T = q.size(1);
        const Tensor out = at::empty({q.size(0), T, v.size(2)}, q.options());
        variable_list saved{q, k, v};
        forBlocks(T, [&](std::int64_t t, std::int64_t queries, std::int64_t seen) {
            const Tensor p = at::bmm(q.narrow(1, t, queries), k.narrow(1, 0, seen).transpose(1, 2));  // [n, queries, seen]
            byType(p, [&](auto* tag) {
                using E = std::remove_pointer_t<decltype(tag)>;
                E* rows = mutableData<E>(p);
                forRows(p, t, [&](std::int64_t r, std::int64_t sees) {
                    rowKernels().of<E>().softmax(rows + r * seen, sees, seen, static_cast<float>(scale));
                });
            });
            out.narrow(1, t, queries).copy_(at::bmm(p, v.narrow(1, 0, seen)));
            saved.push_back(p);
        });
        context->save_for_backward(std::move(saved));
        context->saved_data["scale"] = scale;
        return out;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const Tensor &q = saved[0], &k = saved[1], &v = saved[2];
        const auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
        const std::int64_t T = q.size(1);
        const Tensor dOut = gradients[0].contiguous();
        const Tensor dq = at::empty(q.sizes(), q.options());
        Tensor dk, dv;  // grow from the last block, the only one that sees all keys
        const auto addTo = [](Tensor& sum, const Tensor& part) {
            if (sum.defined()) {
                sum.narrow(1, 0, part.size(1)).add_(part);
            } else {
                sum = part;
            }
        };
        for (std::int64_t block = (T + kBlock - 1) / kBlock - 1; block >= 0; --block) {
            const std::int64_t t = block * kBlock;
            const std::int64_t queries = std::min(kBlock, T - t);
            const std::int64_t seen = std::min(T, t + kBlock);
            const Tensor& p = saved[static_cast<std::size_t>(3 + block)];                // [n, queries, seen]
            const Tensor dOutBlock = dOut.narrow(1, t, queries);                         // [n, queries, b]
            const Tensor ds = at::bmm(dOutBlock, v.narrow(1, 0, seen).transpose(1, 2));  // dp, then ds [n, queries, seen]
            byType(p, [&](auto* tag) {
                using E = std::remove_pointer_t<decltype(tag)>;
                forRows(p, t, [&](std::int64_t r, std::int64_t sees) {
                    rowKernels().of<E>().softmaxBack(data<E>(p) + r * seen, mutableData<E>(ds) + r * seen, sees, seen, scale);
                });
            });
            dq.narrow(1, t, queries).copy_(at::bmm(ds, k.narrow(1, 0, seen)));
            addTo(dk, at::bmm(ds.transpose(1, 2), q.narrow(1, t, queries)));  // [n, seen, a]
            addTo(dv, at::bmm(p.transpose(1, 2), dOutBlock));                 // [n, seen, b]
        }
        return {dq, dk, dv, Tensor()};
    }
};

}  // namespace

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, double scale) {
    const std::int64_t B = q.size(0);
    const std::int64_t share = q.size(2) / k.size(2);  // query heads that read the same key/value head
    const auto spread = [share](const Tensor& x) { return share == 1 ? x : x.repeat_interleave(share, 2); };
    const Tensor out = AttendFunction::apply(byHead(q), byHead(spread(k)), byHead(spread(v)), scale);  // [B·H, T, b]
    return byPosition(out, B).flatten(2);                                                              // [B, T, H·b]
}

}  // namespace loom::lab::fused
