// SPDX-License-Identifier: GPL-3.0-or-later
// StoryCoalescer: at most 30 updates a second, nothing lost, the newest word never held back by a slow model.
#include <gtest/gtest.h>

#include "app/session/story_coalescer.h"

namespace loom::session {
namespace {

using namespace std::chrono_literals;

class Coalescing : public ::testing::Test {
protected:
    StoryCoalescer::Hooks hooks() {
        return {.send =
                    [this](StoryUpdate&& update) {
                        sentAt.push_back(now);
                        sent.push_back(std::move(update));
                    },
                .cacheUse =
                    [this] {
                        CacheUse use;
                        use.usedTokens = used;
                        return use;
                    },
                .beforeNext = [this] { ++asked; },
                .now = [this] { return now; }};
    }
    static TokenStep token(std::int64_t n) {
        TokenStep step;
        step.token = TokenId{n};
        step.position = n;
        step.text = std::string("w").append(std::to_string(n)).append(" ");
        return step;
    }
    [[nodiscard]] std::string text() const {
        std::string result;
        for (const StoryUpdate& update : sent) {
            if (update.reset) result.clear();
            if (update.reset)
                for (const TokenStep& step : *update.reset) result += step.text;
            for (const TokenStep& step : update.appended) result += step.text;
        }
        return result;
    }

    StoryLog log;
    StoryCoalescer::Clock::time_point now{};
    std::vector<StoryUpdate> sent;
    std::vector<StoryCoalescer::Clock::time_point> sentAt;
    std::int64_t used = 0;
    int asked = 0;
};

TEST_F(Coalescing, NeverMoreThanThirtyInAnySecondAndNothingLost) {
    StoryCoalescer coalescer(JobId{3}, log, hooks());
    coalescer.onPrompt({token(0)}, 0);
    std::string expected = token(0).text;
    for (std::int64_t n = 1; n <= 5000; ++n) {
        now += 500us;
        used = n;
        coalescer.onToken(token(n));
        coalescer.onCached(token(n));
        expected += token(n).text;
    }
    coalescer.finish();
    EXPECT_EQ(text(), expected);
    EXPECT_EQ(sent.back().appended.back().token, TokenId{5000});
    EXPECT_EQ(sent.back().cache.usedTokens, 5000);
    for (const StoryUpdate& update : sent) EXPECT_EQ(update.job, JobId{3});
    for (std::size_t i = 0; i + 30 < sentAt.size() - 1; ++i) EXPECT_GT(sentAt[i + 30] - sentAt[i], 1s) << i;
    EXPECT_GT(sent.size(), 50U);  // 2.5 s of writing
    std::size_t cached = 0;
    for (const StoryUpdate& update : sent) cached += update.cached.size();
    EXPECT_EQ(cached, 5000U);
    EXPECT_EQ(asked, 10001);
}

TEST_F(Coalescing, SlowModelsShowEveryTokenAtOnce) {
    StoryCoalescer coalescer(JobId{1}, log, hooks());
    coalescer.onPrompt({token(0)}, 0);
    for (std::int64_t n = 1; n <= 5; ++n) {
        now += 200ms;
        coalescer.onCached(token(n - 1));
        now += 1ms;  // sampling
        coalescer.onToken(token(n));
        ASSERT_FALSE(sent.empty());
        ASSERT_FALSE(sent.back().appended.empty());
        EXPECT_EQ(sent.back().appended.back().token, TokenId{n});
        EXPECT_EQ(sent.size(), static_cast<std::size_t>(n) + 1);
    }
}

TEST_F(Coalescing, FinishSendsOnlyWhatWaits) {
    StoryCoalescer coalescer(JobId{1}, log, hooks());
    coalescer.onPrompt({token(0)}, 0);
    coalescer.finish();
    EXPECT_EQ(sent.size(), 1U);
    coalescer.onToken(token(1));
    EXPECT_EQ(sent.size(), 1U);
    coalescer.finish();
    EXPECT_EQ(sent.size(), 2U);
}

TEST_F(Coalescing, TailReachesTheViews) {
    StoryCoalescer coalescer(JobId{1}, log, hooks());
    coalescer.onPrompt({token(0)}, 0);
    now += 1s;
    coalescer.onToken(token(1));  // sent at once
    coalescer.onTail("end");
    coalescer.finish();
    EXPECT_EQ(text(), "w0 w1 end");
}

TEST_F(Coalescing, SpeedIsThatOfTheLastSecond) {
    StoryCoalescer coalescer(JobId{1}, log, hooks());
    coalescer.onPrompt({token(0)}, 0);
    EXPECT_EQ(sent.back().tokensPerSecond, 0);
    for (std::int64_t n = 1; n <= 100; ++n) {
        now += 100ms;
        coalescer.onToken(token(n));
    }
    EXPECT_NEAR(sent.back().tokensPerSecond, 10, 0.01);
    for (std::int64_t n = 101; n <= 150; ++n) {
        now += 50ms;
        coalescer.onToken(token(n));
    }
    EXPECT_NEAR(sent.back().tokensPerSecond, 20, 0.01);
    now += 4s;  // slower than one a second: still the truth
    coalescer.onToken(token(151));
    EXPECT_NEAR(sent.back().tokensPerSecond, 0.25, 0.001);
}

TEST_F(Coalescing, PrefillReportsProgress) {
    StoryCoalescer coalescer(JobId{1}, log, hooks());
    coalescer.onPrompt({token(0), token(1), token(2)}, 0);
    now += 100ms;
    coalescer.onPrefill({token(0), token(1)}, 2, 3);
    EXPECT_EQ(sent.back().prefillDone, 2);
    EXPECT_EQ(sent.back().prefillTotal, 3);
    EXPECT_EQ(sent.back().cached.size(), 2U);
}

}  // namespace
}  // namespace loom::session
