// SPDX-License-Identifier: GPL-3.0-or-later
// LanguageModel: token ids in, logits out. Embedding, L blocks, final norm, head.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/lab/model/block.h"

namespace loom::lab {

/// Which layer a run is watched in, what was seen there, and how far it goes.
struct Watch {
    std::optional<LayerIndex> layer;
    bool stopThere = false;                                          ///< later layers are not wanted
    Tensor attention;                                                ///< result: weights [B, H, T, S]
    std::vector<std::chrono::nanoseconds>* layerTimes = nullptr;     ///< gets one entry a layer, if given
    std::int64_t blocks = std::numeric_limits<std::int64_t>::max();  ///< only so many layers are run
    std::span<const LayerIndex> skip = {};                           ///< layers that are left out: they add nothing to the stream
    std::function<void(const Tensor&)> stream = {};  ///< told the residual stream [B, T, D]: embedding, then after each layer
};

/// The network on one decode path. Immutable; several paths may share the same weights.
class LanguageModel {
public:
    LanguageModel(const ModelConfig& config, std::shared_ptr<const Weights> weights, MlaPath path);

    /// tokens [B, T] int64, the first at position past.length() (or one token at past.place()) → the residual stream after the blocks [B,
    /// T, D]. Ids must have been checked. Throws Error "Cancelled" between layers.
    [[nodiscard]] Tensor hidden(const Tensor& tokens, Past& past, Watch& watch, const std::stop_token& stop,
                                const TrainingPass& training = {}) const;
    /// The same with the rotation given.
    [[nodiscard]] Tensor hidden(const Tensor& tokens, const Rope& turn, Past& past, Watch& watch, const std::stop_token& stop,
                                const TrainingPass& training = {}) const;
    /// The rotation of positions start … start + positions − 1; none where positions are not rotary.
    [[nodiscard]] Rope rope(std::int64_t start, std::int64_t positions) const;
    /// Final norm and head: [..., D] → [..., V].
    [[nodiscard]] Tensor logits(const Tensor& hidden) const;
    /// Sum of −log P(target) in nats over a text computed at once: hidden [B, T, D], targets [B, T] → scalar.
    [[nodiscard]] Tensor loss(const Tensor& hidden, const Tensor& targets) const;

    [[nodiscard]] const ModelConfig& config() const { return m_config; }
    /// What the network computes in, and where.
    [[nodiscard]] at::TensorOptions type() const { return m_embedding.options(); }

private:
    ModelConfig m_config;
    std::shared_ptr<const Weights> m_weights;
    Tensor m_embedding;  ///< [V, D]
    Tensor m_places;     ///< learned positions [context, D], or undefined
    std::vector<Block> m_blocks;
    Norm m_norm;
    Linear m_head;  ///< D → V; the embedding again where it is tied
};

}  // namespace loom::lab
