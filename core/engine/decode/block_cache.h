// SPDX-License-Identifier: GPL-3.0-or-later
// BlockCache: what attention keeps of the past, in blocks of 16 positions that several stories may share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/data/cache_occupancy.h"
#include "core/engine/decode/kernels.h"
#include "core/engine/memory/buffer.h"

namespace loom::decode {

/// Positions in a block.
inline constexpr std::int64_t kBlock = 16;

/// One block: per layer and lane [16, width] cells, all behind each other, then in I8 per layer and lane [16] f32 scales. Counts who uses
/// it; a block with more than one user is only read.
class CacheBlock {
public:
    explicit CacheBlock(Buffer memory) : m_memory(std::move(memory)) {}
    [[nodiscard]] std::byte* data() { return m_memory.data(); }
    [[nodiscard]] const std::byte* data() const { return m_memory.data(); }
    [[nodiscard]] std::int64_t bytes() const { return m_memory.bytes(); }

private:
    friend class CacheBlockRef;
    Buffer m_memory;
    std::atomic<std::int64_t> m_users{1};
};

/// One user of a block; the last one frees it. Different users may live in different threads.
class CacheBlockRef {
public:
    explicit CacheBlockRef(CacheBlock* made) : m_block(made) {}
    CacheBlockRef(const CacheBlockRef& other) : m_block(other.m_block) { m_block->m_users.fetch_add(1, std::memory_order_relaxed); }
    CacheBlockRef(CacheBlockRef&& other) noexcept : m_block(std::exchange(other.m_block, nullptr)) {}
    CacheBlockRef& operator=(CacheBlockRef other) noexcept {
        std::swap(m_block, other.m_block);
        return *this;
    }
    ~CacheBlockRef();

    [[nodiscard]] CacheBlock& operator*() const { return *m_block; }
    [[nodiscard]] CacheBlock* operator->() const { return m_block; }
    /// Whether nobody else uses it. What the others did before they left has happened before.
    [[nodiscard]] bool alone() const { return m_block->m_users.load(std::memory_order_acquire) == 1; }

private:
    CacheBlock* m_block;
};

/// The cache of one text. A row of a lane (one position of one layer) is `width` cells of spec().dtype: F32, BF16, F16, or I8 with a scale.
/// A cache is used by one thread at a time; caches that share blocks may be used by different threads.
class BlockCache {
public:
    /// Room for `capacity` positions, rounded up to whole blocks. Throws Error for a type that no cache keeps, a size that overflows, or
    /// where memory is short. `allocator` must outlive the cache and all its forks.
    BlockCache(CacheSpec spec, std::int64_t capacity, BufferAllocator& allocator);

    /// A cache of the same text that shares every block in use with this one; whoever writes into a shared block first takes a copy of it.
    /// It has room for what is in those blocks; reserve() makes more.
    [[nodiscard]] BlockCache fork() const;

    [[nodiscard]] const CacheSpec& spec() const { return m_spec; }
    [[nodiscard]] std::int64_t length() const { return m_length; }
    [[nodiscard]] std::int64_t capacity() const { return static_cast<std::int64_t>(m_blocks.size()) * kBlock; }

    /// Makes room for at least `capacity` positions, and the block in which the next position lies this cache's own, so that writing up to
    /// there allocates nothing. Throws Error where memory is short; the cache is then as before.
    void reserve(std::int64_t capacity);
    /// Before rows of [length(), length() + count) are written: takes copies of the blocks among them that others use. Throws Error as
    /// reserve() does, and where there is no room.
    void makeWritable(std::int64_t count);
    /// Declares positions [0, length) kept. Throws Error outside [0, capacity()].
    void setLength(std::int64_t length);

    /// Where a row of a lane begins, and its scale (null unless I8). The position must be writable.
    [[nodiscard]] std::byte* row(LayerIndex layer, std::size_t lane, std::int64_t position);
    [[nodiscard]] float* scale(LayerIndex layer, std::size_t lane, std::int64_t position);
    /// The rows of a lane in one block, from element `offset` on.
    [[nodiscard]] Cells cells(LayerIndex layer, std::size_t lane, std::int64_t block, std::int64_t offset = 0) const;

    /// Sizes read from the blocks themselves.
    [[nodiscard]] CacheUse use() const;
    /// Of CacheUse::bytes: in blocks that another cache uses too.
    [[nodiscard]] std::int64_t sharedBytes() const;

private:
    [[nodiscard]] std::size_t slot(LayerIndex layer, std::size_t lane) const { return layer.index() * m_spec.lanes.size() + lane; }
    [[nodiscard]] CacheBlockRef newBlock() const;

    CacheSpec m_spec;
    std::int64_t m_element = 0;              ///< bytes of a cell
    std::int64_t m_blockBytes = 0;           ///< of a whole block
    std::vector<std::int64_t> m_cellsBegin;  ///< by layer and lane: where its cells lie in a block, in bytes
    std::int64_t m_scalesBegin = 0;          ///< where the scales begin
    std::int64_t m_length = 0;
    BufferAllocator* m_allocator;
    std::vector<CacheBlockRef> m_blocks;
};

}  // namespace loom::decode
