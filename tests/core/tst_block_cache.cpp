// SPDX-License-Identifier: GPL-3.0-or-later
// BlockCache: exact bytes, blocks that forks share, copies on write, blocks that go with their last user.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <thread>

#include "core/data/error.h"
#include "core/engine/decode/block_cache.h"

namespace loom::decode {
namespace {

const CacheSpec kLatent{CacheForm::Latent, 3, {{CacheLane::Latent, 10}, {CacheLane::RotaryKey, 4}}, DType::F32};

CacheSpec kept(DType type) {
    CacheSpec spec = kLatent;
    spec.dtype = type;
    return spec;
}

class BlockCacheTest : public testing::Test {
protected:
    std::int64_t bytes() const { return account.current(MemoryKind::Cache); }

    /// Fills every byte of a position with `mark` and keeps it.
    static void write(BlockCache& cache, std::uint8_t mark) {
        cache.makeWritable(1);
        const std::int64_t position = cache.length();
        for (std::int64_t layer = 0; layer < cache.spec().layers; ++layer) {
            for (std::size_t lane = 0; lane < cache.spec().lanes.size(); ++lane) {
                const std::int64_t size = cache.spec().lanes[lane].width * bytesPerElement(cache.spec().dtype);
                std::memset(cache.row(LayerIndex{layer}, lane, position), mark, static_cast<std::size_t>(size));
                if (float* scale = cache.scale(LayerIndex{layer}, lane, position)) *scale = static_cast<float>(mark);
            }
        }
        cache.setLength(position + 1);
    }
    static void write(BlockCache& cache, int from, int to) {
        for (int mark = from; mark < to; ++mark) write(cache, static_cast<std::uint8_t>(mark));
    }
    /// Whether position p of every layer and lane holds its mark.
    static bool holds(const BlockCache& cache, std::int64_t position, std::uint8_t mark) {
        for (std::int64_t layer = 0; layer < cache.spec().layers; ++layer) {
            for (std::size_t lane = 0; lane < cache.spec().lanes.size(); ++lane) {
                const Cells cells = cache.cells(LayerIndex{layer}, lane, position / kBlock);
                const std::int64_t size = cells.stride * bytesPerElement(cells.type);
                const std::byte* row = cells.data + position % kBlock * size;
                for (std::int64_t i = 0; i < size; ++i) {
                    if (row[i] != static_cast<std::byte>(mark)) return false;
                }
                if (cells.type == DType::I8 && cells.scales[position % kBlock * cells.scaleStride] != static_cast<float>(mark))
                    return false;
            }
        }
        return true;
    }

    MemoryAccount account;
    HostAllocator allocator{account};
};

TEST_F(BlockCacheTest, bytesAreThoseOfTheFormula) {
    for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::I8}) {
        const BlockCache cache(kept(type), 33, allocator);
        EXPECT_EQ(cache.capacity(), 48) << "whole blocks";
        const CacheUse use = cache.use();
        EXPECT_EQ(use.bytes, kept(type).bytesPerToken() * 48) << name(type);
        EXPECT_EQ(use.capacityTokens, 48);
        EXPECT_EQ(use.usedTokens, 0);
        EXPECT_EQ(bytes(), use.bytes);
        ASSERT_EQ(use.layers.size(), 3U);
        std::int64_t sum = 0;
        for (const LayerUse& layer : use.layers) {
            EXPECT_EQ(layer.elements, 14 * 48);
            sum += layer.bytes;
        }
        EXPECT_EQ(sum, use.bytes);
    }
    EXPECT_EQ(bytes(), 0);
}

TEST_F(BlockCacheTest, everyCellHasItsOwnPlace) {
    for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::I8}) {
        BlockCache cache(kept(type), 40, allocator);
        write(cache, 1, 41);
        EXPECT_EQ(cache.length(), 40);
        for (int p = 0; p < 40; ++p) EXPECT_TRUE(holds(cache, p, static_cast<std::uint8_t>(p + 1))) << name(type) << ' ' << p;
        // Layers and lanes apart: a mark in one shows in no other.
        std::memset(cache.row(LayerIndex{1}, 1, 20), 0, 4);
        EXPECT_FALSE(holds(cache, 20, 21));
        EXPECT_TRUE(holds(cache, 19, 20));
        EXPECT_TRUE(holds(cache, 21, 22));
    }
}

TEST_F(BlockCacheTest, forkSharesAndTheLastBlockIsCopiedOnWrite) {
    for (const DType type : {DType::F32, DType::I8}) {
        BlockCache cache(kept(type), 64, allocator);
        const std::int64_t block = kept(type).bytesPerToken() * kBlock;
        write(cache, 1, 21);
        EXPECT_EQ(cache.sharedBytes(), 0);
        BlockCache fork = cache.fork();
        EXPECT_EQ(fork.length(), 20);
        EXPECT_EQ(fork.capacity(), 32) << "what is in use, in whole blocks";
        EXPECT_EQ(bytes(), 4 * block) << "nothing was copied";
        EXPECT_EQ(fork.sharedBytes(), 2 * block);
        EXPECT_EQ(cache.sharedBytes(), 2 * block);
        EXPECT_EQ(fork.use().bytes, kept(type).bytesPerToken() * fork.capacity());

        write(fork, 101, 103);
        EXPECT_EQ(bytes(), 5 * block) << "the last block was copied";
        EXPECT_EQ(fork.sharedBytes(), block);
        EXPECT_EQ(cache.sharedBytes(), block);
        write(cache, 21, 23);
        EXPECT_EQ(bytes(), 5 * block) << "the other one is alone by now";
        for (int p = 0; p < 20; ++p) {
            EXPECT_TRUE(holds(fork, p, static_cast<std::uint8_t>(p + 1)));
            EXPECT_TRUE(holds(cache, p, static_cast<std::uint8_t>(p + 1)));
        }
        EXPECT_TRUE(holds(fork, 20, 101) && holds(fork, 21, 102));
        EXPECT_TRUE(holds(cache, 20, 21) && holds(cache, 21, 22));
    }
}

TEST_F(BlockCacheTest, aForkAtTheEndOfABlockCopiesNothing) {
    BlockCache cache(kLatent, 32, allocator);
    write(cache, 1, 17);
    BlockCache fork = cache.fork();
    fork.reserve(32);
    const std::int64_t before = bytes();
    write(fork, 50, 51);
    write(cache, 60, 61);
    EXPECT_EQ(bytes(), before);
    EXPECT_TRUE(holds(fork, 16, 50) && holds(cache, 16, 60));
    EXPECT_EQ(fork.sharedBytes(), kLatent.bytesPerToken() * kBlock);
}

TEST_F(BlockCacheTest, reserveTakesTheCopyAhead) {
    BlockCache cache(kLatent, 16, allocator);
    write(cache, 1, 6);
    BlockCache fork = cache.fork();
    fork.reserve(40);
    EXPECT_EQ(fork.capacity(), 48);
    EXPECT_EQ(fork.sharedBytes(), 0) << "the block that is written next is its own";
    const std::int64_t before = bytes();
    write(fork, 6, 41);
    EXPECT_EQ(bytes(), before) << "writing allocated nothing";
    for (int p = 0; p < 40; ++p) EXPECT_TRUE(holds(fork, p, static_cast<std::uint8_t>(p + 1)));
}

TEST_F(BlockCacheTest, blocksGoWithTheirLastUser) {
    auto cache = std::make_unique<BlockCache>(kLatent, 48, allocator);
    const std::int64_t block = kLatent.bytesPerToken() * kBlock;
    write(*cache, 1, 41);
    auto first = std::make_unique<BlockCache>(cache->fork());
    auto second = std::make_unique<BlockCache>(first->fork());
    EXPECT_EQ(bytes(), 3 * block);
    cache.reset();
    EXPECT_EQ(bytes(), 3 * block) << "the forks still read them";
    for (int p = 0; p < 40; ++p) EXPECT_TRUE(holds(*second, p, static_cast<std::uint8_t>(p + 1)));
    first.reset();
    EXPECT_EQ(second->sharedBytes(), 0);
    write(*second, 41, 42);
    EXPECT_EQ(bytes(), 3 * block) << "alone again: written in place";
    second.reset();
    EXPECT_EQ(bytes(), 0);
}

TEST_F(BlockCacheTest, truncationKeepsTheMemoryAndNeverWritesWhatOthersRead) {
    BlockCache cache(kLatent, 48, allocator);
    write(cache, 1, 41);
    const BlockCache fork = cache.fork();
    cache.setLength(3);
    EXPECT_EQ(cache.capacity(), 48);
    write(cache, 71, 111);
    EXPECT_EQ(cache.length(), 43);
    for (int p = 0; p < 40; ++p) EXPECT_TRUE(holds(fork, p, static_cast<std::uint8_t>(p + 1)));
    for (int p = 0; p < 43; ++p) EXPECT_TRUE(holds(cache, p, static_cast<std::uint8_t>(p < 3 ? p + 1 : p + 68)));
    EXPECT_EQ(cache.use().bytes, kLatent.bytesPerToken() * 48);
}

TEST_F(BlockCacheTest, sizesThatCannotBeAreErrors) {
    EXPECT_THROW(BlockCache(kLatent, -1, allocator), Error);
    EXPECT_THROW(BlockCache(kLatent, std::numeric_limits<std::int64_t>::max(), allocator), Error);
    for (const DType type : {DType::F64, DType::I32, DType::U8}) EXPECT_THROW(BlockCache(kept(type), 4, allocator), Error) << name(type);
    BlockCache cache(kLatent, 16, allocator);
    write(cache, 1, 11);
    EXPECT_THROW(cache.makeWritable(7), Error);
    EXPECT_THROW(cache.setLength(17), Error);
    EXPECT_THROW(cache.setLength(-1), Error);
    EXPECT_THROW(cache.reserve(std::numeric_limits<std::int64_t>::max()), Error);
    EXPECT_EQ(cache.capacity(), 16);
    EXPECT_EQ(cache.length(), 10);
    EXPECT_TRUE(holds(cache, 9, 10));
}

TEST_F(BlockCacheTest, forksLiveInDifferentThreads) {
    auto cache = std::make_unique<BlockCache>(kLatent, 200, allocator);
    write(*cache, 0, 100);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([fork = cache->fork(), t]() mutable {
                for (int round = 0; round < 20; ++round) {
                    BlockCache mine = fork.fork();
                    mine.reserve(130);
                    write(mine, 100 + t, 120 + t);
                    for (int p = 0; p < 100; ++p) EXPECT_TRUE(holds(mine, p, static_cast<std::uint8_t>(p)));
                    EXPECT_TRUE(holds(mine, 119, static_cast<std::uint8_t>(119 + t)));
                }
            });
        }
        cache.reset();
    }
    EXPECT_EQ(bytes(), 0);
}

}  // namespace
}  // namespace loom::decode
