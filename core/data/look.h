// SPDX-License-Identifier: GPL-3.0-or-later
// Look: what a person asks to see inside a network, and what came back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/data/attention_map.h"
#include "core/data/ids.h"
#include "core/data/inspection.h"

namespace loom {

/// One view of a network that reads a text. Only what is shown is asked for.
enum class Look : std::uint8_t {
    Scores,     ///< content and position parts of one layer's scores
    Kept,       ///< what one layer keeps
    Spectra,    ///< singular values of that and of the up-projections
    Forgotten,  ///< what one layer's keys and values lose with fewer latent directions
    Lens,       ///< what each layer would say
    Without,    ///< what changes without some heads
    Means,      ///< attention averaged over all heads of all layers
};

struct LookQuestion {
    Look look = Look::Kept;
    LayerIndex layer;     ///< for all but Lens, Without and Means
    AblationRequest off;  ///< for Without
};

/// Attention weights averaged over all heads of all layers.
struct AttentionMeans {
    std::int64_t layers = 0;     ///< L
    std::int64_t heads = 0;      ///< H
    std::int64_t tokens = 0;     ///< T
    std::vector<float> weights;  ///< [T, T]; 0 where key > query
};
/// Adds one layer's heads to the sum in `means.weights`, which is empty before the first layer.
void addLayer(AttentionMeans& means, const AttentionMap& map);
/// Sums to means, after the last layer.
void divide(AttentionMeans& means);

struct LookAnswer {
    LookQuestion question;
    std::int64_t tokens = 0;  ///< of the text that was read
    double milliseconds = 0;  ///< the reference path took, the network being ready
    std::variant<ScoreParts, KeptRows, LayerSpectra, Reconstruction, LogitLens, Ablation, AttentionMeans> value;
    std::map<TokenId, std::string> labels = {};  ///< of the tokens that `value` names
};

/// Ranks at which forgetting is shown: parts of a latent of width `rank`, all of it first, each once.
[[nodiscard]] std::vector<std::int64_t> shownRanks(std::int64_t rank);

}  // namespace loom
