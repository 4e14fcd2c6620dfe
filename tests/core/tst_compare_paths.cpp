// SPDX-License-Identifier: GPL-3.0-or-later
// comparePaths: equal tokens and logits, bytes that show what each path makes for the past, reasons where nothing can be absorbed.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/engine/api/engine.h"
#include "core/engine/evaluate/compare_paths.h"
#include "tests/core/reference/memory_checkpoint.h"

namespace loom::test {
namespace {

const std::vector<MlaPath> kBoth{MlaPath::Naive, MlaPath::Absorbed};

class ComparePaths : public testing::Test {
protected:
    std::shared_ptr<ReferenceModel> build(const ModelConfig& config) {
        Lab* lab = valueOrThrow(loadLab());
        return valueOrThrow(lab->build(memoryCheckpoint(config), {DeviceKind::Cpu, 1, DType::F32}, account, {}));
    }
    MemoryAccount account;
};

/// Wide heads, so that a key or a value per head and position stands out from the few numbers that scores take.
ModelConfig wide(const std::string& name) {
    ModelConfig config = networkCase(name);
    AttentionConfig& a = config.attention;
    if (a.latent == Latent::Joint) {
        a.qkNopeHeadDim = a.vHeadDim = 64;
    } else {
        a.headDim = 64;
    }
    return config;
}

TEST_F(ComparePaths, bothPathsOfEveryAbsorbableFormAreTheSame) {
    int compared = 0;
    for (const NetworkCase& each : networkCases()) {
        if (absorbObstacle(each.config)) continue;
        const auto network = build(each.config);
        const TokenIds prompt = someTokens(9, each.config.vocab);
        const PathComparison c = comparePaths(*network, prompt, 40, kBoth, {});
        EXPECT_EQ(c.tokens.size(), 40U) << each.name;
        EXPECT_TRUE(c.sameChoices()) << each.name;
        EXPECT_EQ(c.sameTokens + std::ssize(c.differences), 40) << each.name;
        EXPECT_LE(c.maxLogitDifference, 1e-4) << each.name;
        EXPECT_GT(c.maxLogitDifference, 0) << each.name << ": two paths round differently";
        ASSERT_EQ(c.paths.size(), 2U) << each.name;
        for (const PathMeasure& m : c.paths) {
            EXPECT_EQ(m.cache.bytes, cacheSpec(each.config, m.path, DType::F32).bytesPerToken() * 49) << each.name;
            EXPECT_EQ(m.cache.usedTokens, 49);
            EXPECT_GT(m.secondsPerToken, 0);
        }
        ++compared;
    }
    EXPECT_EQ(compared, 12);
}

TEST_F(ComparePaths, absorbedNeverMakesKeysOrValuesPerHeadForThePast) {
    for (const char* name : {"joint", "paperLearned", "paperNoPositions"}) {
        const ModelConfig config = wide(name);
        const auto network = build(config);
        const PathComparison c = comparePaths(*network, someTokens(60, config.vocab), 20, {MlaPath::Absorbed, MlaPath::Naive}, {});
        const AttentionConfig& a = config.attention;
        EXPECT_EQ(c.perHeadPastBytes, config.layers * 79 * a.heads * (a.qkHeadDim() + a.valueHeadDim()) * 4) << name;
        ASSERT_TRUE(c.paths[0].bytesForPast()) << name;
        EXPECT_GT(*c.paths[0].bytesForPast(), 0) << name << ": the scores";
        EXPECT_LT(*c.paths[0].bytesForPast(), c.perHeadPastBytes / 4) << name;
        EXPECT_LT(c.paths[0].lastStep->largest, 79 * a.heads * 64 * 4) << name << ": no tensor as large as one layer's keys or values";
    }
}

TEST_F(ComparePaths, rebuildingShowsInTheBytes) {
    const ModelConfig config = wide("paperRotary");
    const auto network = build(config);
    const PathComparison c = comparePaths(*network, someTokens(60, config.vocab), 20, kBoth, {});
    EXPECT_EQ(c.obstacle, AbsorbObstacle::RotaryAfterUp);
    ASSERT_EQ(c.paths.size(), 1U) << "there is no absorbed path";
    EXPECT_EQ(c.paths[0].path, MlaPath::Naive);
    EXPECT_GE(*c.paths[0].bytesForPast(), c.perHeadPastBytes) << "keys and values of the past are made again at every step";
}

TEST_F(ComparePaths, behindARotationValuesAreStillNotRebuilt) {
    for (const char* name : {"paperRotary", "shared", "sharedLatentNorm"}) {
        const ModelConfig config = wide(name);
        const auto network = build(config);
        const TokenIds tokens = someTokens(80, config.vocab);
        const auto lastStep = [&](MlaPath path) {
            const auto story = valueOrThrow(network->newSequence(80, path));
            (void)valueOrThrow(story->forward(std::span(tokens).first(79), {}));
            ForwardOptions options;
            options.memory = true;
            return valueOrThrow(story->forward(std::span(tokens).last(1), options)).memory->total;
        };
        const std::int64_t values = config.layers * 80 * config.attention.heads * config.attention.headDim * 4;
        EXPECT_GE(lastStep(MlaPath::Naive) - lastStep(MlaPath::Absorbed), values * 9 / 10) << name;
    }
}

TEST_F(ComparePaths, onlyAClearChoiceCountsAsADifference) {
    PathComparison c;
    c.differences = {{3, TokenId{1}, TokenId{2}, 0.5e-3}};
    EXPECT_TRUE(c.sameChoices()) << "a tie";
    c.differences.push_back({4, TokenId{1}, TokenId{2}, 2e-3});
    EXPECT_FALSE(c.sameChoices());
    c.differences = {{3, TokenId{1}, TokenId{2}, NAN}};
    EXPECT_FALSE(c.sameChoices());
}

TEST_F(ComparePaths, refusesWhatCannotBeCompared) {
    const auto network = build(networkCase("mha"));
    const TokenIds prompt = someTokens(5, 31);
    EXPECT_THROW((void)comparePaths(*network, prompt, 4, {MlaPath::Absorbed}, {}), Error);
    EXPECT_THROW((void)comparePaths(*build(networkCase("joint")), prompt, 4, {}, {}), Error);
    EXPECT_THROW((void)comparePaths(*network, {}, 4, kBoth, {}), Error);
    EXPECT_THROW((void)comparePaths(*network, prompt, 0, kBoth, {}), Error);
    EXPECT_THROW((void)comparePaths(*network, prompt, 124, kBoth, {}), Error) << "context 128";
    EXPECT_THROW((void)comparePaths(*network, prompt, std::numeric_limits<std::int64_t>::max(), kBoth, {}), Error);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW((void)comparePaths(*network, prompt, 4, kBoth, stop.get_token()), Error);
    EXPECT_EQ(account.current(MemoryKind::Activations), 0) << "all that was made is freed";
}

TEST(ShippedModel, bothPathsWriteTheSame) {
    const auto engine = Engine::create({DeviceKind::Cpu, 1});
    const auto model = valueOrThrow(engine->open(LOOM_SOURCE_DIR "/models/demo-mla", {}));
    const auto network = valueOrThrow(engine->reference(*model, {}));
    for (const char* text : {"Once upon a time", "The old dog", "\"Where is my hat?\" asked"}) {
        TokenIds prompt = model->beginning(false);
        const TokenIds ids = model->tokenizer()->encode(text);
        prompt.insert(prompt.end(), ids.begin(), ids.end());
        const PathComparison c = comparePaths(*network, prompt, 86, kBoth, {});
        EXPECT_TRUE(c.sameChoices()) << text;
        EXPECT_LE(c.maxLogitDifference, 1e-4) << text;
        EXPECT_LT(*c.paths[1].bytesForPast(), c.perHeadPastBytes / 4) << text << ": scores, no keys or values per head";
    }
}

TEST(Absorption, everyFormHasAPathOrAReason) {
    for (const NetworkCase& each : networkCases()) {
        const auto obstacle = absorbObstacle(each.config);
        if (each.config.attention.latent == Latent::None) {
            EXPECT_EQ(obstacle, AbsorbObstacle::NoLatent) << each.name;
        } else if (each.config.attention.latent != Latent::Joint && each.config.positions == Positions::Rotary) {
            EXPECT_EQ(obstacle, AbsorbObstacle::RotaryAfterUp);
        } else {
            EXPECT_FALSE(obstacle) << each.name;
        }
        EXPECT_TRUE(!obstacle || sentence(*obstacle).ends_with(".")) << each.name;
    }
}

}  // namespace
}  // namespace loom::test
