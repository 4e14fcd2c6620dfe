// SPDX-License-Identifier: GPL-3.0-or-later
// KvCache: what attention keeps of the past, in plain aligned buffers that any path can read and write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/data/cache_occupancy.h"
#include "core/engine/memory/buffer.h"

namespace loom {

/// One sequence's cache. Each layer has one buffer per lane of shape [capacity, width], row-major, element type spec.dtype; in I8 also
/// one of [capacity] f32, the scale of each row. Rows [0, length) are used. Not thread-safe.
class KvCache {
public:
    /// Allocates capacity rows in every lane of every layer. Throws Error when the size overflows or memory is short.
    KvCache(CacheSpec spec, std::int64_t capacity, BufferAllocator& allocator);

    [[nodiscard]] const CacheSpec& spec() const { return m_spec; }
    [[nodiscard]] std::int64_t capacity() const { return m_capacity; }
    [[nodiscard]] std::int64_t length() const { return m_length; }
    /// Start of lane `lane` (index into spec().lanes) of one layer.
    [[nodiscard]] std::byte* lane(LayerIndex layer, std::size_t lane);
    [[nodiscard]] const std::byte* lane(LayerIndex layer, std::size_t lane) const;
    /// Start of the scales of that lane's rows: an f32 each. Null unless spec().dtype is I8.
    [[nodiscard]] std::byte* scales(LayerIndex layer, std::size_t lane);
    [[nodiscard]] const std::byte* scales(LayerIndex layer, std::size_t lane) const;
    /// Declares rows [0, length) used. 0 ≤ length ≤ capacity; throws Error otherwise. Truncating keeps the memory.
    void setLength(std::int64_t length);
    /// Makes room for at least `capacity` rows, keeping what is there.
    void reserve(std::int64_t capacity);
    /// Sizes read from the buffers themselves.
    [[nodiscard]] CacheUse use() const;

private:
    [[nodiscard]] std::size_t slot(LayerIndex layer, std::size_t lane) const;

    CacheSpec m_spec;
    std::int64_t m_capacity = 0;
    std::int64_t m_length = 0;
    BufferAllocator* m_allocator;
    std::vector<Buffer> m_buffers;  ///< layer-major, then lane
    std::vector<Buffer> m_scales;   ///< the same order; empty unless I8
};

}  // namespace loom
