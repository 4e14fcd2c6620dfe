// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/story_log.h"

#include <algorithm>
#include <cstddef>

namespace loom::session {
namespace {

bool looksTheSame(const TokenStep& a, const TokenStep& b) { return a.token == b.token && a.text == b.text; }

/// What the network said about the token when it was written or first read.
void keepWhatIsKnown(const TokenStep& known, bool inCache, TokenStep& step) {
    step.origin = known.origin;
    step.reread = known.reread;
    step.alternatives = known.alternatives;
    step.probability = known.probability;
    step.trace = known.trace;
    step.decodeTime = known.decodeTime;
    step.attention = known.attention;
    if (inCache) step.laneNorms = known.laneNorms;
}

}  // namespace

void StoryLog::prompt(const std::vector<TokenStep>& steps, std::int64_t reused, StoryUpdate& update) {
    const bool goesOn =
        !m_steps.empty() && steps.size() >= m_steps.size() && std::equal(m_steps.begin(), m_steps.end(), steps.begin(), looksTheSame);
    update.reused = reused;
    if (goesOn) {
        const auto rest = steps.begin() + static_cast<std::ptrdiff_t>(m_steps.size());
        update.appended.insert(update.appended.end(), rest, steps.end());
        m_steps.insert(m_steps.end(), rest, steps.end());
        return;
    }
    std::vector<TokenStep> merged = steps;
    for (std::size_t i = 0; i < merged.size() && i < m_steps.size() && merged[i].token == m_steps[i].token; ++i) {
        keepWhatIsKnown(m_steps[i], static_cast<std::int64_t>(i) < reused, merged[i]);
    }
    std::size_t at = 0;
    auto part = m_retold.begin();
    for (TokenStep& step : merged) {
        while (part != m_retold.end() && part->end <= at) ++part;
        if (part == m_retold.end()) break;
        if (step.origin == TokenOrigin::Prompt) step.origin = part->origin;
        step.reread = step.origin == TokenOrigin::Generated;
        at += step.text.size();
    }
    m_retold.clear();
    m_steps = merged;
    update.reset = std::move(merged);
}

void StoryLog::append(const TokenStep& step, StoryUpdate& update) {
    m_steps.push_back(step);
    update.appended.push_back(step);
}

void StoryLog::cached(const TokenStep& step, StoryUpdate& update) {
    if (step.position < 0 || step.position >= size()) return;
    TokenStep& known = m_steps[static_cast<std::size_t>(step.position)];
    known.laneNorms = step.laneNorms;
    if (step.attention) known.attention = step.attention;
    if (known.alternatives.empty() && !step.alternatives.empty()) {
        known.alternatives = step.alternatives;
        known.probability = step.probability;
    }
    update.cached.push_back(known);
}

void StoryLog::tail(const std::string& text, StoryUpdate& update) {
    if (m_steps.empty()) return;
    m_steps.back().text += text;
    if (!update.appended.empty()) {
        update.appended.back().text += text;
        return;
    }
    update.reset = m_steps;
    const auto firstOutside = std::find_if(m_steps.begin(), m_steps.end(), [](const TokenStep& step) { return step.laneNorms.empty(); });
    update.reused = firstOutside - m_steps.begin();
}

void StoryLog::forgetCache(StoryUpdate& update) {
    for (TokenStep& step : m_steps) step.laneNorms.clear();
    update.reset = m_steps;
    update.reused = 0;
}

void StoryLog::takeOver(StoryUpdate& update) {
    for (TokenStep& step : m_steps) {
        step.laneNorms.clear();
        step.attention.reset();
        step.alternatives.clear();
        step.probability = 0;
        step.trace = {};
        step.reread = step.origin == TokenOrigin::Generated;
    }
    update.reset = m_steps;
    update.reused = 0;
}

void StoryLog::retell() {
    m_retold.clear();
    std::size_t end = 0;
    for (const TokenStep& step : m_steps) {
        end += step.text.size();
        if (!step.text.empty()) m_retold.push_back({end, step.origin});
    }
    m_steps.clear();
}

std::string StoryLog::text() const {
    std::string text;
    for (const TokenStep& step : m_steps) text += step.text;
    return text;
}

std::optional<double> StoryLog::mirostatMu() const {
    const auto drawn = [](const TokenStep& step) { return step.origin == TokenOrigin::Generated && step.trace.of(SamplerStage::Mirostat); };
    const auto last = std::find_if(m_steps.rbegin(), m_steps.rend(), drawn);
    if (last == m_steps.rend()) return std::nullopt;
    return last->trace.mirostatMu;
}

TokenIds StoryLog::tokens() const {
    TokenIds ids;
    ids.reserve(m_steps.size());
    for (const TokenStep& step : m_steps) ids.push_back(step.token);
    return ids;
}

}  // namespace loom::session
