// SPDX-License-Identifier: GPL-3.0-or-later
// Experts: a mixture of feed-forward networks, of which each token uses a few (DeepSeek-V2, arXiv 2405.04434, equations 20–22;
// DeepSeek-V3, arXiv 2412.19437, equations 12–16):
//     y = Σ_k w_k · E_k(x) + shared(x)
#pragma once

#include <optional>
#include <vector>

#include "core/lab/model/feed_forward.h"
#include "core/lab/model/training_pass.h"
#include "core/lab/model/weights.h"

namespace loom::lab {

class Experts {
public:
    Experts(const ModelConfig& config, LayerIndex layer, const Weights& weights);
    /// [B, T, D] → [B, T, D]. With `balance`, notes as layer `layer` which experts were used and adds this layer's penalty.
    [[nodiscard]] Tensor operator()(const Tensor& x, LayerIndex layer, ExpertBalance* balance) const;

private:
    struct Choice {
        Tensor experts;  ///< [N, k] int64
        Tensor weights;  ///< [N, k]
        Tensor scores;   ///< [N, E]
    };
    /// The inputs of all experts below each other.
    struct Rows {
        Tensor tokens;                      ///< [R] int64: which of the N tokens each row is
        Tensor back;                        ///< [N·k] int64: the row of each choice
        std::vector<std::int64_t> heights;  ///< by expert; R in all
    };
    /// Which experts each of N tokens uses, x [N, D].
    [[nodiscard]] Choice choose(const Tensor& x) const;
    /// scores [N, E] with those of all but the best groups at −∞.
    [[nodiscard]] Tensor bestGroups(const Tensor& scores) const;
    [[nodiscard]] Rows rowsOf(const Choice& choice) const;
    void note(const Choice& choice, std::int64_t texts, LayerIndex layer, ExpertBalance& balance) const;

    MoeConfig m_config;
    Linear m_gate;        ///< D → E
    Tensor m_correction;  ///< [E]: on the choice, not on the weights; undefined for Softmax
    std::vector<FeedForward> m_experts;
    std::optional<FeedForward> m_shared;
};

}  // namespace loom::lab
