// SPDX-License-Identifier: GPL-3.0-or-later
// LanguageModel: token ids in, logits out.
#include "core/lab/model/language_model.h"

#include <ATen/ops/embedding.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "core/data/error.h"

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
    m_norm = {m_weights->tensor("model.norm.weight"), config.normEps};
    m_head = config.tieEmbeddings ? Linear{m_embedding, {}} : m_weights->linear("lm_head", false);
}

Tensor LanguageModel::hidden(const Tensor& tokens, Past& past, Watch& watch, const std::stop_token& stop) const {
    const AttentionConfig& a = m_config.attention;
    const std::int64_t rotaryWidth = a.latent == Latent::Joint ? a.qkRopeHeadDim : a.headDim;
    const Rope rope(past.length(), tokens.size(1), rotaryWidth, a.ropeTheta, a.ropeLayout, type());

    Tensor x = at::embedding(m_embedding, tokens);  // [B, T, D]
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        const bool watched = watch.layer && watch.layer->index() == i;
        const auto start = watch.layerTimes ? timeOnceDone(x.device()) : std::chrono::steady_clock::time_point{};
        x = m_blocks[i].forward(x, rope, past, watched ? &watch.attention : nullptr);
        if (watch.layerTimes) watch.layerTimes->push_back(timeOnceDone(x.device()) - start);
        if (watched && watch.stopThere) break;
    }
    return x;
}

Tensor LanguageModel::logits(const Tensor& hidden) const { return m_head(m_norm(hidden)); }

}  // namespace loom::lab
