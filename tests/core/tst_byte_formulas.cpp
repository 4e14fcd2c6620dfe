// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes per token: published golden values, every form, and what the other form would keep.
#include <gtest/gtest.h>

#include "core/data/byte_formulas.h"

namespace loom {
namespace {

ModelConfig full(std::int64_t layers, std::int64_t D, std::int64_t H, std::int64_t G) {
    ModelConfig config;
    config.layers = layers;
    config.dModel = D;
    config.attention.heads = H;
    config.attention.kvHeads = G;
    config.attention.headDim = D / H;
    return config;
}

ModelConfig joint(std::int64_t layers, std::int64_t H, std::int64_t r, std::int64_t dN, std::int64_t dR, std::int64_t dV) {
    ModelConfig config;
    config.layers = layers;
    config.dModel = H * dV;
    AttentionConfig& a = config.attention;
    a.latent = Latent::Joint;
    a.heads = a.kvHeads = H;
    a.kvLoraRank = r;
    a.qkNopeHeadDim = dN;
    a.qkRopeHeadDim = dR;
    a.vHeadDim = dV;
    return config;
}

std::int64_t bytes(const ModelConfig& config, MlaPath path, DType type) { return cacheSpec(config, path, type).bytesPerToken(); }

TEST(ByteFormulas, publishedValues) {
    EXPECT_EQ(bytes(joint(61, 128, 512, 128, 64, 128), MlaPath::Absorbed, DType::BF16), 70'272) << "DeepSeek-V3";
    EXPECT_EQ(bytes(joint(27, 16, 512, 128, 64, 128), MlaPath::Absorbed, DType::BF16), 31'104) << "DeepSeek-V2-Lite";
    EXPECT_EQ(bytes(joint(27, 16, 512, 128, 64, 128), MlaPath::Naive, DType::BF16), 276'480) << "DeepSeek-V2-Lite";
    EXPECT_EQ(bytes(full(9, 512, 8, 8), MlaPath::Naive, DType::BF16), 18'432);
    EXPECT_EQ(bytes(joint(9, 8, 256, 64, 32, 64), MlaPath::Absorbed, DType::BF16), 5'184);
}

TEST(ByteFormulas, groupsShareKeysAndValues) {
    EXPECT_EQ(bytes(full(9, 512, 8, 2), MlaPath::Naive, DType::BF16), 18'432 / 4);
    EXPECT_EQ(bytes(full(9, 512, 8, 1), MlaPath::Naive, DType::BF16), 18'432 / 8);
    EXPECT_EQ(bytes(full(9, 512, 8, 8), MlaPath::Naive, DType::F32), 2 * 18'432);
}

TEST(ByteFormulas, pathMattersForALatentOnly) {
    EXPECT_EQ(cacheSpec(full(2, 64, 4, 4), MlaPath::Naive, DType::F32), cacheSpec(full(2, 64, 4, 4), MlaPath::Absorbed, DType::F32));
    const CacheSpec naive = cacheSpec(joint(2, 4, 16, 8, 4, 6), MlaPath::Naive, DType::F32);
    EXPECT_EQ(naive.form, CacheForm::Full);
    EXPECT_EQ(naive.elementsPerTokenPerLayer(), 4 * (8 + 4 + 6));
    ASSERT_EQ(naive.lanes.size(), 2U);
    EXPECT_EQ(naive.lanes[0], (LaneSpec{CacheLane::Keys, 4 * 12}));
    EXPECT_EQ(naive.lanes[1], (LaneSpec{CacheLane::Values, 4 * 6}));
    const CacheSpec absorbed = cacheSpec(joint(2, 4, 16, 8, 4, 6), MlaPath::Absorbed, DType::F32);
    EXPECT_EQ(absorbed.form, CacheForm::Latent);
    EXPECT_EQ(absorbed.elementsPerTokenPerLayer(), 16 + 4);
    EXPECT_EQ(absorbed.elementsPerToken(), 2 * 20);
    EXPECT_EQ(absorbed.equation(), "(16 latent + 4 rotary key) × 2 layers × 4 bytes");
}

TEST(ByteFormulas, splitLatentsPerHeadAndShared) {
    ModelConfig config = full(9, 512, 8, 8);
    config.attention.latent = Latent::PerHead;
    config.attention.kRank = config.attention.vRank = 32;
    EXPECT_EQ(bytes(config, MlaPath::Naive, DType::BF16), 9'216) << "H·r = D/2";
    config.attention.latent = Latent::SplitShared;
    config.attention.kRank = 128;
    config.attention.vRank = 96;
    const CacheSpec spec = cacheSpec(config, MlaPath::Absorbed, DType::BF16);
    EXPECT_EQ(spec.form, CacheForm::Latent);
    ASSERT_EQ(spec.lanes.size(), 2U);
    EXPECT_EQ(spec.lanes[0], (LaneSpec{CacheLane::KeyLatent, 128}));
    EXPECT_EQ(spec.lanes[1], (LaneSpec{CacheLane::ValueLatent, 96}));
}

TEST(ByteFormulas, otherFormOfFullKeysIsALatentOfHalfTheWidth) {
    const CacheSpec other = otherFormSpec(full(9, 512, 8, 8), DType::BF16);
    EXPECT_EQ(other.form, CacheForm::Latent);
    ASSERT_EQ(other.lanes.size(), 2U);
    EXPECT_EQ(other.lanes[0], (LaneSpec{CacheLane::Latent, 256}));
    EXPECT_EQ(other.lanes[1], (LaneSpec{CacheLane::RotaryKey, 32}));
    EXPECT_EQ(other.bytesPerToken(), 5'184);
    EXPECT_EQ(otherFormSpec(full(1, 36, 6, 3), DType::F32).lanes[1].width, 4) << "d/2 = 3, rounded up to even";
    EXPECT_EQ(otherFormSpec(full(1, 10, 2, 2), DType::F32).lanes[0].width, 5);
}

TEST(ByteFormulas, otherFormOfALatentIsFullKeysAndValues) {
    const CacheSpec other = otherFormSpec(joint(9, 8, 256, 64, 32, 64), DType::BF16);
    EXPECT_EQ(other.form, CacheForm::Full);
    EXPECT_EQ(other.bytesPerToken(), 18'432);
}

}  // namespace
}  // namespace loom
