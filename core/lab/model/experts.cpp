// SPDX-License-Identifier: GPL-3.0-or-later
// Experts: a mixture of feed-forward networks.
#include "core/lab/model/experts.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <limits>
#include <string>

namespace loom::lab {

Experts::Experts(const ModelConfig& config, LayerIndex layer, const Weights& weights) : m_config(config.moe) {
    const std::string prefix = layerPrefix(layer) + "mlp.";
    m_gate = weights.linear(prefix + "gate", false);
    if (m_config.scoring == ExpertScoring::Sigmoid) m_correction = weights.tensor(prefix + "gate.e_score_correction_bias");
    for (std::int64_t e = 0; e < m_config.experts; ++e) {
        m_experts.emplace_back(weights, prefix + "experts." + std::to_string(e) + ".", config);
    }
    if (m_config.shared > 0) m_shared.emplace(weights, prefix + "shared_experts.", config);
}

Tensor Experts::bestGroups(const Tensor& scores) const {
    if (m_config.topGroups == m_config.groups) return scores;
    const Tensor grouped = scores.unflatten(-1, {m_config.groups, -1});  // [N, g, E/g]
    const bool single = m_config.scoring == ExpertScoring::Softmax;
    const Tensor ofGroups = single ? at::amax(grouped, -1) : std::get<0>(at::topk(grouped, 2, -1)).sum(-1);  // [N, g]
    const Tensor best = std::get<1>(at::topk(ofGroups, m_config.topGroups, -1));                             // [N, topGroups]
    const Tensor kept = at::zeros(ofGroups.sizes(), ofGroups.options().dtype(at::kBool)).scatter(1, best, true);
    return grouped.masked_fill(kept.logical_not().unsqueeze(-1), -std::numeric_limits<double>::infinity()).flatten(1);  // [N, E]
}

Experts::Choice Experts::choose(const Tensor& x) const {
    const Tensor logits = m_gate(x);                                                                                   // [N, E]
    const Tensor scores = m_config.scoring == ExpertScoring::Softmax ? at::softmax(logits, -1) : at::sigmoid(logits);  // [N, E]
    const Tensor ranked = bestGroups(m_correction.defined() ? scores + m_correction : scores);                         // [N, E]
    const Tensor experts = std::get<1>(at::topk(ranked, m_config.perToken, -1));                                       // [N, k]
    Tensor weights = scores.gather(1, experts);                                                                        // [N, k]
    if (m_config.normalised) weights = weights / (weights.sum(-1, /*keepdim=*/true) + 1e-20);
    return {experts, weights * m_config.scale};
}

Tensor Experts::operator()(const Tensor& x) const {
    const Tensor rows = x.flatten(0, -2);  // [N, D]
    const Choice choice = choose(rows);
    const std::int64_t k = m_config.perToken;
    const Tensor chosen = choice.experts.to(at::kCPU).contiguous();  // [N, k]
    const std::int64_t* ids = chosen.const_data_ptr<std::int64_t>();
    std::vector<std::vector<std::int64_t>> uses(m_experts.size());  // by expert: places in [N, k]
    for (std::int64_t i = 0; i < chosen.numel(); ++i) uses[static_cast<std::size_t>(ids[i])].push_back(i);

    Tensor sum = at::zeros_like(rows);  // [N, D]
    for (std::size_t e = 0; e < uses.size(); ++e) {
        if (uses[e].empty()) continue;
        const Tensor places = at::tensor(at::ArrayRef<std::int64_t>(uses[e]), at::kLong).to(x.device());  // [n]
        const Tensor tokens = places.floor_divide(k);                                                     // [n]
        const Tensor weights = choice.weights.flatten().index_select(0, places).unsqueeze(-1);            // [n, 1]
        sum = sum.index_add(0, tokens, m_experts[e](rows.index_select(0, tokens)) * weights);
    }
    if (m_shared) sum = sum + (*m_shared)(rows);
    return sum.view(x.sizes());
}

}  // namespace loom::lab
