// SPDX-License-Identifier: GPL-3.0-or-later
// JointLatentAbsorbed: moves the up-projections from the past to the query and the result (arXiv 2405.04434, section 2.1.2):
//     q^C_i · (W^{UK}_i c) = ((W^{UK}_i)ᵀ q^C_i) · c = q̃_i · c        Σ_j p_j (W^{UV}_i c_j) = W^{UV}_i Σ_j p_j c_j
#include <ATen/ops/matmul.h>

#include "core/lab/model/joint_latent.h"
#include "core/lab/model/per_head.h"

namespace loom::lab {
JointLatentAbsorbed::JointLatentAbsorbed(JointLatent shared) : m_shared(std::move(shared)) {
    const AttentionConfig& a = m_shared.config();
    const Tensor up = m_shared.up().weight.unflatten(0, {a.heads, a.qkNopeHeadDim + a.vHeadDim});  // [H, dN+dV, r]
    m_keyUp = up.narrow(1, 0, a.qkNopeHeadDim);
    m_valueUp = up.narrow(1, a.qkNopeHeadDim, a.vHeadDim);
}

Tensor JointLatentAbsorbed::forward(const Tensor& x, const Rope& rope, Past& past, Tensor* probabilities) const {
    const std::int64_t B = x.size(0);
    const std::int64_t T = x.size(1);
    const std::int64_t H = m_shared.config().heads;

    const auto [qC, qR] = m_shared.query(x, rope);                 // [B, T, H, dN], [B, T, H, dR]
    const auto [c, kR] = m_shared.key(x, rope);                    // [B, T, r], [B, T, dR]
    const Tensor latents = past.keep(m_shared.layer(), 0, c);      // [B, S, r]
    const Tensor rotaryKeys = past.keep(m_shared.layer(), 1, kR);  // [B, S, dR]

    // All heads read the same latents and rotary keys, so their queries stand below each other.
    const Tensor latentQuery = perHead(qC, m_keyUp).transpose(1, 2).flatten(1, 2);       // q̃ [B, H·T, r]
    const Tensor rotaryQuery = qR.transpose(1, 2).flatten(1, 2);                         // [B, H·T, dR]
    const Tensor content = at::matmul(latentQuery, latents.transpose(1, 2));             // q̃·c [B, H·T, S]
    const Tensor rotary = at::matmul(rotaryQuery, rotaryKeys.transpose(1, 2));           // q^R·k^R [B, H·T, S]
    const Tensor scores = ((content + rotary) * m_shared.scale()).unflatten(1, {H, T});  // [B, H, T, S]
    const Tensor p = causalSoftmax(scores, 0, past.unseen(0));                           // [B, H, T, S]
    if (probabilities != nullptr) *probabilities = p;

    const Tensor mixed = at::matmul(p.flatten(1, 2), latents).view({B, H, T, -1});  // Σ p c [B, H, T, r]
    const Tensor out = perHead(mixed.transpose(1, 2), m_valueUp.transpose(1, 2));   // [B, T, H, dV]
    return m_shared.output()(out.flatten(2));                                       // [B, T, D]
}

}  // namespace loom::lab
