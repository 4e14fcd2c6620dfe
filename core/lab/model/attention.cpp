// SPDX-License-Identifier: GPL-3.0-or-later
// Attention: what all forms share, and the choice of a form.
#include "core/lab/model/attention.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>

#include <limits>

#include "core/lab/fused/fused.h"
#include "core/lab/model/full_attention.h"
#include "core/lab/model/joint_latent.h"
#include "core/lab/model/split_latent.h"

namespace loom::lab {

std::unique_ptr<Attention> makeAttention(const ModelConfig& config, LayerIndex layer, MlaPath path, const Weights& weights) {
    switch (config.attention.latent) {
        case Latent::None: return std::make_unique<FullAttention>(config, layer, weights);
        case Latent::PerHead:
        case Latent::SplitShared: return std::make_unique<SplitLatent>(config, layer, path, weights);
        case Latent::Joint: break;
    }
    JointLatent shared(config, layer, weights);
    if (path == MlaPath::Naive) return std::make_unique<JointLatentNaive>(std::move(shared));
    return std::make_unique<JointLatentAbsorbed>(std::move(shared));
}

Tensor causalSoftmax(const Tensor& scores, std::int64_t window, const Tensor& unseen) {
    if (unseen.defined()) return at::softmax(scores.masked_fill(unseen, -std::numeric_limits<double>::infinity()), -1);
    const std::int64_t T = scores.size(-2);
    const std::int64_t S = scores.size(-1);
    const bool everything = window == 0 || window >= S;
    if (T == 1 && everything) return at::softmax(scores, -1);  // the newest position
    const Tensor all = at::ones({T, S}, scores.options().dtype(at::kBool));
    Tensor hidden = all.triu(S - T + 1);                                                           // [T, S]: later than the query
    if (!everything) hidden = hidden.logical_or(all.tril(S - T - window));                         // or too long ago
    return at::softmax(scores.masked_fill(hidden, -std::numeric_limits<double>::infinity()), -1);  // [B, H, T, S]
}

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Softmax& softmax, Tensor* probabilities) {
    const std::int64_t Gv = v.size(2);
    if (fused::active() && Gv == k.size(2) && (softmax.window == 0 || softmax.window >= k.size(1)))
        return fused::attend(q, k, v, softmax.scale);
    const std::int64_t B = q.size(0);
    const std::int64_t T = q.size(1);
    const std::int64_t H = q.size(2);
    const std::int64_t S = k.size(1);
    const std::int64_t G = k.size(2);
    const std::int64_t share = H / G;  // query heads that read the same key/value head

    // The query heads of one group stand below each other, so that their keys and values are read in place and not repeated.
    const Tensor queries = q.transpose(1, 2).reshape({B, G, share * T, q.size(3)});             // [B, G, H/G·T, a]
    const Tensor scores = at::matmul(queries, k.permute({0, 2, 3, 1})) * softmax.scale;         // [B, G, H/G·T, S]
    const Tensor p = causalSoftmax(scores.view({B, H, T, S}), softmax.window, softmax.unseen);  // [B, H, T, S]
    if (probabilities != nullptr) *probabilities = p;
    const Tensor mixed = at::matmul(p.view({B, Gv, H / Gv * T, S}), v.transpose(1, 2));  // [B, Gv, H/Gv·T, b]
    return mixed.view({B, H, T, v.size(3)}).transpose(1, 2).flatten(2);                  // [B, T, H·b]
}

}  // namespace loom::lab
