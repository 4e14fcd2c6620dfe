// SPDX-License-Identifier: GPL-3.0-or-later
// CacheBudget: exact products, the equation as text, sizes that fit no computer.
#include <gtest/gtest.h>

#include <limits>

#include "core/data/cache_budget.h"
#include "core/data/presets.h"

namespace loom {
namespace {

CacheSpec spec(const char* preset, DType type) { return cacheSpec(presetNamed(preset).config, MlaPath::Absorbed, type); }

TEST(CacheBudget, multipliesExactly) {
    const CacheBudget budget = cacheBudget(spec("deepseek-v3", DType::BF16), 32'768, 3);
    EXPECT_EQ(budget.bytes, 70'272LL * 32'768 * 3);
    EXPECT_EQ(budget.bytesPerLayer() * 61, budget.bytes);
    EXPECT_EQ(budget.formula(), "(512 latent + 64 rotary key) × 61 layers × 2 bytes × 32768 positions × 3 stories = 6908018688 bytes");
    EXPECT_EQ(cacheBudget(spec("demo-mla", DType::I8), 1, 1).formula(),
              "(96 latent + 32 rotary key + 2 scales × 4) × 6 layers × 1 byte × 1 position × 1 story = 816 bytes");
}

TEST(CacheBudget, theLargestThatFitsIsRightAndOneMoreIsAnError) {
    const CacheSpec one{CacheForm::Full, 1, {{CacheLane::Keys, 1}}, DType::F32};
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(cacheBudget(one, kMost / 4, 1).bytes, kMost / 4 * 4);
    EXPECT_THROW((void)cacheBudget(one, kMost / 4 + 1, 1), Error);
    EXPECT_THROW((void)cacheBudget(one, std::int64_t{1} << 31, std::int64_t{1} << 31), Error);
    EXPECT_THROW((void)cacheBudget(spec("deepseek-v3", DType::BF16), kMost, kMost), Error);
    EXPECT_THROW((void)cacheBudget(one, 0, 1), Error);
    EXPECT_THROW((void)cacheBudget(one, 1, 0), Error);
    EXPECT_THROW((void)cacheBudget(one, -5, -5), Error);
}

TEST(CacheBudget, storiesThatFitARoom) {
    const CacheSpec v3 = spec("deepseek-v3", DType::BF16);
    EXPECT_EQ(storiesThatFit(v3, 4096, 70'272LL * 4096 * 7), 7);
    EXPECT_EQ(storiesThatFit(v3, 4096, 70'272LL * 4096 * 7 - 1), 6);
    EXPECT_EQ(storiesThatFit(v3, 4096, -5), 0);
    EXPECT_EQ(storiesThatFit(v3, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()), 0);
    EXPECT_THROW((void)storiesThatFit(v3, 0, 1), Error);
    EXPECT_EQ(storedWeightBytes(presetNamed("gpt2").config), presetNamed("gpt2").parameters() * 2);
}

TEST(CacheBudget, bytesForPeople) {
    EXPECT_EQ(readableBytes(0), "0 B");
    EXPECT_EQ(readableBytes(1023), "1023 B");
    EXPECT_EQ(readableBytes(1024), "1.00 KiB");
    EXPECT_EQ(readableBytes(70'272), "68.62 KiB");
    EXPECT_EQ(readableBytes(std::numeric_limits<std::int64_t>::max()), "8.00 EiB");
}

}  // namespace
}  // namespace loom
