// SPDX-License-Identifier: GPL-3.0-or-later
// LanguageModel: token ids in, logits out.
#include "core/lab/model/language_model.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/embedding.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

#include "core/data/error.h"
#include "core/lab/fused/fused.h"

namespace loom::lab {

namespace {

/// Kernels of a GPU run behind the caller's back; a time is only a time once they are done.
std::chrono::steady_clock::time_point timeOnceDone(const at::Device& device) {
    if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
    return std::chrono::steady_clock::now();
}

}  // namespace

LanguageModel::LanguageModel(const ModelConfig& config, std::shared_ptr<const Weights> weights, MlaPath path)
    : m_config(config), m_weights(std::move(weights)) {
    m_embedding = m_weights->tensor("model.embed_tokens.weight");
    for (std::int64_t layer = 0; layer < config.layers; ++layer) m_blocks.emplace_back(config, LayerIndex{layer}, path, *m_weights);
    if (config.positions == Positions::Learned) m_places = m_weights->tensor("model.embed_positions.weight");
    m_norm = m_weights->norm("model.norm", config.norm, config.normEps, config.normBias);
    m_head = m_weights->linear(config.tieEmbeddings ? "model.embed_tokens" : "lm_head", false);
}

Rope LanguageModel::rope(std::int64_t start, std::int64_t positions) const {
    return m_config.positions == Positions::Rotary ? Rope(m_config, start, positions, type()) : Rope();
}

Tensor LanguageModel::hidden(const Tensor& tokens, Past& past, Watch& watch, const std::stop_token& stop,
                             const TrainingPass& training) const {
    return hidden(tokens, rope(past.length(), tokens.size(1)), past, watch, stop, training);
}

Tensor LanguageModel::hidden(const Tensor& tokens, const Rope& turn, Past& past, Watch& watch, const std::stop_token& stop,
                             const TrainingPass& training) const {
    Tensor x = at::embedding(m_embedding, tokens);  // [B, T, D]
    if (m_places.defined()) {
        const Tensor place = past.place();
        x = x + (place.defined() ? m_places.index_select(0, place) : m_places.narrow(0, past.length(), tokens.size(1)));  // [B, T, D]
    }
    x = training.dropout(x);
    if (watch.stream) watch.stream(x);
    for (std::size_t i = 0; i < m_blocks.size() && static_cast<std::int64_t>(i) < watch.blocks; ++i) {
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        if (std::find(watch.skip.begin(), watch.skip.end(), LayerIndex{static_cast<std::int64_t>(i)}) != watch.skip.end()) continue;
        const bool watched = watch.layer && watch.layer->index() == i;
        const auto start = watch.layerTimes ? timeOnceDone(x.device()) : std::chrono::steady_clock::time_point{};
        x = m_blocks[i].forward(x, turn, past, watched ? &watch.attention : nullptr, training);
        if (watch.layerTimes) watch.layerTimes->push_back(timeOnceDone(x.device()) - start);
        if (watch.stream) watch.stream(x);
        if (watched && watch.stopThere) break;
    }
    return x;
}

Tensor LanguageModel::logits(const Tensor& hidden) const { return m_head(m_norm(hidden)); }

Tensor LanguageModel::loss(const Tensor& hidden, const Tensor& targets) const {
    if (fused::active()) return fused::headLoss(m_norm(hidden).flatten(0, 1), m_head, targets.flatten());
    const Tensor all = logits(hidden).flatten(0, 1);  // [B·T, V]
    return at::cross_entropy_loss(all, targets.flatten(), {}, at::Reduction::Sum);
}

}  // namespace loom::lab
