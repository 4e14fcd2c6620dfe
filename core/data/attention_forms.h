// SPDX-License-Identifier: GPL-3.0-or-later
// Attention forms by name: the same network with another attention, as twins have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/error.h"
#include "core/data/model_config.h"

namespace loom {

struct AttentionForm {
    std::string name;         ///< "mla-deepseek"
    std::string description;  ///< one line, options and their defaults included
};
/// mha, gqa, mqa, mla-deepseek, mla-paper, mla-shared, and -learned and -norope where positions may be other than rotary.
[[nodiscard]] const std::vector<AttentionForm>& attentionForms();

/// `base` with the attention that `form` describes: NAME, or NAME:KEY=VALUE:…, for example "mla-deepseek:r=64:dr=16". Layers, width, heads,
/// feed-forward network, norms and context stay; positions are the form's. Keys: g (key/value heads), r (rank of the latent, for per-head
/// forms of one head's), rv (rank of values), dr and dn (rotary and content width), q (query rank). Throws Error naming what is unknown
/// or cannot be.
[[nodiscard]] ModelConfig withForm(const ModelConfig& base, std::string_view form);

/// Floating-point operations per token of a forward pass over texts of `context` tokens: two per weight that a token meets, and two per
/// element of scores and mixed values over the keys that it sees on average. A training step takes three times as many.
[[nodiscard]] double forwardFlopsPerToken(const ModelConfig& config, std::int64_t context);

/// What networks can be matched by.
enum class MatchBy : std::uint8_t { Parameters, Flops };
/// `config` with the feed-forward width at which its parameters, or operations per token over `context`, come nearest to `goal`: a multiple
/// of eight where that is within half a percent, else any whole number. Throws Error where even the narrowest is a tenth too large.
[[nodiscard]] ModelConfig matchedByWidth(ModelConfig config, MatchBy by, double goal, std::int64_t context);
/// What matchedByWidth compares.
[[nodiscard]] double sizeOf(const ModelConfig& config, MatchBy by, std::int64_t context);

}  // namespace loom
