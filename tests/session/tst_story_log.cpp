// SPDX-License-Identifier: GPL-3.0-or-later
// StoryLog: a continued story loses nothing that was known about it.
#include <gtest/gtest.h>

#include "app/session/story_log.h"

namespace loom::session {
namespace {

TokenStep step(std::int64_t id, std::int64_t position, TokenOrigin origin = TokenOrigin::Generated) {
    TokenStep result;
    result.token = TokenId{id};
    result.position = position;
    result.origin = origin;
    result.text = std::string("t").append(std::to_string(id));
    return result;
}

TokenStep written(std::int64_t id, std::int64_t position) {
    TokenStep result = step(id, position);
    result.probability = 0.25F;
    result.alternatives = {{TokenId{id}, "t", 0.25F, 0.5F}};
    return result;
}

TEST(StoryLog, FirstPromptResets) {
    StoryLog log;
    StoryUpdate update;
    log.prompt({step(1, 0, TokenOrigin::Special), step(5, 1, TokenOrigin::Prompt)}, 0, update);
    ASSERT_TRUE(update.reset);
    EXPECT_EQ(update.reset->size(), 2U);
    EXPECT_TRUE(update.appended.empty());
    EXPECT_EQ(log.tokens(), (TokenIds{TokenId{1}, TokenId{5}}));
}

TEST(StoryLog, MirostatGoesOnWithTheLastTokenItDrew) {
    StoryLog log;
    StoryUpdate update;
    log.prompt({step(1, 0, TokenOrigin::Prompt)}, 0, update);
    EXPECT_FALSE(log.mirostatMu());
    TokenStep drawn = written(7, 1);
    drawn.trace.stages[0].stage = SamplerStage::Mirostat;
    drawn.trace.count = 1;
    drawn.trace.mirostatMu = 3.5;
    log.append(drawn, update);
    log.append(written(8, 2), update);
    TokenStep typed = drawn;
    typed.origin = TokenOrigin::Prompt;
    typed.trace.mirostatMu = 9;
    log.append(typed, update);
    EXPECT_EQ(log.mirostatMu(), 3.5);
    StoryUpdate other;
    log.takeOver(other);
    EXPECT_FALSE(log.mirostatMu()) << "another network's odds";
}

TEST(StoryLog, GoingOnAppendsOnlyWhatIsNew) {
    StoryLog log;
    StoryUpdate first;
    log.prompt({step(1, 0, TokenOrigin::Prompt)}, 0, first);
    log.append(written(7, 1), first);
    StoryUpdate second;
    log.prompt({step(1, 0, TokenOrigin::Prompt), step(7, 1, TokenOrigin::Prompt), step(9, 2, TokenOrigin::Prompt)}, 1, second);
    EXPECT_FALSE(second.reset);
    ASSERT_EQ(second.appended.size(), 1U);
    EXPECT_EQ(second.appended[0].token, TokenId{9});
    EXPECT_EQ(log.size(), 3);
}

TEST(StoryLog, ResetKeepsWhatIsKnownOfTheCommonBeginning) {
    StoryLog log;
    StoryUpdate first;
    log.prompt({step(1, 0, TokenOrigin::Prompt)}, 0, first);
    log.append(written(7, 1), first);
    log.append(written(2, 2), first);  // the end token, taken back by the next prompt
    TokenStep inCache = step(7, 1);
    inCache.laneNorms = {1, 2};
    log.cached(inCache, first);
    StoryUpdate second;
    log.prompt({step(1, 0, TokenOrigin::Prompt), step(7, 1, TokenOrigin::Prompt), step(9, 2, TokenOrigin::Prompt)}, 2, second);
    ASSERT_TRUE(second.reset);
    ASSERT_EQ(second.reset->size(), 3U);
    const TokenStep& kept = (*second.reset)[1];
    EXPECT_EQ(kept.origin, TokenOrigin::Generated);
    EXPECT_EQ(kept.alternatives.size(), 1U);
    EXPECT_FLOAT_EQ(kept.probability, 0.25F);
    EXPECT_EQ(kept.laneNorms.size(), 2U);
    EXPECT_EQ((*second.reset)[2].origin, TokenOrigin::Prompt);
    EXPECT_EQ(second.reused, 2);
}

TEST(StoryLog, NormsOfPositionsOutsideTheReusedCacheAreForgotten) {
    StoryLog log;
    StoryUpdate first;
    log.prompt({step(1, 0), step(7, 1)}, 0, first);
    TokenStep inCache = step(7, 1);
    inCache.laneNorms = {1};
    log.cached(inCache, first);
    StoryUpdate second;
    log.prompt({step(1, 0), step(7, 1), step(8, 2)}, 1, second);
    EXPECT_FALSE(second.reset);  // same beginning: appended
    StoryUpdate third;
    log.prompt({step(1, 0), step(7, 1)}, 1, third);
    ASSERT_TRUE(third.reset);
    EXPECT_TRUE((*third.reset)[1].laneNorms.empty());
}

TEST(StoryLog, CachedDoesNotReplaceTheAlternativesOfAWrittenToken) {
    StoryLog log;
    StoryUpdate update;
    log.prompt({step(1, 0)}, 0, update);
    log.append(written(7, 1), update);
    TokenStep again = step(7, 1, TokenOrigin::Prompt);
    again.alternatives = {{TokenId{3}, "x", 1.F, 1.F}};
    again.laneNorms = {4};
    log.cached(again, update);
    ASSERT_EQ(update.cached.size(), 1U);
    EXPECT_EQ(update.cached[0].alternatives[0].token, TokenId{7});
    EXPECT_EQ(update.cached[0].origin, TokenOrigin::Generated);
    EXPECT_EQ(update.cached[0].laneNorms, std::vector<float>{4});
}

TEST(StoryLog, CachedOutsideTheStoryIsIgnored) {
    StoryLog log;
    StoryUpdate update;
    log.prompt({step(1, 0)}, 0, update);
    log.cached(step(1, 5), update);
    log.cached(step(1, -1), update);
    EXPECT_TRUE(update.cached.empty());
}

TEST(StoryLog, TailGoesIntoTheWaitingTokenOrResends) {
    StoryLog log;
    StoryUpdate update;
    log.tail("nothing to add to", update);
    EXPECT_FALSE(update.reset);
    log.prompt({step(1, 0)}, 0, update);
    log.append(written(7, 1), update);
    log.tail("!", update);
    EXPECT_EQ(update.appended.back().text, "t7!");
    StoryUpdate later;
    TokenStep inCache = step(1, 0);
    inCache.laneNorms = {1};
    log.cached(inCache, later);
    log.tail("?", later);
    ASSERT_TRUE(later.reset);
    EXPECT_EQ(later.reset->back().text, "t7!?");
    EXPECT_EQ(later.reused, 1);
}

TEST(StoryLog, ForgetCacheKeepsTheStory) {
    StoryLog log;
    StoryUpdate update;
    log.prompt({step(1, 0)}, 0, update);
    log.append(written(7, 1), update);
    TokenStep inCache = step(7, 1);
    inCache.laneNorms = {1};
    log.cached(inCache, update);
    StoryUpdate forgotten;
    log.forgetCache(forgotten);
    ASSERT_TRUE(forgotten.reset);
    EXPECT_EQ(forgotten.reset->size(), 2U);
    EXPECT_EQ(forgotten.reused, 0);
    EXPECT_TRUE((*forgotten.reset)[1].laneNorms.empty());
    EXPECT_EQ((*forgotten.reset)[1].alternatives.size(), 1U);
}

TEST(StoryLog, AnotherNetworkForgetsWhatTheFirstOneSaid) {
    StoryLog log;
    StoryUpdate first;
    log.prompt({step(1, 0, TokenOrigin::Prompt)}, 0, first);
    log.append(written(7, 1), first);
    TokenStep known = step(7, 1);
    known.laneNorms = {1, 2};
    known.attention = std::make_shared<const AttentionRow>();
    log.cached(known, first);
    StoryUpdate taken;
    log.takeOver(taken);
    ASSERT_TRUE(taken.reset);
    ASSERT_EQ(taken.reset->size(), 2U);
    EXPECT_EQ(taken.reused, 0);
    EXPECT_FALSE(taken.reset->front().reread) << "a person's word is nobody else's";
    const TokenStep& word = taken.reset->back();
    EXPECT_TRUE(word.alternatives.empty() && word.laneNorms.empty() && !word.attention);
    EXPECT_EQ(word.probability, 0);
    EXPECT_EQ(word.origin, TokenOrigin::Generated);
    EXPECT_TRUE(word.reread);
    // The second one reads it and says what it thinks.
    StoryUpdate read;
    log.prompt({step(1, 0, TokenOrigin::Prompt), step(7, 1, TokenOrigin::Prompt)}, 0, read);
    EXPECT_FALSE(read.reset);
    TokenStep expected = written(7, 1);
    expected.probability = 0.125F;
    log.cached(expected, read);
    ASSERT_EQ(read.cached.size(), 1U);
    EXPECT_EQ(read.cached[0].probability, 0.125F);
    EXPECT_TRUE(read.cached[0].reread);
}

TEST(StoryLog, RetoldInOtherTokensItKeepsWhoWroteWhat) {
    StoryLog log;
    StoryUpdate first;
    log.prompt({step(1, 0, TokenOrigin::Special), step(22, 1, TokenOrigin::Prompt)}, 0, first);  // "t1t22"
    log.append(written(333, 2), first);                                                          // "t333"
    EXPECT_EQ(log.text(), "t1t22t333");
    log.retell();
    TokenStep begin = step(0, 0, TokenOrigin::Special), a = step(4, 1, TokenOrigin::Prompt), b = a, c = a;
    begin.text = "";
    a.text = "t1t2";
    b.text = "2t";
    c.text = "333";
    StoryUpdate retold;
    log.prompt({begin, a, b, c}, 0, retold);
    ASSERT_TRUE(retold.reset);
    ASSERT_EQ(retold.reset->size(), 4U);
    EXPECT_EQ((*retold.reset)[0].origin, TokenOrigin::Special);
    EXPECT_EQ((*retold.reset)[2].origin, TokenOrigin::Prompt) << "it begins in a person's word";
    EXPECT_EQ((*retold.reset)[3].origin, TokenOrigin::Generated);
    EXPECT_TRUE((*retold.reset)[3].reread);
    // Nothing of that is left for the next prompt.
    StoryUpdate other;
    log.prompt({step(5, 0, TokenOrigin::Prompt)}, 0, other);
    EXPECT_EQ(other.reset->front().origin, TokenOrigin::Prompt);
}

}  // namespace
}  // namespace loom::session
