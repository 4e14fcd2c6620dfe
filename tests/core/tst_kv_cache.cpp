// SPDX-License-Identifier: GPL-3.0-or-later
// KvCache: buffers per layer and lane, exact bytes, growing, truncating, sizes that cannot be.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "core/data/error.h"
#include "core/data/presets.h"
#include "core/engine/cache/kv_cache.h"

namespace loom {
namespace {

const CacheSpec kLatent{CacheForm::Latent, 3, {{CacheLane::Latent, 10}, {CacheLane::RotaryKey, 4}}, DType::F32};

class KvCacheTest : public testing::Test {
protected:
    MemoryAccount account;
    HostAllocator allocator{account};
};

TEST_F(KvCacheTest, bytesAreThoseOfTheFormula) {
    {
        const KvCache cache(kLatent, 7, allocator);
        const CacheUse use = cache.use();
        EXPECT_EQ(use.bytes, 3 * 14 * 4 * 7);
        EXPECT_EQ(use.bytes, kLatent.bytesPerToken() * 7);
        EXPECT_EQ(account.current(MemoryKind::Cache), use.bytes);
        EXPECT_EQ(use.usedTokens, 0);
        EXPECT_EQ(use.usedBytes(), 0);
        EXPECT_EQ(use.capacityTokens, 7);
        ASSERT_EQ(use.layers.size(), 3U);
        for (std::int64_t layer = 0; layer < 3; ++layer) {
            EXPECT_EQ(use.layers[static_cast<std::size_t>(layer)].layer, LayerIndex{layer});
            EXPECT_EQ(use.layers[static_cast<std::size_t>(layer)].elements, 14 * 7);
            EXPECT_EQ(use.layers[static_cast<std::size_t>(layer)].bytes, 14 * 7 * 4);
        }
    }
    EXPECT_EQ(account.current(MemoryKind::Cache), 0);
    EXPECT_EQ(account.peak(MemoryKind::Cache), 3 * 14 * 4 * 7);
}

TEST_F(KvCacheTest, elementTypeDecidesTheBytes) {
    for (const DType type : {DType::F64, DType::F32, DType::BF16, DType::F16}) {
        CacheSpec spec = kLatent;
        spec.dtype = type;
        EXPECT_EQ(KvCache(spec, 5, allocator).use().bytes, 3 * 14 * 5 * bytesPerElement(type)) << name(type);
    }
}

TEST_F(KvCacheTest, int8HasAScaleForEveryRow) {
    CacheSpec spec = kLatent;
    spec.dtype = DType::I8;
    KvCache cache(spec, 5, allocator);
    EXPECT_EQ(cache.use().bytes, 3 * (14 + 2 * 4) * 5);
    EXPECT_EQ(cache.use().bytes, spec.bytesPerToken() * 5);
    EXPECT_EQ(account.current(MemoryKind::Cache), cache.use().bytes);
    EXPECT_EQ(cache.use().layers[1].elements, 14 * 5) << "a scale is no element";
    EXPECT_EQ(cache.use().layers[1].bytes, (14 + 2 * 4) * 5);
    const float scale = 0.5F;
    std::memcpy(cache.scales(LayerIndex{2}, 1) + 4 * sizeof scale, &scale, sizeof scale);
    cache.setLength(5);
    cache.reserve(8);
    EXPECT_EQ(account.current(MemoryKind::Cache), spec.bytesPerToken() * 8);
    float kept = 0;
    std::memcpy(&kept, cache.scales(LayerIndex{2}, 1) + 4 * sizeof kept, sizeof kept);
    EXPECT_EQ(kept, scale) << "growing keeps the scales";
    EXPECT_EQ(KvCache(kLatent, 5, allocator).scales(LayerIndex{0}, 0), nullptr);
}

TEST_F(KvCacheTest, everyPresetTakesWhatItsFormulaSays) {
    for (const Preset& preset : presets()) {
        for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
            for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::I8}) {
                const CacheSpec spec = cacheSpec(preset.config, path, type);
                for (const std::int64_t capacity : {0, 1, 3}) {
                    const KvCache first(spec, capacity, allocator);
                    const KvCache second(spec, capacity, allocator);
                    EXPECT_EQ(first.use().bytes, spec.bytesPerToken() * capacity) << preset.name << ' ' << name(type);
                    EXPECT_EQ(account.current(MemoryKind::Cache), spec.bytesPerToken() * capacity * 2) << preset.name << ' ' << name(type);
                }
            }
        }
    }
}

TEST_F(KvCacheTest, lanesAreAlignedZeroedAndDoNotOverlap) {
    KvCache cache(kLatent, 5, allocator);
    unsigned char mark = 1;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::size_t lane = 0; lane < 2; ++lane) {
            std::byte* data = cache.lane(LayerIndex{layer}, lane);
            const auto bytes = static_cast<std::size_t>(kLatent.lanes[lane].width * 4 * 5);
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 64, 0U);
            for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(data[i], std::byte{0});
            std::memset(data, mark++, bytes);
        }
    }
    mark = 1;
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::size_t lane = 0; lane < 2; ++lane) {
            const auto bytes = static_cast<std::size_t>(kLatent.lanes[lane].width * 4 * 5);
            for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(cache.lane(LayerIndex{layer}, lane)[i], std::byte{mark});
            ++mark;
        }
    }
}

TEST_F(KvCacheTest, growingKeepsTheUsedRows) {
    KvCache cache(kLatent, 4, allocator);
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        std::memset(cache.lane(LayerIndex{layer}, 0), static_cast<int>(layer) + 1, 10 * 4 * 3);
        std::memset(cache.lane(LayerIndex{layer}, 1), static_cast<int>(layer) + 11, 4 * 4 * 3);
    }
    cache.setLength(3);
    cache.reserve(9);
    EXPECT_EQ(cache.capacity(), 9);
    EXPECT_EQ(cache.length(), 3);
    EXPECT_EQ(cache.use().bytes, kLatent.bytesPerToken() * 9);
    EXPECT_EQ(account.current(MemoryKind::Cache), kLatent.bytesPerToken() * 9);
    for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (std::size_t i = 0; i < 10 * 4 * 3; ++i) ASSERT_EQ(cache.lane(LayerIndex{layer}, 0)[i], std::byte(layer + 1));
        for (std::size_t i = 0; i < 4 * 4 * 3; ++i) ASSERT_EQ(cache.lane(LayerIndex{layer}, 1)[i], std::byte(layer + 11));
        for (std::size_t i = 4 * 4 * 3; i < 4 * 4 * 9; ++i) ASSERT_EQ(cache.lane(LayerIndex{layer}, 1)[i], std::byte{0});
    }
    cache.reserve(2);
    EXPECT_EQ(cache.capacity(), 9) << "reserving less changes nothing";
}

TEST_F(KvCacheTest, truncatingKeepsTheMemory) {
    KvCache cache(kLatent, 6, allocator);
    cache.setLength(6);
    EXPECT_EQ(cache.use().usedBytes(), kLatent.bytesPerToken() * 6);
    cache.setLength(2);
    EXPECT_EQ(cache.use().usedBytes(), kLatent.bytesPerToken() * 2);
    EXPECT_EQ(cache.use().bytes, kLatent.bytesPerToken() * 6);
}

TEST_F(KvCacheTest, lengthsOutsideAreRefused) {
    KvCache cache(kLatent, 6, allocator);
    cache.setLength(4);
    EXPECT_THROW(cache.setLength(7), Error);
    EXPECT_THROW(cache.setLength(-1), Error);
    EXPECT_EQ(cache.length(), 4);
}

TEST_F(KvCacheTest, sizesThatCannotBeAreRefused) {
    EXPECT_THROW(KvCache(kLatent, -1, allocator), Error);
    EXPECT_THROW(KvCache(kLatent, std::numeric_limits<std::int64_t>::max(), allocator), Error);
    EXPECT_THROW(KvCache(kLatent, std::int64_t{1} << 55, allocator), Error) << "fits a number but no machine";
    EXPECT_EQ(account.current(MemoryKind::Cache), 0);
    KvCache cache(kLatent, 2, allocator);
    cache.setLength(2);
    EXPECT_THROW(cache.reserve(std::int64_t{1} << 55), Error);
    EXPECT_EQ(cache.capacity(), 2);
    EXPECT_EQ(cache.length(), 2);
}

TEST_F(KvCacheTest, emptyCacheIsValid) {
    KvCache cache(kLatent, 0, allocator);
    EXPECT_EQ(cache.use().bytes, 0);
    EXPECT_THROW(cache.setLength(1), Error);
    cache.reserve(3);
    cache.setLength(3);
    EXPECT_EQ(cache.use().bytes, kLatent.bytesPerToken() * 3);
}

TEST(Buffer, movesAndGivesBackOnce) {
    MemoryAccount account;
    HostAllocator allocator(account);
    Buffer a = allocator.allocate(MemoryKind::Other, 100);
    EXPECT_EQ(account.current(MemoryKind::Other), 100);
    Buffer b = std::move(a);
    EXPECT_EQ(account.current(MemoryKind::Other), 100);
    b = allocator.allocate(MemoryKind::Other, 30);
    EXPECT_EQ(account.current(MemoryKind::Other), 30);
    b = Buffer{};
    EXPECT_EQ(account.current(MemoryKind::Other), 0);
    EXPECT_EQ(account.peak(MemoryKind::Other), 130);
    EXPECT_THROW((void)allocator.allocate(MemoryKind::Other, -1), Error);
}

}  // namespace
}  // namespace loom
