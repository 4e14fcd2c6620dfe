// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain as a whole: no stage takes everything, off is identity, the order counts, nothing is allocated, what each stage
// reports.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>

#include "core/engine/generate/sampler.h"
#include "tests/support/expect_error.h"

namespace {

std::atomic<std::int64_t> allocations{0};

void* counted(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace loom {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Each stage as strong as it gets.
SamplerSettings extreme(SamplerStage stage) {
    SamplerSettings s = plainSampling();
    switch (stage) {
        case SamplerStage::Repetition: s.repetitionPenalty = 100; break;
        case SamplerStage::Dry: s.dryMultiplier = 100, s.dryBase = 10, s.dryAllowed = 0; break;
        case SamplerStage::Temperature: s.temperature = 0; break;
        case SamplerStage::TopNSigma: s.topNSigma = 1e-9; break;
        case SamplerStage::TopK: s.topK = 1; break;
        case SamplerStage::Typical: s.typicalP = 0; break;
        case SamplerStage::TopP: s.topP = 0; break;
        case SamplerStage::MinP: s.minP = 1; break;
        case SamplerStage::Xtc: s.xtcProbability = 1, s.xtcThreshold = 0; break;
        case SamplerStage::Mirostat: s.mirostatTau = 1e-9; break;
    }
    return s;
}

SamplerSettings everything() {
    SamplerSettings s;
    s.repetitionPenalty = 1.1;
    s.dryMultiplier = 0.8;
    s.temperature = 1.3;
    s.topNSigma = 3;
    s.topK = 60;
    s.typicalP = 0.95;
    s.topP = 0.95;
    s.minP = 0.01;
    s.xtcProbability = 0.5;
    s.xtcThreshold = 0.15;
    s.mirostatTau = 4;
    return s;
}

std::vector<float> someLogits(std::uint64_t which, std::size_t vocab = 200) {
    std::vector<float> logits(vocab);
    for (std::size_t i = 0; i < vocab; ++i) logits[i] = 8 * uniformAt(which, i) - 4;
    logits[which % vocab] += 4;
    return logits;
}

TokenIds someStory(std::size_t length) {
    TokenIds story;
    for (std::size_t i = 0; i < length; ++i) story.emplace_back(static_cast<std::int64_t>(i * i % 11));
    return story;
}

TEST(SamplerChain, NoStageTakesEverything) {
    const TokenIds story = someStory(40);
    const std::vector<std::vector<float>> hard = {{1},
                                                  {0, 0, 0, 0},
                                                  {-kInfinity, 2, -kInfinity},
                                                  {kNaN, -3, 1, kNaN},
                                                  {3e38F, -3e38F},
                                                  {kInfinity, 1, kInfinity},
                                                  {1e-40F, 0, -1e-40F},
                                                  someLogits(3)};
    for (const SamplerStage stage : kSamplerOrder) {
        for (const std::vector<float>& logits : hard) {
            for (std::uint64_t position = 0; position < 5; ++position) {
                const SampleResult result = sample(logits, extreme(stage), story, 7, position, 4);
                ASSERT_LT(result.token.index(), logits.size()) << name(stage);
                EXPECT_GT(logits[result.token.index()], -kInfinity) << name(stage);
                ASSERT_EQ(result.trace.count, 1) << name(stage);
                const StageTrace& did = result.trace.stages[0];
                EXPECT_EQ(did.stage, stage);
                EXPECT_GE(did.tokensAfter, 1) << name(stage);
                EXPECT_LE(did.tokensAfter, did.tokensBefore) << name(stage);
                EXPECT_GE(did.kept, 0) << name(stage);
                EXPECT_LE(did.kept, 1) << name(stage);
                EXPECT_TRUE(did.moved >= 0 && did.moved <= 1.0001F) << name(stage) << ' ' << did.moved;
                float sum = 0;
                for (const float share : result.after) sum += share;
                EXPECT_LE(sum, 1.0001F) << name(stage);
            }
        }
    }
}

TEST(SamplerChain, AnyOrderOfEverythingChooses) {
    SamplerSettings settings = everything();
    for (int turn = 0; turn < 40; ++turn) {
        std::next_permutation(settings.order.begin() + (turn % 5), settings.order.end());
        std::rotate(settings.order.begin(), settings.order.begin() + 3, settings.order.end());
        const SampleResult result = sample(someLogits(static_cast<std::uint64_t>(turn)), settings, someStory(50), 5, 9, 5);
        ASSERT_EQ(result.trace.count, kSamplerStages);
        std::int32_t tokens = 200;
        for (std::size_t i = 0; i < kSamplerStages; ++i) {
            const StageTrace& did = result.trace.stages.at(i);
            EXPECT_EQ(did.stage, settings.order.at(i));
            EXPECT_EQ(did.tokensBefore, tokens);
            tokens = did.tokensAfter;
        }
    }
}

TEST(SamplerChain, OffIsIdentityWhereverItStands) {
    const std::vector<float> logits = someLogits(1);
    const SampleResult plain = sample(logits, plainSampling(), someStory(30), 3, 4, 200);
    EXPECT_EQ(plain.trace.count, 0);
    for (std::size_t i = 0; i < plain.before.size(); ++i) EXPECT_EQ(plain.before[i].probability, plain.after[i]);
    for (const SamplerStage stage : kSamplerOrder) {
        EXPECT_FALSE(isOn(plainSampling(), stage)) << name(stage);
        EXPECT_TRUE(isOn(extreme(stage), stage)) << name(stage);
        EXPECT_TRUE(isOn(everything(), stage)) << name(stage);
        EXPECT_FALSE(isOn(without(everything(), stage), stage)) << name(stage);
        SamplerSettings one = without(extreme(stage), stage);
        std::reverse(one.order.begin(), one.order.end());
        const SampleResult off = sample(logits, one, someStory(30), 3, 4, 200);
        EXPECT_EQ(off.after, plain.after) << name(stage);
        EXPECT_EQ(off.token, plain.token) << name(stage);
    }
}

TEST(SamplerChain, TheOrderIsTheSettings) {
    SamplerSettings hotFirst = plainSampling();
    hotFirst.temperature = 3;
    hotFirst.topP = 0.5;
    SamplerSettings hotLast = hotFirst;
    hotLast.order = orderFrom("top-p,temperature").value();
    const auto first = sample(someLogits(2), hotFirst, {}, 1, 1, 1).trace;
    const auto last = sample(someLogits(2), hotLast, {}, 1, 1, 1).trace;
    EXPECT_EQ(first.active()[0].stage, SamplerStage::Temperature);
    EXPECT_EQ(last.active()[0].stage, SamplerStage::TopP);
    EXPECT_GT(first.of(SamplerStage::TopP)->tokensAfter, last.of(SamplerStage::TopP)->tokensAfter);
    EXPECT_EQ(last.of(SamplerStage::MinP), nullptr);
}

TEST(SamplerChain, SaysHowMuchProbabilityAStageTookOrMoved) {
    const std::vector<float> logits = {std::log(0.1F), std::log(0.4F), std::log(0.25F), std::log(0.05F), std::log(0.2F)};
    SamplerSettings s = plainSampling();
    s.topK = 2;
    s.temperature = 0.5;
    s.order = orderFrom("top-k,temperature").value();
    const SampleResult result = sample(logits, s, {}, 1, 1, 5);
    EXPECT_NEAR(result.trace.active()[0].kept, 0.65, 1e-5);
    EXPECT_EQ(result.trace.active()[0].moved, 0);
    // 0.4 : 0.25 becomes 0.16 : 0.0625
    EXPECT_NEAR(result.trace.active()[1].moved, 0.16 / 0.2225 - 0.4 / 0.65, 1e-5);
    EXPECT_EQ(result.trace.active()[1].kept, 1);
    EXPECT_EQ(sample(logits, s, {}, 1, 1, 0).trace.count, 0) << "not asked for";
}

TEST(SamplerChain, XtcFiresAsOftenAsItIsTold) {
    SamplerSettings s = plainSampling();
    s.xtcProbability = 0.3;
    s.xtcThreshold = 0.2;
    const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
    int fired = 0;
    int draws[2] = {};
    for (std::uint64_t position = 0; position < 4000; ++position) {
        const SampleResult result = sample(logits, s, {}, 11, position, 3);
        if (result.after[0] > 0) continue;
        ++fired;
        ++draws[uniformAt(11, position) < 0.5F ? 0 : 1];
    }
    EXPECT_NEAR(fired / 4000.0, 0.3, 0.03);
    EXPECT_NEAR(static_cast<double>(draws[0]) / fired, 0.5, 0.06) << "its numbers have nothing to do with those that draw";
}

TEST(SamplerChain, MirostatIsCarriedOn) {
    SamplerSettings s = plainSampling();
    s.mirostatTau = 2;
    s.mirostatEta = 0.7;
    Sampler whole(s, 5);
    std::vector<TokenId> tokens;
    std::vector<double> mus;
    for (std::uint64_t i = 0; i < 60; ++i) {
        const SampleResult& result = whole.choose(someLogits(i), {}, i, 0);
        tokens.push_back(result.token);
        mus.push_back(result.trace.mirostatMu);
    }
    Sampler rest(s, 5, {}, mus[29]);
    for (std::uint64_t i = 30; i < 60; ++i) {
        EXPECT_EQ(rest.choose(someLogits(i), {}, i, 0).token, tokens[i]);
    }
    EXPECT_EQ(Sampler(s, 5).choose(someLogits(0), {}, 0, 0).trace.mirostatMu, mus[0]) << "a text that begins starts at twice the target";
    EXPECT_NE(Sampler(s, 5).choose(someLogits(30), {}, 30, 0).trace.mirostatMu, mus[30]) << "one that goes on does not";
    const double surprise = s.mirostatTau + (mus[19] - mus[59]) / (40 * s.mirostatEta);  // the mean of 40 tokens
    EXPECT_NEAR(surprise, s.mirostatTau, 0.15) << "bits";
}

TEST(SamplerChain, NothingIsAllocatedOnceThereIsRoom) {
    for (const std::int64_t report : {0, 10}) {
        Sampler sampler(everything(), 3, std::make_shared<TokenFlags>(200, std::uint8_t{0}));
        sampler.reserve(200, 300);
        TokenIds story = someStory(20);
        story.reserve(300);
        std::vector<std::vector<float>> logits;
        for (std::uint64_t i = 0; i < 50; ++i) logits.push_back(someLogits(i));
        story.push_back(sampler.choose(logits[0], story, 0, report).token);
        const std::int64_t before = allocations;
        for (std::uint64_t i = 1; i < 50; ++i) story.push_back(sampler.choose(logits[i], story, i, report).token);
        EXPECT_EQ(allocations - before, 0) << report;
        EXPECT_GT(before, 50) << "what is allocated is counted";
    }
}

}  // namespace
}  // namespace loom
