// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/cache/kv_cache.h"

#include <limits>
#include <string>
#include <utility>

#include "core/data/error.h"

namespace loom {
namespace {

std::int64_t rowsBytes(std::int64_t perRow, std::int64_t capacity) {
    if (capacity < 0 || perRow < 0 || (perRow > 0 && capacity > std::numeric_limits<std::int64_t>::max() / perRow)) {
        throw Error{"The cache would be too large", std::to_string(capacity) + " positions", "Choose a smaller context"};
    }
    return capacity * perRow;
}

std::int64_t laneBytes(const LaneSpec& lane, std::int64_t capacity, DType dtype) {
    return rowsBytes(lane.width * bytesPerElement(dtype), capacity);
}

}  // namespace

KvCache::KvCache(CacheSpec spec, std::int64_t capacity, BufferAllocator& allocator)
    : m_spec(std::move(spec)), m_capacity(capacity), m_allocator(&allocator) {
    m_buffers.reserve(static_cast<std::size_t>(m_spec.layers) * m_spec.lanes.size());
    for (std::int64_t layer = 0; layer < m_spec.layers; ++layer) {
        for (const LaneSpec& lane : m_spec.lanes) {
            m_buffers.push_back(allocator.allocate(MemoryKind::Cache, laneBytes(lane, capacity, m_spec.dtype)));
            if (m_spec.dtype == DType::I8) m_scales.push_back(allocator.allocate(MemoryKind::Cache, rowsBytes(kRowScaleBytes, capacity)));
        }
    }
}

std::size_t KvCache::slot(LayerIndex layer, std::size_t lane) const { return layer.index() * m_spec.lanes.size() + lane; }

std::byte* KvCache::lane(LayerIndex layer, std::size_t lane) { return m_buffers[slot(layer, lane)].data(); }
const std::byte* KvCache::lane(LayerIndex layer, std::size_t lane) const { return m_buffers[slot(layer, lane)].data(); }

std::byte* KvCache::scales(LayerIndex layer, std::size_t lane) { return m_scales.empty() ? nullptr : m_scales[slot(layer, lane)].data(); }
const std::byte* KvCache::scales(LayerIndex layer, std::size_t lane) const {
    return m_scales.empty() ? nullptr : m_scales[slot(layer, lane)].data();
}

void KvCache::setLength(std::int64_t length) {
    if (length < 0 || length > m_capacity) {
        throw Error{"The cache has no room for position " + std::to_string(length), "capacity " + std::to_string(m_capacity), {}};
    }
    m_length = length;
}

void KvCache::reserve(std::int64_t capacity) {
    if (capacity <= m_capacity) return;
    KvCache bigger(m_spec, capacity, *m_allocator);  // complete before anything of the old one goes
    for (std::size_t i = 0; i < m_buffers.size(); ++i) {
        const LaneSpec& lane = m_spec.lanes[i % m_spec.lanes.size()];
        m_allocator->copy(bigger.m_buffers[i].data(), m_buffers[i].data(), laneBytes(lane, m_length, m_spec.dtype));
    }
    for (std::size_t i = 0; i < m_scales.size(); ++i) {
        m_allocator->copy(bigger.m_scales[i].data(), m_scales[i].data(), rowsBytes(kRowScaleBytes, m_length));
    }
    m_buffers = std::move(bigger.m_buffers);
    m_scales = std::move(bigger.m_scales);
    m_capacity = capacity;
}

CacheUse KvCache::use() const {
    CacheUse use;
    use.spec = m_spec;
    use.usedTokens = m_length;
    use.capacityTokens = m_capacity;
    const std::int64_t elementBytes = bytesPerElement(m_spec.dtype);
    for (std::int64_t layer = 0; layer < m_spec.layers; ++layer) {
        LayerUse row{LayerIndex{layer}, 0, 0};
        for (std::size_t lane = 0; lane < m_spec.lanes.size(); ++lane) {
            row.elements += m_buffers[slot(row.layer, lane)].bytes() / elementBytes;
            row.bytes += m_buffers[slot(row.layer, lane)].bytes();
            if (!m_scales.empty()) row.bytes += m_scales[slot(row.layer, lane)].bytes();
        }
        use.bytes += row.bytes;
        use.layers.push_back(row);
    }
    return use;
}

}  // namespace loom
