// SPDX-License-Identifier: GPL-3.0-or-later
// Turns token ids into the steps that observers see: text as it becomes complete, labels, alternatives.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/data/generate.h"
#include "core/data/utf8.h"
#include "core/engine/generate/sampler.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

class StepBuilder {
public:
    explicit StepBuilder(const Tokenizer& tokenizer) : m_tokenizer(tokenizer) {}
    /// The next token of the sequence; positions count from 0.
    [[nodiscard]] TokenStep next(TokenId token, TokenOrigin origin);
    /// What remains of an unfinished character at the end of the text.
    [[nodiscard]] std::string flush() { return m_assembler.flush(); }
    [[nodiscard]] std::vector<Alternative> alternatives(const SampleResult& result) const;
    /// Where no sampler had a say: after = before.
    [[nodiscard]] std::vector<Alternative> expected(const std::vector<Candidate>& candidates) const;
    /// What plain logits [V] expected where `step` stands: the most likely `count` tokens and the token itself, with after = before.
    void describePromptToken(TokenStep& step, std::span<const float> logits, std::int64_t count) const;

private:
    /// The tokenizer's label. A network's vocabulary may be padded with ids that its tokenizer does not know: those show as <id>.
    [[nodiscard]] std::string label(TokenId token) const;

    const Tokenizer& m_tokenizer;
    Utf8Assembler m_assembler;
    std::optional<TokenId> m_previous;
    std::int64_t m_position = 0;
};

}  // namespace loom
