// SPDX-License-Identifier: GPL-3.0-or-later
// Small stories for widget tests.
#pragma once

#include <string>
#include <vector>

#include "core/data/story_update.h"

namespace loom::ui::samples {

inline TokenStep token(std::int64_t position, const std::string& text, TokenOrigin origin = TokenOrigin::Generated) {
    TokenStep s;
    s.token = TokenId(100 + position);
    s.position = position;
    s.origin = origin;
    s.text = origin == TokenOrigin::Special ? std::string() : text;
    s.label = text;
    if (origin == TokenOrigin::Generated) {
        s.probability = 0.41F;
        s.alternatives = {{s.token, text, 0.41F, 0.6F}, {TokenId(1), " cat", 0.2F, 0.4F}, {TokenId(2), " bear", 0.1F, 0.F}};
        s.trace.stages[0] = {SamplerStage::Temperature, 40, 40, 1, 0.12F};
        s.trace.stages[1] = {SamplerStage::TopP, 40, 9, 0.95F, 0};
        s.trace.count = 2;
    }
    return s;
}

/// "Once upon a time" by a person, then `words` as generated tokens.
inline StoryUpdate story(const std::vector<std::string>& words) {
    StoryUpdate update;
    std::vector<TokenStep> opening{token(0, "<s>", TokenOrigin::Special)};
    for (const char* word : {"Once", " upon", " a", " time"})
        opening.push_back(token(static_cast<std::int64_t>(opening.size()), word, TokenOrigin::Prompt));
    auto position = static_cast<std::int64_t>(opening.size());
    update.reset = std::move(opening);
    for (const std::string& word : words) update.appended.push_back(token(position++, word));
    return update;
}

}  // namespace loom::ui::samples
