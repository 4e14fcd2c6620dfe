// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain on cases worked out by hand, its randomness, and what it reports.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/engine/generate/philox.h"
#include "core/engine/generate/sampler.h"
#include "tests/support/expect_error.h"

namespace loom {
namespace {

using test::errorOf;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

SamplerSettings off() { return plainSampling(); }

/// Logits whose softmax is `probabilities`; 0 gives -inf.
std::vector<float> logitsOf(const std::vector<double>& probabilities) {
    std::vector<float> out;
    for (const double p : probabilities) out.push_back(static_cast<float>(std::log(p)));
    return out;
}

/// The probabilities after the samplers, by token.
std::vector<double> afterOf(const std::vector<float>& logits, const SamplerSettings& settings, const TokenIds& recent = {}) {
    const SampleResult result = sample(logits, settings, recent, 1, 2, static_cast<std::int64_t>(logits.size()));
    std::vector<double> out(logits.size(), 0.0);
    for (std::size_t i = 0; i < result.before.size(); ++i) out[result.before[i].token.index()] = result.after[i];
    return out;
}

/// What a stage left; -1 where it was off.
std::int64_t tokensAfter(const SampleResult& result, SamplerStage stage) {
    const StageTrace* did = result.trace.of(stage);
    return did ? did->tokensAfter : -1;
}

void expectNear(const std::vector<double>& actual, const std::vector<double>& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-6) << "token " << i;
}

const std::vector<double> kFive = {0.1, 0.4, 0.25, 0.05, 0.2};

TEST(Philox, KnownAnswers) {
    using Words = std::array<std::uint32_t, 4>;
    constexpr std::uint32_t ones = 0xFFFFFFFF;
    EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
    EXPECT_EQ(uniformAt(0, 0), static_cast<float>(0x6627e8) / 16777216.0F);
}

TEST(Philox, UniformDependsOnAllBitsOfSeedAndPosition) {
    const float first = uniformAt(1, 1);
    EXPECT_EQ(uniformAt(1, 1), first);
    EXPECT_NE(uniformAt(2, 1), first);
    EXPECT_NE(uniformAt(1, 2), first);
    EXPECT_NE(uniformAt(1 | std::uint64_t{1} << 32, 1), first);
    EXPECT_NE(uniformAt(1, 1 | std::uint64_t{1} << 32), first);
    double sum = 0;
    for (std::uint64_t i = 0; i < 10000; ++i) {
        const float u = uniformAt(42, i);
        ASSERT_GE(u, 0.0F);
        ASSERT_LT(u, 1.0F);
        sum += u;
    }
    EXPECT_NEAR(sum / 10000, 0.5, 0.01);
}

TEST(Sampler, OffLeavesEverythingAsItIs) { expectNear(afterOf(logitsOf(kFive), off()), kFive); }

TEST(Sampler, GreedyTakesTheBestAndTheLowerIdOfEquals) {
    SamplerSettings settings = off();
    settings.temperature = 0;
    settings.topK = 1;
    const SampleResult result = sample(std::vector<float>{1, 3, 2, 3}, settings, {}, 5, 6, 4);
    EXPECT_EQ(result.token, TokenId(1));
    EXPECT_EQ(tokensAfter(result, SamplerStage::Temperature), 1);
    ASSERT_EQ(result.before.size(), 4U);
    EXPECT_EQ(result.before[0].token, TokenId(1));
    EXPECT_EQ(result.before[1].token, TokenId(3));
    EXPECT_EQ(result.after, (std::vector<float>{1, 0, 0, 0}));
    EXPECT_NEAR(result.probability, 1 / (2 + std::exp(-1.0) + std::exp(-2.0)), 1e-6);
}

TEST(Sampler, Temperature) {
    SamplerSettings settings = off();
    settings.temperature = 0.5;  // squares the probabilities
    expectNear(afterOf(logitsOf({0.2, 0.3, 0.5}), settings), {0.04 / 0.38, 0.09 / 0.38, 0.25 / 0.38});
    settings.temperature = 100;
    for (const double p : afterOf(logitsOf({0.2, 0.3, 0.5}), settings)) EXPECT_NEAR(p, 1.0 / 3, 0.01);
    settings.temperature = 1e-30;
    expectNear(afterOf(logitsOf({0.2, 0.3, 0.5}), settings), {0, 0, 1});
}

TEST(Sampler, TopK) {
    SamplerSettings settings = off();
    settings.topK = 2;
    expectNear(afterOf(logitsOf(kFive), settings), {0, 0.4 / 0.65, 0.25 / 0.65, 0, 0});
    settings.topK = 99;
    expectNear(afterOf(logitsOf(kFive), settings), kFive);
    settings.topK = 2;
    expectNear(afterOf({1, 1, 1, 1}, settings), {0.5, 0.5, 0, 0});  // ties go to the lower ids
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesIt) {
    SamplerSettings settings = off();
    settings.topP = 0.6;  // 0.4 + 0.25 = 0.65
    expectNear(afterOf(logitsOf(kFive), settings), {0, 0.4 / 0.65, 0.25 / 0.65, 0, 0});
    settings.topP = 0.39;
    expectNear(afterOf(logitsOf(kFive), settings), {0, 1, 0, 0, 0});
    settings.topP = 0;
    expectNear(afterOf(logitsOf(kFive), settings), {0, 1, 0, 0, 0});
    settings.topP = 0.5;  // reached exactly by two of four equals
    expectNear(afterOf({2, 2, 2, 2}, settings), {0.5, 0.5, 0, 0});
    settings.topP = std::nextafter(1.0, 0.0);
    expectNear(afterOf(logitsOf(kFive), settings), kFive);
}

TEST(Sampler, MinP) {
    SamplerSettings settings = off();
    settings.minP = 0.45;  // 0.18 of 0.4
    expectNear(afterOf(logitsOf(kFive), settings), {0, 0.4 / 0.85, 0.25 / 0.85, 0, 0.2 / 0.85});
    settings.minP = 1;
    expectNear(afterOf(logitsOf(kFive), settings), {0, 1, 0, 0, 0});
}

TEST(Sampler, PenaltyDividesPositiveAndMultipliesNegativeLogitsOnce) {
    SamplerSettings settings = off();
    settings.repetitionPenalty = 2;
    const double total = std::exp(1.0) + std::exp(-2.0) + std::exp(0.5);
    expectNear(afterOf({2, -1, 0.5}, settings, {TokenId(0), TokenId(1), TokenId(0), TokenId(7), TokenId(-1)}),
               {std::exp(1.0) / total, std::exp(-2.0) / total, std::exp(0.5) / total});
    settings.temperature = 0;
    EXPECT_EQ(sample(std::vector<float>{2, -1, 1.5}, settings, TokenIds{TokenId(0)}, 1, 1, 0).token, TokenId(2));
    settings.repetitionPenalty = 0.5;
    EXPECT_EQ(sample(std::vector<float>{1, 1.5F}, settings, TokenIds{TokenId(0)}, 1, 1, 0).token, TokenId(0));
}

TEST(Sampler, TheChainGoesInItsOrder) {
    SamplerSettings settings = off();
    settings.temperature = 0.5;
    settings.topK = 3;
    settings.topP = 0.9;
    settings.minP = 0.3;
    // Squared: .01 .16 .0625 .0025 .04. Top-k keeps .16 .0625 .04 (sum .2625); top-p: .16 + .0625 = .85 of it, so all three;
    // min-p: at least .048, so two.
    const SampleResult result = sample(logitsOf(kFive), settings, {}, 1, 2, 5);
    EXPECT_EQ(tokensAfter(result, SamplerStage::TopK), 3);
    EXPECT_EQ(tokensAfter(result, SamplerStage::TopP), 3);
    EXPECT_EQ(tokensAfter(result, SamplerStage::MinP), 2);
    expectNear(afterOf(logitsOf(kFive), settings), {0, 0.16 / 0.2225, 0.0625 / 0.2225, 0, 0});
    settings.topP = 0.84;
    EXPECT_EQ(tokensAfter(sample(logitsOf(kFive), settings, {}, 1, 2, 5), SamplerStage::TopP), 2);
    settings.topK = 0;  // then .16 + .0625 is only .81 of .275
    EXPECT_EQ(tokensAfter(sample(logitsOf(kFive), settings, {}, 1, 2, 5), SamplerStage::TopP), 3);
}

TEST(Sampler, ReportIsSortedAndContainsTheChosenToken) {
    const std::vector<float> logits = logitsOf({0.05, 0.05, 0.3, 0.3, 0.3});
    bool sawUnlikely = false;
    for (std::uint64_t position = 0; position < 300; ++position) {
        const SampleResult result = sample(logits, off(), {}, 9, position, 3);
        ASSERT_EQ(result.before.size(), 3U);
        ASSERT_EQ(result.after.size(), 3U);
        const auto chosen =
            std::find_if(result.before.begin(), result.before.end(), [&](const Candidate& c) { return c.token == result.token; });
        ASSERT_NE(chosen, result.before.end());
        EXPECT_EQ(chosen->probability, result.probability);
        EXPECT_EQ(result.before[0].token, TokenId(2));
        EXPECT_EQ(result.before[1].token, TokenId(3));
        for (std::size_t i = 1; i < 3; ++i) EXPECT_GE(result.before[i - 1].probability, result.before[i].probability);
        sawUnlikely = sawUnlikely || result.token.value() < 2;
    }
    EXPECT_TRUE(sawUnlikely);
    EXPECT_TRUE(sample(logits, off(), {}, 9, 0, 0).before.empty());
    EXPECT_EQ(sample(logits, off(), {}, 9, 0, 1000).before.size(), 5U);
}

TEST(Sampler, DrawsWithTheRightFrequencies) {
    SamplerSettings settings = off();
    settings.topK = 4;  // drops 0.05
    constexpr int kDraws = 20000;
    std::vector<int> counts(kFive.size(), 0);
    for (std::uint64_t position = 0; position < kDraws; ++position)
        ++counts[sample(logitsOf(kFive), settings, {}, 1234, position, 0).token.index()];
    EXPECT_EQ(counts[3], 0);
    double chiSquare = 0;
    for (std::size_t i = 0; i < kFive.size(); ++i) {
        if (i == 3) continue;
        const double expected = kDraws * kFive[i] / 0.95;
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(chiSquare, 16.3);  // three degrees of freedom, one in a thousand
}

TEST(Sampler, SameSeedAndPositionSameToken) {
    std::vector<float> logits(1000);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(std::sin(static_cast<double>(i) * 12.9898) * 3);
    SamplerSettings all = off();
    SamplerSettings wide = off();
    wide.topK = 1000;
    int different = 0;
    for (std::uint64_t position = 0; position < 50; ++position) {
        const TokenId token = sample(logits, all, {}, 77, position, 0).token;
        EXPECT_EQ(sample(logits, all, {}, 77, position, 10).token, token);
        EXPECT_EQ(sample(logits, wide, {}, 77, position, 3).token, token);  // a sampler that removes nothing changes nothing
        different += sample(logits, all, {}, 78, position, 0).token != token ? 1 : 0;
    }
    EXPECT_GT(different, 25);
}

TEST(Sampler, ImpossibleTokensAreNeverChosenOrListed) {
    const std::vector<float> logits = {kNaN, 1, -kInfinity, 1, kNaN};
    for (std::uint64_t position = 0; position < 50; ++position) {
        const SampleResult result = sample(logits, off(), TokenIds{TokenId(0), TokenId(2)}, 3, position, 5);
        EXPECT_TRUE(result.token == TokenId(1) || result.token == TokenId(3));
        EXPECT_EQ(result.before.size(), 2U);
        EXPECT_NEAR(result.probability, 0.5, 1e-6);
    }
    SamplerSettings penalty = off();
    penalty.repetitionPenalty = 100;
    expectNear(afterOf({-kInfinity, -3e38F, 3e38F}, penalty, {TokenId(0), TokenId(1)}), {0, 0, 1});
    expectNear(afterOf({1, kInfinity, 2}, off()), {0, 1, 0});
}

TEST(Sampler, RefusesLogitsAndSettingsThatMeanNothing) {
    for (const std::vector<float>& logits : {std::vector<float>{}, {kNaN, kNaN}, {-kInfinity}, {kInfinity, kNaN}}) {
        EXPECT_FALSE(errorOf([&] { (void)sample(logits, off(), {}, 1, 1, 1); }).hint.empty());
    }
    const std::vector<float> logits = {1, 2};
    const auto refused = [&](auto change) {
        SamplerSettings settings = off();
        change(settings);
        EXPECT_FALSE(errorOf([&] { (void)sample(logits, settings, {}, 1, 1, 1); }).what.empty());
    };
    refused([](SamplerSettings& s) { s.temperature = -1; });
    refused([](SamplerSettings& s) { s.temperature = kNaN; });
    refused([](SamplerSettings& s) { s.topK = -1; });
    refused([](SamplerSettings& s) { s.topP = 1.5; });
    refused([](SamplerSettings& s) { s.minP = -0.1; });
    refused([](SamplerSettings& s) { s.repetitionPenalty = 0; });
}

/// Against a full sort, on a vocabulary large enough for every way of selecting.
TEST(Sampler, LargeVocabulariesGiveWhatAFullSortGives) {
    std::vector<float> logits(130'000);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = std::round(static_cast<float>(uniformAt(5, i)) * 400) / 40;  // many ties
    std::vector<std::uint32_t> order(logits.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return logits[a] > logits[b]; });
    double total = 0;
    for (const float x : logits) total += std::exp(static_cast<double>(x) - 10);
    for (const double topP : {0.0001, 0.01, 0.5, 0.95}) {
        double sum = 0;
        std::int64_t expected = 0;
        while (sum < topP * total) sum += std::exp(static_cast<double>(logits[order[static_cast<std::size_t>(expected++)]]) - 10);
        SamplerSettings settings = off();
        settings.topP = topP;
        const SampleResult result = sample(logits, settings, {}, 1, 1, 700);
        EXPECT_NEAR(static_cast<double>(tokensAfter(result, SamplerStage::TopP)), static_cast<double>(expected), 1.0) << topP;
        for (std::size_t i = 0; i < 699; ++i) ASSERT_EQ(result.before[i].token.value(), order[i]) << i;
    }
    for (const std::int64_t topK : {1, 40, 700, 100'000}) {
        SamplerSettings settings = off();
        settings.topK = topK;
        const SampleResult result = sample(logits, settings, {}, 1, 1, 5);
        EXPECT_EQ(tokensAfter(result, SamplerStage::TopK), topK);
        EXPECT_GE(logits[result.token.index()], logits[order[static_cast<std::size_t>(topK - 1)]]);
    }
}

}  // namespace
}  // namespace loom
