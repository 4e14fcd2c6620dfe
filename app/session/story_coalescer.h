// SPDX-License-Identifier: GPL-3.0-or-later
// StoryCoalescer: turns what the engine reports for every token into at most 30 updates a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "app/session/story_log.h"
#include "core/data/generate.h"
#include "core/data/story_update.h"

namespace loom::session {

inline constexpr std::chrono::milliseconds kBatchInterval{34};  ///< just under 30 a second

/// Lives on the engine's thread for one job. Nothing is lost: what waits when the job ends goes out with finish().
class StoryCoalescer final : public GenerateObserver {
public:
    using Clock = std::chrono::steady_clock;
    struct Hooks {
        std::function<void(StoryUpdate&&)> send;
        std::function<CacheUse()> cacheUse;  ///< asked for every update that is sent
        std::function<void()> beforeNext;    ///< after every report: the place to pass on changed wishes; may be empty
        std::function<Clock::time_point()> now = [] { return Clock::now(); };
    };
    StoryCoalescer(JobId job, StoryLog& log, Hooks hooks);

    void onPrompt(const std::vector<TokenStep>& prompt, std::int64_t reused) override;
    void onPrefill(const std::vector<TokenStep>& steps, std::int64_t done, std::int64_t total) override;
    void onToken(const TokenStep& step) override;
    void onTail(const std::string& text) override;
    /// Waits for the token that follows at once, so that a slow model's newest word is never the one held back.
    void onCached(const TokenStep& step) override;
    /// Sends what is left, if anything is.
    void finish();

private:
    void sendIfDue();
    void send(Clock::time_point now);
    [[nodiscard]] double tokensPerSecond() const;

    Hooks m_hooks;
    StoryLog& m_log;
    JobId m_job;
    StoryUpdate m_waiting;
    bool m_hasWaiting = false;
    bool m_hasSent = false;
    Clock::time_point m_lastSent{};
    std::deque<Clock::time_point> m_tokenTimes;  ///< of the last second, and always the last two
};

}  // namespace loom::session
