// SPDX-License-Identifier: GPL-3.0-or-later
// StoryLog: the story's tokens with everything that is known about each, as the views were told.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/data/generate.h"
#include "core/data/story_update.h"

namespace loom::session {

/// The engine calls a continued story "prompt" from its first token on; the log remembers which tokens the network wrote and with
/// what alternatives, so that going on with a story takes nothing away from it. Used by one thread at a time.
class StoryLog {
public:
    /// The tokens the network is about to read. If they begin with the whole story as it is, the rest is appended; otherwise the story
    /// is reset, and tokens it has in common with the old one keep what is known about them. The first `reused` are in the cache.
    void prompt(const std::vector<TokenStep>& steps, std::int64_t reused, StoryUpdate& update);
    void append(const TokenStep& step, StoryUpdate& update);
    /// Adds norms, attention and, where none were known, alternatives to the token at the step's position.
    void cached(const TokenStep& step, StoryUpdate& update);
    /// Adds text to the last token: in the update where that token waits to be sent, else by sending the whole story again.
    void tail(const std::string& text, StoryUpdate& update);
    /// The same story with an empty cache.
    void forgetCache(StoryUpdate& update);
    /// Another network takes the same tokens over: what the first one said about them is forgotten, and the cache is empty.
    void takeOver(StoryUpdate& update);
    /// Another network with another tokenizer takes the text over. The next prompt() brings its tokens for the same text; which parts
    /// the first network wrote is kept.
    void retell();
    /// Another story, whose tokens are known.
    void set(std::vector<TokenStep> steps) {
        m_steps = std::move(steps);
        m_retold.clear();
    }
    [[nodiscard]] std::string text() const;
    void clear() {
        m_steps.clear();
        m_retold.clear();
    }

    [[nodiscard]] TokenIds tokens() const;
    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(m_steps.size()); }

private:
    struct Part {
        std::size_t end = 0;  ///< in bytes of the text
        TokenOrigin origin = TokenOrigin::Prompt;
    };

    std::vector<TokenStep> m_steps;
    std::vector<Part> m_retold;  ///< who wrote the text whose new tokens are awaited
};

}  // namespace loom::session
