// SPDX-License-Identifier: GPL-3.0-or-later
// Continuation: one story as it is written, token by token: what is chosen, what text it makes, when it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/generate.h"
#include "core/engine/api/engine.h"
#include "core/engine/generate/sampler.h"
#include "core/engine/generate/step_builder.h"
#include "core/engine/generate/stop_strings.h"

namespace loom {

/// Throws Error where the request cannot be written by this model: no tokenizer, a sampler or beam search out of range, a negative count.
void checkRequest(const OpenModel& model, const GenerateRequest& request);
/// History and prompt as ids. Throws Error for an id outside the vocabulary or a text longer than the context.
[[nodiscard]] TokenIds promptIds(const OpenModel& model, const GenerateRequest& request);
/// 53 random bits: a seed that survives every JSON reader.
[[nodiscard]] std::uint64_t drawSeed();

/// What a request's tokens are chosen with, before the first of them.
[[nodiscard]] Sampler samplerFor(const OpenModel& model, const GenerateRequest& request, std::uint64_t seed);

class Continuation {
public:
    /// Model and request must outlive it.
    Continuation(const OpenModel& model, const GenerateRequest& request, Sampler sampler);
    /// Begins with the prompt; returns its steps.
    [[nodiscard]] std::vector<TokenStep> begin(const TokenIds& prompt);
    /// Samples the next token from logits [V]; after an end nothing more may be chosen. The choice depends on logits, ids, seed and, for
    /// mirostat, the choices before.
    [[nodiscard]] TokenStep choose(std::span<const float> logits);
    /// The next token is one that somebody else chose.
    [[nodiscard]] TokenStep take(TokenId token);
    /// Eos, StopString, MaxTokens or Context, once the story has ended.
    [[nodiscard]] std::optional<StopReason> ended() const;
    /// Text that was held back as a possible stop string or an unfinished character; now part of text().
    [[nodiscard]] std::string finish();

    [[nodiscard]] const StepBuilder& builder() const { return m_builder; }
    [[nodiscard]] const Sampler& sampler() const { return m_sampler; }
    [[nodiscard]] std::uint64_t seed() const { return m_sampler.seed(); }
    [[nodiscard]] const TokenIds& ids() const { return m_ids; }  ///< prompt and what was written
    [[nodiscard]] std::int64_t written() const { return std::ssize(m_ids) - m_promptTokens; }
    [[nodiscard]] TokenIds writtenIds() const { return {m_ids.begin() + m_promptTokens, m_ids.end()}; }
    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    const OpenModel& m_model;
    const GenerateRequest& m_request;
    Sampler m_sampler;
    StepBuilder m_builder;
    StopStringMatcher m_matcher;
    TokenIds m_ids;
    std::int64_t m_promptTokens = 0;
    std::string m_text;
    bool m_end = false;  ///< an end token was written
};

}  // namespace loom
