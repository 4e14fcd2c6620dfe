// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/story_coalescer.h"

#include <utility>

namespace loom::session {

StoryCoalescer::StoryCoalescer(JobId job, StoryLog& log, Hooks hooks) : m_hooks(std::move(hooks)), m_log(log), m_job(job) {}

void StoryCoalescer::onPrompt(const std::vector<TokenStep>& prompt, std::int64_t reused) {
    m_log.prompt(prompt, reused, m_waiting);
    sendIfDue();
}

void StoryCoalescer::onPrefill(const std::vector<TokenStep>& steps, std::int64_t done, std::int64_t total) {
    for (const TokenStep& step : steps) m_log.cached(step, m_waiting);
    m_waiting.prefillDone = done;
    m_waiting.prefillTotal = total;
    sendIfDue();
}

void StoryCoalescer::onToken(const TokenStep& step) {
    m_log.append(step, m_waiting);
    const Clock::time_point now = m_hooks.now();
    m_tokenTimes.push_back(now);
    while (m_tokenTimes.size() > 2 && now - m_tokenTimes.front() > std::chrono::seconds(1)) m_tokenTimes.pop_front();
    sendIfDue();
}

void StoryCoalescer::onTail(const std::string& text) {
    m_log.tail(text, m_waiting);
    m_hasWaiting = true;  // goes out with finish()
}

void StoryCoalescer::onCached(const TokenStep& step) {
    m_log.cached(step, m_waiting);
    m_hasWaiting = true;
    if (m_hooks.beforeNext) m_hooks.beforeNext();
}

void StoryCoalescer::finish() {
    if (m_hasWaiting) send(m_hooks.now());
}

void StoryCoalescer::sendIfDue() {
    m_hasWaiting = true;
    const Clock::time_point now = m_hooks.now();
    if (!m_hasSent || now - m_lastSent >= kBatchInterval) send(now);
    if (m_hooks.beforeNext) m_hooks.beforeNext();
}

void StoryCoalescer::send(Clock::time_point now) {
    m_waiting.job = m_job;
    m_waiting.cache = m_hooks.cacheUse();
    m_waiting.tokensPerSecond = tokensPerSecond();
    m_lastSent = now;
    m_hasSent = true;
    m_hasWaiting = false;
    m_hooks.send(std::exchange(m_waiting, StoryUpdate{}));
}

double StoryCoalescer::tokensPerSecond() const {
    if (m_tokenTimes.size() < 2) return 0;
    const double seconds = std::chrono::duration<double>(m_tokenTimes.back() - m_tokenTimes.front()).count();
    return seconds > 0 ? static_cast<double>(m_tokenTimes.size() - 1) / seconds : 0;
}

}  // namespace loom::session
