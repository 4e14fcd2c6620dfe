// SPDX-License-Identifier: GPL-3.0-or-later
// Rotary frequencies and the softmax scale against the numbers of the published configurations.
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/model_config.h"

namespace loom {
namespace {

ModelConfig rotary(std::int64_t width, double theta, const RopeScaling& scaling) {
    ModelConfig config;
    config.attention.heads = config.attention.kvHeads = 2;
    config.attention.headDim = width;
    config.attention.ropeTheta = theta;
    config.attention.ropeScaling = scaling;
    return config;
}

RopeScaling scaling(RopeScalingKind kind, double factor, std::int64_t original) {
    RopeScaling s;
    s.kind = kind;
    s.factor = factor;
    s.originalContext = original;
    return s;
}

/// DeepSeek-V2-Lite.
ModelConfig v2Lite() {
    ModelConfig config = rotary(0, 10000.0, scaling(RopeScalingKind::Yarn, 40.0, 4096));
    AttentionConfig& a = config.attention;
    a.latent = Latent::Joint;
    a.qkNopeHeadDim = 128;
    a.qkRopeHeadDim = 64;
    a.ropeScaling.mscale = a.ropeScaling.mscaleAllDim = 0.707;
    return config;
}

TEST(Rope, withoutScalingIsThePaper) {
    const RopeFrequencies f = ropeFrequencies(rotary(64, 10000.0, {}), 100);
    ASSERT_EQ(f.inverse.size(), 32U);
    EXPECT_EQ(f.magnitude, 1.0);
    EXPECT_EQ(f.inverse[0], 1.0);
    EXPECT_NEAR(f.inverse[16], 0.01, 1e-15);
}

TEST(Rope, onlyTheRotatedPartOfAHeadCounts) {
    ModelConfig config = rotary(64, 10000.0, {});
    config.attention.rotaryDim = 16;
    const RopeFrequencies f = ropeFrequencies(config, 1);
    ASSERT_EQ(f.inverse.size(), 8U);
    EXPECT_NEAR(f.inverse[4], 0.01, 1e-15);
}

TEST(Rope, linearDividesEveryAngle) {
    const RopeFrequencies f = ropeFrequencies(rotary(64, 10000.0, scaling(RopeScalingKind::Linear, 4.0, 2048)), 1);
    EXPECT_EQ(f.inverse[0], 0.25);
    EXPECT_NEAR(f.inverse[16], 0.0025, 1e-15);
}

TEST(Rope, llama3KeepsFastPairsAndDividesSlowOnes) {
    const RopeFrequencies f = ropeFrequencies(rotary(64, 5e5, scaling(RopeScalingKind::Llama3, 32.0, 8192)), 1);
    const RopeFrequencies plain = ropeFrequencies(rotary(64, 5e5, {}), 1);
    EXPECT_EQ(f.inverse[0], plain.inverse[0]);
    EXPECT_NEAR(f.inverse[16], 4.2955679655741836e-4, 1e-14);
    EXPECT_NEAR(f.inverse[31], plain.inverse[31] / 32.0, 1e-20);
}

TEST(Rope, yarnOfDeepseekV2Lite) {
    const ModelConfig config = v2Lite();
    const RopeFrequencies f = ropeFrequencies(config, 1);
    const auto plain = [](std::size_t i) { return std::pow(10000.0, -static_cast<double>(i) / 32.0); };
    EXPECT_NEAR(f.inverse[10], plain(10), 1e-15) << "the ramp begins at pair 10";
    EXPECT_LT(f.inverse[11], plain(11) * 0.99);
    EXPECT_NEAR(f.inverse[16], 0.0055, 1e-15);
    EXPECT_GT(f.inverse[22], plain(22) / 40.0 * 1.01);
    EXPECT_NEAR(f.inverse[23], plain(23) / 40.0, 1e-15) << "and ends at pair 23";
    EXPECT_EQ(f.magnitude, 1.0) << "mscale and mscale_all_dim are equal";
    EXPECT_NEAR(yarnMagnitude(40.0, 0.707), 1.260804, 1e-6);
    EXPECT_NEAR(attentionScale(config, LayerIndex{3}) * std::sqrt(192.0), 1.589626, 1e-6);
}

TEST(Rope, yarnScalesSineAndCosineByWhatIsGiven) {
    ModelConfig config = rotary(64, 10000.0, scaling(RopeScalingKind::Yarn, 4.0, 2048));
    const auto magnitude = [&] { return ropeFrequencies(config, 1).magnitude; };
    EXPECT_NEAR(magnitude(), 0.1 * std::log(4.0) + 1.0, 1e-15);
    config.attention.ropeScaling.mscale = 0.5;
    EXPECT_NEAR(magnitude(), 0.1 * std::log(4.0) + 1.0, 1e-15) << "one of the two alone means nothing";
    config.attention.ropeScaling.mscaleAllDim = 2.0;
    EXPECT_NEAR(magnitude(), (0.05 * std::log(4.0) + 1.0) / (0.2 * std::log(4.0) + 1.0), 1e-15);
    EXPECT_EQ(attentionScale(config, LayerIndex{0}), 0.125) << "without a joint latent the softmax keeps its scale";
    config.attention.ropeScaling.attentionFactor = 1.5;
    EXPECT_EQ(magnitude(), 1.5);
    config.attention.ropeScaling.factor = 0.5;
    EXPECT_EQ(yarnMagnitude(0.5, 1.0), 1.0);
}

TEST(Rope, yarnWithoutTruncationBeginsBetweenPairs) {
    ModelConfig config = v2Lite();
    config.attention.ropeScaling.truncate = false;
    const double at11 = ropeFrequencies(config, 1).inverse[11];
    const double low = 64.0 * std::log(4096.0 / (32.0 * 2.0 * M_PI)) / (2.0 * std::log(10000.0));  // 10.5
    const double high = 64.0 * std::log(4096.0 / (1.0 * 2.0 * M_PI)) / (2.0 * std::log(10000.0));  // 22.5
    const double plain = std::pow(10000.0, -11.0 / 32.0);
    const double ramp = (11.0 - low) / (high - low);
    EXPECT_NEAR(at11, plain / 40.0 * ramp + plain * (1.0 - ramp), 1e-15);
}

TEST(Rope, dynamicGrowsOnlyBeyondTheTrainedContext) {
    const RopeScaling s = scaling(RopeScalingKind::Dynamic, 2.0, 100);
    const ModelConfig config = rotary(64, 10000.0, s);
    EXPECT_EQ(ropeFrequencies(config, 100).inverse, ropeFrequencies(rotary(64, 10000.0, {}), 100).inverse);
    const double theta = 10000.0 * std::pow(2.0 * 150.0 / 100.0 - 1.0, 64.0 / 62.0);
    EXPECT_NEAR(ropeFrequencies(config, 150).inverse[16], std::pow(theta, -0.5), 1e-15);
    EXPECT_TRUE(sameRotation(s, 1, 100));
    EXPECT_FALSE(sameRotation(s, 100, 101));
    EXPECT_FALSE(sameRotation(s, 150, 151));
    EXPECT_TRUE(sameRotation(scaling(RopeScalingKind::Linear, 2.0, 100), 1, 1000));
}

TEST(AttentionScale, isWhatTheFamilySays) {
    ModelConfig config = rotary(64, 10000.0, {});
    EXPECT_EQ(attentionScale(config, LayerIndex{4}), 0.125);
    config.attention.scaledByLayer = true;
    EXPECT_EQ(attentionScale(config, LayerIndex{0}), 0.125);
    EXPECT_EQ(attentionScale(config, LayerIndex{4}), 0.025);
    config.attention.scaled = false;
    config.attention.scaledByLayer = false;
    EXPECT_EQ(attentionScale(config, LayerIndex{4}), 1.0);
}

}  // namespace
}  // namespace loom
