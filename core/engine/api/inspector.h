// SPDX-License-Identifier: GPL-3.0-or-later
// Inspector: looks inside a network while it reads a text. Implemented in core/lab/inspect; nothing is computed or kept unless asked for.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "core/data/error.h"
#include "core/data/inspection.h"

namespace loom {

/// Every call reads the text once (ablation twice), returns plain values and may be made from several threads. Each stops within a layer
/// after `stop` is requested, with Error "Cancelled". Errors also: no tokens, a token outside the vocabulary, a text longer than the
/// context, no such layer or head, results too large for memory.
class Inspector {
public:
    virtual ~Inspector() = default;
    /// Content and position parts of the scores. An error for networks without a joint latent: their scores have no such parts.
    [[nodiscard]] virtual Result<ScoreParts> scores(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const = 0;
    /// What the layer keeps: c after its norm and k^R after its rotation, the latents of each head, or keys and values.
    [[nodiscard]] virtual Result<KeptRows> kept(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const = 0;
    /// Spectra of what the layer keeps and of its up-projections, if it has any; head by head for a latent per head. Computed in f64.
    [[nodiscard]] virtual Result<LayerSpectra> spectra(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const = 0;
    /// `ranks` are between 0 and the latent's. An error for networks without a latent. Computed in f64.
    [[nodiscard]] virtual Result<Reconstruction> reconstruction(std::span<const TokenId> tokens, LayerIndex layer,
                                                                const std::vector<std::int64_t>& ranks, std::stop_token stop) const = 0;
    /// The `top` likeliest tokens after each layer and token.
    [[nodiscard]] virtual Result<LogitLens> lens(std::span<const TokenId> tokens, std::int64_t top, std::stop_token stop) const = 0;
    [[nodiscard]] virtual Result<Ablation> ablation(std::span<const TokenId> tokens, const AblationRequest& request,
                                                    std::stop_token stop) const = 0;
};

}  // namespace loom
