// SPDX-License-Identifier: GPL-3.0-or-later
// BlockCache: blocks that are shared until somebody writes.
#include "core/engine/decode/block_cache.h"

#include <cstring>
#include <string>

#include "core/data/checked_math.h"
#include "core/data/error.h"

namespace loom::decode {
namespace {

std::int64_t blocksFor(std::int64_t positions) { return positions / kBlock + (positions % kBlock != 0 ? 1 : 0); }

bool canBeKept(DType type) { return type == DType::F32 || type == DType::BF16 || type == DType::F16 || type == DType::I8; }

}  // namespace

CacheBlockRef::~CacheBlockRef() {
    if (m_block != nullptr && m_block->m_users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete m_block;
}

BlockCache::BlockCache(CacheSpec spec, std::int64_t capacity, BufferAllocator& allocator)
    : m_spec(std::move(spec)), m_element(bytesPerElement(m_spec.dtype)), m_allocator(&allocator) {
    if (!canBeKept(m_spec.dtype)) {
        throw Error{"A cache of the fast path cannot keep " + std::string(name(m_spec.dtype)), {}, "Choose f32, bf16, f16 or int8"};
    }
    for (std::int64_t layer = 0; layer < m_spec.layers; ++layer) {
        for (const LaneSpec& lane : m_spec.lanes) {
            m_cellsBegin.push_back(m_scalesBegin);
            m_scalesBegin += kBlock * lane.width * m_element;
        }
    }
    m_blockBytes = m_spec.bytesPerToken() * kBlock;
    reserve(capacity);
}

CacheBlockRef BlockCache::newBlock() const { return CacheBlockRef(new CacheBlock(m_allocator->allocate(MemoryKind::Cache, m_blockBytes))); }

BlockCache BlockCache::fork() const {
    BlockCache other(m_spec, 0, *m_allocator);
    other.m_blocks.assign(m_blocks.begin(), m_blocks.begin() + blocksFor(m_length));
    other.m_length = m_length;
    return other;
}

void BlockCache::reserve(std::int64_t capacity) {
    if (capacity < 0 || !checkedProduct({blocksFor(capacity), m_blockBytes})) {
        throw Error{"The cache would be too large", std::to_string(capacity) + " positions", "Choose a smaller context"};
    }
    const auto wanted = static_cast<std::size_t>(blocksFor(capacity));
    const std::size_t had = m_blocks.size();
    try {
        if (wanted > had) m_blocks.reserve(wanted);
        while (m_blocks.size() < wanted) m_blocks.push_back(newBlock());
        if (m_length < capacity) makeWritable(1);
    } catch (...) {
        m_blocks.erase(m_blocks.begin() + static_cast<std::ptrdiff_t>(had), m_blocks.end());
        throw;
    }
}

void BlockCache::makeWritable(std::int64_t count) {
    if (count < 0 || count > capacity() - m_length) {
        throw Error{"The cache has no room for " + std::to_string(count) + " more positions",
                    std::to_string(m_length) + " of " + std::to_string(capacity()) + " are taken",
                    {}};
    }
    for (std::int64_t b = m_length / kBlock; b < blocksFor(m_length + count); ++b) {
        CacheBlockRef& block = m_blocks[static_cast<std::size_t>(b)];
        if (block.alone()) continue;
        CacheBlockRef own = newBlock();
        if (b * kBlock < m_length) std::memcpy(own->data(), block->data(), static_cast<std::size_t>(m_blockBytes));
        block = std::move(own);
    }
}

void BlockCache::setLength(std::int64_t length) {
    if (length < 0 || length > capacity()) {
        throw Error{"The cache has no room for position " + std::to_string(length), "capacity " + std::to_string(capacity()), {}};
    }
    m_length = length;
}

std::byte* BlockCache::row(LayerIndex layer, std::size_t lane, std::int64_t position) {
    std::byte* block = m_blocks[static_cast<std::size_t>(position / kBlock)]->data();
    return block + m_cellsBegin[slot(layer, lane)] + position % kBlock * m_spec.lanes[lane].width * m_element;
}

float* BlockCache::scale(LayerIndex layer, std::size_t lane, std::int64_t position) {
    if (m_spec.dtype != DType::I8) return nullptr;
    std::byte* block = m_blocks[static_cast<std::size_t>(position / kBlock)]->data();
    const std::int64_t index = static_cast<std::int64_t>(slot(layer, lane)) * kBlock + position % kBlock;
    return reinterpret_cast<float*>(block + m_scalesBegin) + index;
}

Cells BlockCache::cells(LayerIndex layer, std::size_t lane, std::int64_t block, std::int64_t offset) const {
    const std::byte* data = m_blocks[static_cast<std::size_t>(block)]->data();
    Cells cells;
    cells.data = data + m_cellsBegin[slot(layer, lane)] + offset * m_element;
    cells.stride = m_spec.lanes[lane].width;
    cells.type = m_spec.dtype;
    if (m_spec.dtype == DType::I8) {
        cells.scales = reinterpret_cast<const float*>(data + m_scalesBegin) + static_cast<std::int64_t>(slot(layer, lane)) * kBlock;
        cells.scaleStride = 1;
    }
    return cells;
}

CacheUse BlockCache::use() const {
    CacheUse use;
    use.spec = m_spec;
    use.usedTokens = m_length;
    use.capacityTokens = capacity();
    for (const CacheBlockRef& block : m_blocks) use.bytes += block->bytes();
    for (std::int64_t layer = 0; layer < m_spec.layers; ++layer) {
        // Every layer has the same lanes, so it has the same part of each block.
        use.layers.push_back({LayerIndex{layer}, m_spec.elementsPerTokenPerLayer() * use.capacityTokens, use.bytes / m_spec.layers});
    }
    return use;
}

std::int64_t BlockCache::sharedBytes() const {
    std::int64_t bytes = 0;
    for (const CacheBlockRef& block : m_blocks) {
        if (!block.alone()) bytes += block->bytes();
    }
    return bytes;
}

}  // namespace loom::decode
