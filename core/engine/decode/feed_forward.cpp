// SPDX-License-Identifier: GPL-3.0-or-later
// A feed-forward network: SwiGLU or gelu.
#include "core/engine/decode/feed_forward.h"

#include <algorithm>

namespace loom::decode {

Activated activated(const Worker& worker, const FeedForwardWeights& weights, std::int64_t first) {
    const std::int64_t rows = weights.input.weight.rows();
    if (worker.step().config.mlp != MlpKind::SwiGlu) return {worker.space().hidden.data() + first * rows, rows};
    return {worker.space().activated.data() + first * (rows / 2), rows / 2};
}

void activate(const Worker& worker, const FeedForwardWeights& weights, const ActivationsView& x, std::int64_t first, std::int64_t count) {
    const Kernels& k = worker.kernels();
    const std::int64_t stride = weights.input.weight.rows();
    float* hidden = worker.space().hidden.data() + first * stride;
    const MlpKind kind = worker.step().config.mlp;
    if (kind != MlpKind::SwiGlu) {
        const ThreadTeam::Range mine = worker.multiply(weights.input.weight, &weights.input.bias, x, count, hidden, stride);
        for (std::int64_t t = 0; t < count && mine.first < mine.last; ++t) {
            (kind == MlpKind::Gelu ? k.gelu : k.geluTanh)(hidden + t * stride + mine.first, mine.last - mine.first);
        }
        return;
    }
    // Gate and up lie in turns of a panel each, so a pair of panels gives a panel of results.
    const ThreadTeam::Range pairs = worker.share(stride / (2 * kPanel));
    if (pairs.first == pairs.last) return;
    k.multiply(weights.input.weight.view(), 2 * pairs.first, 2 * pairs.last, x, count, hidden, stride);
    const std::int64_t from = 2 * kPanel * pairs.first;
    float* out = worker.space().activated.data() + first * (stride / 2);
    for (std::int64_t t = 0; t < count; ++t) {
        float* row = hidden + t * stride;
        if (!weights.input.bias.empty()) k.add(row + from, weights.input.bias.data() + from, 2 * kPanel * (pairs.last - pairs.first));
        for (std::int64_t pair = pairs.first; pair < pairs.last; ++pair) {
            const float* gate = row + 2 * kPanel * pair;
            k.swiglu(gate, gate + kPanel, kPanel, out + t * (stride / 2) + kPanel * pair);
        }
    }
}

ThreadTeam::Range feedForward(const Worker& worker, const FeedForwardWeights& weights, const ActivationsView& x, std::int64_t count,
                              float* out) {
    activate(worker, weights, x, 0, count);
    worker.meet();
    const Activated inner = activated(worker, weights, 0);
    const ActivationsView y = worker.input(inner.data, inner.stride, weights.width, count, nullptr);
    return worker.multiply(weights.output.weight, &weights.output.bias, y, count, out, worker.step().config.dModel);
}

}  // namespace loom::decode
