// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain: from logits to the next token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/generate.h"

namespace loom {

/// Philox4x32-10 counter-based random numbers (Salmon et al. 2011): a pure function of seed and position, so that
/// a fork or a retry reproduces. Uniform in [0, 1) with 24 bits.
[[nodiscard]] float uniformAt(std::uint64_t seed, std::uint64_t position);

struct Candidate {
    TokenId token;
    float probability = 0;
};

struct SampleResult {
    TokenId token;
    float probability = 0;          ///< of `token` before the samplers
    std::vector<Candidate> before;  ///< the most likely tokens from the plain logits, best first
    std::vector<float> after;       ///< their probabilities after the samplers, same order
    SamplerTrace trace;
};

/// Chooses a token from logits [V]. `recent` are the tokens that the repetition penalty looks at; `position` keys the random number.
/// `report` is how many candidates to list in `before`; the chosen token is always among them if report > 0.
/// Ties go to the lower id. NaN counts as -inf; throws Error when no logit is finite.
[[nodiscard]] SampleResult sample(std::span<const float> logits, const SamplerSettings& settings, std::span<const TokenId> recent,
                                  std::uint64_t seed, std::uint64_t position, std::int64_t report);

}  // namespace loom
