// SPDX-License-Identifier: GPL-3.0-or-later
// Every attention form of the lab against plain loops over doubles: f64 within 1e-10, f32 within 2e-5 of the largest output.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "core/data/absorption.h"
#include "core/engine/api/lab.h"
#include "tests/core/reference/exact_lab.h"
#include "tests/core/reference/memory_checkpoint.h"
#include "tests/core/reference/plain_model.h"

namespace loom::test {
namespace {

constexpr double kExact = 1e-10;

std::vector<double> widened(const std::vector<float>& values) { return {values.begin(), values.end()}; }

double largest(const std::vector<double>& values) {
    double most = 0.0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
}

class AttentionForms : public testing::TestWithParam<NetworkCase> {
protected:
    [[nodiscard]] static std::vector<MlaPath> paths() {
        if (GetParam().config.attention.latent == Latent::None) return {MlaPath::Naive};
        return {MlaPath::Naive, MlaPath::Absorbed};
    }
};

TEST_P(AttentionForms, equalsPlainLoopsInF64) {
    const Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    const TokenIds tokens = someTokens(40, GetParam().config.vocab);
    const PlainResult plain = plainForward(checkpoint, tokens);
    ASSERT_GT(largest(plain.logits), 0.5) << "logits this small would hide a mistake";
    for (const MlaPath path : paths()) {
        const ExactLab lab(checkpoint, path);
        EXPECT_LE(largestDifference(lab.logits(tokens), plain.logits), kExact) << name(path);
        for (std::int64_t layer = 0; layer < GetParam().config.layers; ++layer) {
            EXPECT_LE(largestDifference(lab.attention(tokens, LayerIndex{layer}), plain.attention[static_cast<std::size_t>(layer)]), kExact)
                << name(path) << ", layer " << layer;
        }
    }
}

TEST_P(AttentionForms, incrementalEqualsAtOnceInF64) {
    const Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    const TokenIds tokens = someTokens(23, GetParam().config.vocab);
    for (const MlaPath path : paths()) {
        const ExactLab lab(checkpoint, path);
        const std::vector<double> atOnce = lab.logits(tokens);
        EXPECT_LE(largestDifference(lab.logitsInBlocks(tokens, std::vector<std::int64_t>(23, 1)), atOnce), kExact)
            << name(path) << ", one by one";
        EXPECT_LE(largestDifference(lab.logitsInBlocks(tokens, {5, 1, 9, 2, 6}), atOnce), kExact) << name(path) << ", uneven blocks";
    }
}

TEST_P(AttentionForms, f32IsCloseAtFullSize) {
    ModelConfig config = GetParam().config;
    config.dModel = 256;
    config.layers = 1;
    config.ffnWidth = 300;
    config.attention.heads = 8;
    config.attention.kvHeads = 2 * GetParam().config.attention.kvHeads;
    if (!config.attention.windows.empty()) config.attention.windows = {config.attention.windows.front()};
    if (config.attention.latent == Latent::None) config.attention.headDim = 32;
    if (config.attention.latent == Latent::PerHead || config.attention.latent == Latent::SplitShared) {
        config.attention.headDim = 32;
        config.attention.kRank = config.attention.vRank = 16;
    }
    if (config.attention.latent == Latent::Joint) {
        config.attention.kvLoraRank = 128;
        config.attention.qkNopeHeadDim = 32;
        config.attention.qkRopeHeadDim = 16;
        config.attention.vHeadDim = 32;
        config.attention.qLoraRank *= 10;
    }
    const Checkpoint checkpoint = memoryCheckpoint(config);
    const TokenIds tokens = someTokens(128, config.vocab);
    const PlainResult plain = plainForward(checkpoint, tokens);

    const Result<Lab*> lab = loadLab();
    ASSERT_TRUE(lab) << lab.error().message();
    MemoryAccount account;
    const auto model = (*lab)->build(checkpoint, {DeviceKind::Cpu, 2, DType::F32}, account, {});
    ASSERT_TRUE(model) << model.error().message();
    for (const MlaPath path : paths()) {
        const auto logits = (*model)->logits(tokens, 1, path, {});
        ASSERT_TRUE(logits) << logits.error().message();
        EXPECT_LE(largestDifference(widened(*logits), plain.logits), 2e-5 * largest(plain.logits)) << name(path);
    }
}

INSTANTIATE_TEST_SUITE_P(All, AttentionForms, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

TEST(AttentionReference, naiveEqualsAbsorbedInF64) {
    int compared = 0;
    for (const NetworkCase& each : networkCases()) {
        if (each.config.attention.latent == Latent::None) continue;
        const Checkpoint checkpoint = memoryCheckpoint(each.config);
        const TokenIds tokens = someTokens(40, each.config.vocab);
        const ExactLab naive(checkpoint, MlaPath::Naive);
        const ExactLab absorbed(checkpoint, MlaPath::Absorbed);
        EXPECT_LE(largestDifference(naive.logits(tokens), absorbed.logits(tokens)), kExact) << each.name;
        EXPECT_LE(largestDifference(naive.logitsInBlocks(tokens, {7, 33}), absorbed.logitsInBlocks(tokens, {33, 7})), kExact) << each.name;
        ++compared;
    }
    EXPECT_EQ(compared, 16) << "eight joint latents, eight of keys and of values (where a rotation follows, values alone are absorbed)";
}

TEST(AttentionReference, expertsOfOtherGroupsStayOutWhereCorrectedScoresAreNegative) {
    const ModelConfig config = networkCase("expertsSigmoid");
    Checkpoint checkpoint = memoryCheckpoint(config);
    std::vector<float> bias;
    for (std::int64_t e = 0; e < config.moe.experts; ++e) bias.push_back(-1.5F - 0.03F * static_cast<float>(e));  // sigmoid < 1
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        checkpoint.tensors.at("model.layers." + std::to_string(layer) + ".mlp.gate.e_score_correction_bias").data =
            std::as_bytes(std::span(bias));
    }
    const TokenIds tokens = someTokens(40, config.vocab);
    EXPECT_LE(largestDifference(ExactLab(checkpoint, MlaPath::Absorbed).logits(tokens), plainForward(checkpoint, tokens).logits), kExact);
}

TEST(AttentionReference, dynamicScalingComputesALongerTextAsIfAtOnce) {
    ModelConfig config = networkCase("gqa");
    config.attention.ropeScaling.kind = RopeScalingKind::Dynamic;
    config.attention.ropeScaling.factor = 4.0;
    config.attention.ropeScaling.originalContext = 10;
    config.context = 40;
    const Checkpoint checkpoint = memoryCheckpoint(config);
    const TokenIds tokens = someTokens(25, config.vocab);
    for (const std::int64_t length : {9, 10, 11, 25}) {
        const TokenIds some(tokens.begin(), tokens.begin() + length);
        EXPECT_LE(largestDifference(ExactLab(checkpoint, MlaPath::Naive).logits(some), plainForward(checkpoint, some).logits), kExact)
            << length;
    }
    MemoryAccount account;
    const auto model = valueOrThrow(valueOrThrow(loadLab())->build(checkpoint, {DeviceKind::Cpu, 1, DType::F64}, account, {}));
    const auto story = valueOrThrow(model->newSequence(40, MlaPath::Naive));
    const auto expectLast = [&](const std::vector<float>& logits, std::int64_t length) {
        const std::vector<double> plain = plainForward(checkpoint, {tokens.begin(), tokens.begin() + length}).logits;
        EXPECT_LE(largestDifference(widened(logits), {plain.end() - config.vocab, plain.end()}), 1e-6) << length;
    };
    const auto forward = [&](std::int64_t from, std::int64_t count, const ForwardOptions& options = {}) {
        return valueOrThrow(story->forward({tokens.data() + from, static_cast<std::size_t>(count)}, options));
    };
    for (std::int64_t t = 0; t < 13; ++t) expectLast(forward(t, 1).logits, t + 1);
    ForwardOptions capture;
    capture.capture = LayerIndex{0};
    const ForwardOutput block = forward(13, 4, capture);
    expectLast(block.logits, 17);
    ASSERT_EQ(block.attention.size(), 4U);
    EXPECT_EQ(block.attention.front()->position, 13);
    ASSERT_TRUE(story->truncate(8));
    expectLast(forward(8, 1).logits, 9);
    expectLast(forward(9, 16).logits, 25);
    EXPECT_EQ(story->cache().length(), 25);
}

TEST(AttentionReference, differentWeightsGiveDifferentLogits) {
    const ModelConfig config = networkCase("joint");
    const TokenIds tokens = someTokens(12, config.vocab);
    const PlainResult plain = plainForward(memoryCheckpoint(config, 8), tokens);
    EXPECT_GT(largestDifference(ExactLab(memoryCheckpoint(config, 7), MlaPath::Absorbed).logits(tokens), plain.logits), 1e-2);
}

}  // namespace
}  // namespace loom::test
