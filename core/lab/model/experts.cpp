// SPDX-License-Identifier: GPL-3.0-or-later
// Experts: a mixture of feed-forward networks.
#include "core/lab/model/experts.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/split_with_sizes.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <string>

#include "core/lab/fused/fused.h"

namespace loom::lab {
namespace {

constexpr std::size_t kHeights = 32;

}  // namespace

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
    return {experts, weights * m_config.scale, scores};
}

void Experts::note(const Choice& choice, std::int64_t texts, LayerIndex layer, ExpertBalance& balance) const {
    const std::int64_t E = m_config.experts;
    const Tensor ofTexts = choice.experts.reshape({texts, -1});                                // [B, T·k]
    const Tensor counts = at::zeros({texts, E}, choice.scores.options().requires_grad(false))  // [B, E]
                              .scatter_add_(1, ofTexts, at::ones_like(ofTexts, choice.scores.options().requires_grad(false)));
    const Tensor shares = counts * (static_cast<double>(E) / static_cast<double>(ofTexts.size(1)));          // [B, E]
    const bool single = m_config.scoring == ExpertScoring::Softmax;                                          // they sum to 1 already
    const Tensor scores = single ? choice.scores : choice.scores / choice.scores.sum(-1, /*keepdim=*/true);  // [N, E]
    const Tensor penalty = (shares * scores.view({texts, -1, E}).mean(1)).sum(-1).mean();
    balance.penalty = balance.penalty.defined() ? balance.penalty + penalty : penalty;

    const Tensor sums = counts.sum(0).to(at::kCPU, at::kDouble);  // [E]
    if (balance.uses.size() <= layer.index()) balance.uses.resize(layer.index() + 1);
    std::vector<std::int64_t>& uses = balance.uses[layer.index()];
    uses.resize(static_cast<std::size_t>(E));
    const double* sum = sums.const_data_ptr<double>();
    for (std::size_t e = 0; e < uses.size(); ++e) uses[e] += static_cast<std::int64_t>(sum[e]);
}

Experts::Rows Experts::rowsOf(const Choice& choice) const {
    const std::int64_t k = m_config.perToken;
    const Tensor chosen = choice.experts.to(at::kCPU).contiguous();  // [N, k]
    const std::int64_t* ids = chosen.const_data_ptr<std::int64_t>();
    std::vector<std::vector<std::int64_t>> uses(m_experts.size());  // by expert: places in [N, k]
    for (std::int64_t i = 0; i < chosen.numel(); ++i) uses[static_cast<std::size_t>(ids[i])].push_back(i);
    // Fused products are prepared once for every height, so they shall meet few; what fills up is computed and not read.
    const std::size_t multiple = fused::active() ? kHeights : 1;
    Rows rows;
    std::vector<std::int64_t> tokens, back(static_cast<std::size_t>(chosen.numel()));
    for (const std::vector<std::int64_t>& places : uses) {
        const std::size_t first = tokens.size();
        for (const std::int64_t place : places) {
            back[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(tokens.size());
            tokens.push_back(place / k);
        }
        tokens.resize(first + (places.size() + multiple - 1) / multiple * multiple, 0);
        rows.heights.push_back(static_cast<std::int64_t>(tokens.size() - first));
    }
    const auto indices = [&](const std::vector<std::int64_t>& list) {
        return at::tensor(at::ArrayRef<std::int64_t>(list), at::kLong).to(choice.experts.device());
    };
    rows.tokens = indices(tokens);
    rows.back = indices(back);
    return rows;
}

Tensor Experts::operator()(const Tensor& x, LayerIndex layer, ExpertBalance* balance) const {
    const Tensor all = x.flatten(0, -2);                                // [N, D]
    const Choice choice = choose(all.to(m_gate.weight.scalar_type()));  // in mixed precision too: rounding would choose others
    if (balance) note(choice, x.size(0), layer, *balance);
    const Rows rows = rowsOf(choice);
    const Tensor in = all.index_select(0, rows.tokens);  // [R, D]
    const std::vector<Tensor> parts = at::split_with_sizes(in, rows.heights, 0);
    std::vector<Tensor> out;
    for (std::size_t e = 0; e < m_experts.size(); ++e)
        if (rows.heights[e] > 0) out.push_back(m_experts[e](parts[e]));
    const Tensor ofChoices = at::cat(out, 0).index_select(0, rows.back).view({all.size(0), m_config.perToken, -1});  // [N, k, D]
    Tensor sum = at::bmm(choice.weights.unsqueeze(1).to(ofChoices.scalar_type()), ofChoices).squeeze(1);             // [N, D]
    if (m_shared) sum = sum + (*m_shared)(all);
    return sum.view(x.sizes());
}

}  // namespace loom::lab
