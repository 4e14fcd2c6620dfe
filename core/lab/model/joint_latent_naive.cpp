// SPDX-License-Identifier: GPL-3.0-or-later
// JointLatentNaive: expands each new latent into keys and values per head, then attends as MHA does.
#include <ATen/ops/cat.h>

#include <vector>

#include "core/lab/model/joint_latent.h"

namespace loom::lab {

Tensor JointLatentNaive::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const AttentionConfig& a = m_shared.config();
    const std::int64_t H = a.heads;
    const std::int64_t dN = a.qkNopeHeadDim;
    const std::int64_t dR = a.qkRopeHeadDim;
    const std::int64_t dV = a.vHeadDim;

    const auto [qC, qR] = m_shared.query(x, rope);  // [B, T, H, dN], [B, T, H, dR]
    const auto [c, kR] = m_shared.key(x, rope);     // [B, T, r], [B, T, dR]

    const std::vector<Tensor> up = m_shared.up()(c).unflatten(-1, {H, dN + dV}).split_with_sizes({dN, dV}, -1);
    const Tensor copies = kR.unsqueeze(2).expand({-1, -1, H, -1});                                 // [B, T, H, dR]
    const Tensor k = at::cat({up[0], copies}, -1);                                                 // [B, T, H, dN+dR]
    const Tensor& v = up[1];                                                                       // [B, T, H, dV]
    const Tensor keys = past.keep(m_shared.layer(), 0, k.flatten(2)).unflatten(-1, {H, dN + dR});  // [B, S, H, dN+dR]
    const Tensor values = past.keep(m_shared.layer(), 1, v.flatten(2)).unflatten(-1, {H, dV});     // [B, S, H, dV]

    const Tensor q = at::cat({qC, qR}, -1);                                                                     // [B, T, H, dN+dR]
    return m_shared.output()(attend(q, keys, values, Softmax{m_shared.scale(), 0}.over(past), probabilities));  // [B, T, D]
}

}  // namespace loom::lab
