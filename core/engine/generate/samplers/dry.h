// SPDX-License-Identifier: GPL-3.0-or-later
// DRY ("don't repeat yourself", p-e-w 2024, github.com/oobabooga/text-generation-webui/pull/5677): tokens that would prolong a repeat.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/ids.h"
#include "core/data/samplers.h"
#include "core/engine/generate/samplers/candidates.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

/// For each of V ids whether the token ends a repeat: its text has one of the characters of `characters` (UTF-8).
using TokenFlags = std::vector<std::uint8_t>;
[[nodiscard]] TokenFlags breakingTokens(const Tokenizer& tokenizer, std::int64_t vocab, const std::string& characters);

/// Memory to work with; grows to the length of the story and to V.
struct DryScratch {
    std::vector<std::int32_t> overlap;
    std::vector<std::int32_t> longest;  ///< zeros between two calls
};

/// Where the end of `story` stood before, n tokens of it, followed by token t: takes multiplier · base^(n − allowed) from the logit of t if
/// n ≥ allowed; the longest such n counts. A repeat does not go beyond a token that `breakers` marks (empty: no token does),
/// and such a token costs nothing itself. Looks at the
/// last `range` tokens (0: all). O(story + V).
void applyDry(Candidates& candidates, const SamplerSettings& settings, std::span<const TokenId> story,
              std::span<const std::uint8_t> breakers, DryScratch& scratch);

}  // namespace loom
