// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain: from logits to the next token. The stages are pure functions in samplers/; the Sampler leads the tokens through them
// in the order that the settings say.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/data/generate.h"
#include "core/engine/generate/samplers/candidates.h"
#include "core/engine/generate/samplers/dry.h"

namespace loom {

/// Philox4x32-10 counter-based random numbers (Salmon et al. 2011): a pure function of seed, position and stream, so that
/// a fork or a retry reproduces. Uniform in [0, 1) with 24 bits.
enum class RandomStream : std::uint32_t { Draw = 0, Xtc = 1 };
[[nodiscard]] float uniformAt(std::uint64_t seed, std::uint64_t position, RandomStream stream = RandomStream::Draw);

struct Candidate {
    TokenId token;
    float probability = 0;
};

struct SampleResult {
    TokenId token;
    float probability = 0;          ///< of `token` before the samplers
    std::vector<Candidate> before;  ///< the most likely tokens from the plain logits, best first
    std::vector<float> after;       ///< their probabilities after the samplers, same order
    SamplerTrace trace;             ///< without stages if nothing is reported
};

/// Chooses the tokens of one story. What it chooses depends on the logits, the story, its position, the seed, and for mirostat on the
/// tokens chosen before: that is a number, mu, which may be carried on (SamplerTrace::mirostatMu). A copy goes on from the same state and
/// shares the memory to work with, so copies belong to one thread. Allocates nothing after reserve() but where more candidates are reported
/// than ever before.
class Sampler {
public:
    /// Throws Error where a setting is out of range. `breakers` say where DRY's repeats end; null: nowhere.
    Sampler(SamplerSettings settings, std::uint64_t seed, std::shared_ptr<const TokenFlags> breakers = {}, std::optional<double> mu = {});
    /// For logits of `vocab` tokens and stories of up to `context`.
    void reserve(std::int64_t vocab, std::int64_t context);
    /// Takes over another's settings and state, and keeps memory of its own.
    void follow(const Sampler& other);
    /// Chooses from logits [V]. `story` are the tokens that penalties look at; `position` keys the random numbers. `report` is how many
    /// candidates to list in `before`; the chosen token is always among them if report > 0. Valid until the next call.
    /// Ties go to the lower id. NaN counts as -inf; throws Error when no logit is finite.
    const SampleResult& choose(std::span<const float> logits, std::span<const TokenId> story, std::uint64_t position, std::int64_t report);

    [[nodiscard]] std::uint64_t seed() const { return m_state.seed; }
    void setSeed(std::uint64_t seed) { m_state.seed = seed; }

private:
    void fill(std::span<const float> logits);
    void run(SamplerStage stage, std::span<const TokenId> story, std::uint64_t position);
    void traced(SamplerStage stage, std::span<const TokenId> story, std::uint64_t position);

    struct State {
        SamplerSettings settings;
        std::uint64_t seed = 0;
        std::shared_ptr<const TokenFlags> breakers;
        double mu = 0;
    };
    /// Memory to work with.
    struct Scratch {
        Candidates candidates;
        std::vector<Entry> top;       ///< the likeliest from the plain logits
        std::vector<double> weights;  ///< before a stage
        std::vector<std::uint8_t> marks;
        DryScratch dry;
        SampleResult result;
    };
    State m_state;
    std::shared_ptr<Scratch> m_scratch = std::make_shared<Scratch>();
};

/// One choice by a new Sampler.
[[nodiscard]] SampleResult sample(std::span<const float> logits, const SamplerSettings& settings, std::span<const TokenId> recent,
                                  std::uint64_t seed, std::uint64_t position, std::int64_t report);

}  // namespace loom
