// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionBatch: the loops over blocks.
#include "core/engine/decode/attention_batch.h"

#include <algorithm>

namespace loom::decode {
namespace {

/// Asks for the cells of a block before they are needed: blocks lie apart, and kernels read their rows in short pieces, so that the
/// processor does not see for itself what comes next.
void prefetch(const Cells& cells, std::int64_t positions, std::int64_t width) {
    constexpr std::int64_t kLine = 64;
    const std::int64_t bytes = width * bytesPerElement(cells.type);
    for (std::int64_t p = 0; p < positions; ++p) {
        const std::byte* row = cells.data + p * cells.stride * bytesPerElement(cells.type);
        for (std::int64_t i = 0; i < bytes; i += kLine) __builtin_prefetch(row + i, 0, 3);
    }
}

}  // namespace

AttentionBatch::AttentionBatch(const Worker& worker, const Tile& tile, LayerIndex layer, std::int64_t window, bool heads, std::int64_t n)
    : m_worker(worker),
      m_tile(tile),
      m_layer(layer),
      m_cache(*worker.step().rows[static_cast<std::size_t>(tile.first)].cache),
      m_window(window),
      m_heads(heads),
      m_n(n),
      m_position(worker.step().rows[static_cast<std::size_t>(tile.first)].position),
      m_base(first(0) / kBlock * kBlock),
      m_end(last(n - 1) + 1),
      m_scores(worker.own().scores.data()),
      m_stride(worker.own().scores.size() / kTile) {}

std::int64_t AttentionBatch::first(std::int64_t query) const {
    return m_window == 0 ? 0 : std::max<std::int64_t>(0, last(query) + 1 - m_window);
}

std::int64_t AttentionBatch::positionsIn(std::int64_t block) const { return std::min(kBlock, m_end - block * kBlock); }

void AttentionBatch::score(const float* queries, std::int64_t queryStride, std::size_t lane, std::int64_t offset, std::int64_t width,
                           float scale, bool add) const {
    for (std::int64_t block = firstBlock(); block < lastBlock(); ++block) {
        if (block + 1 < lastBlock()) prefetch(m_cache.cells(m_layer, lane, block + 1, offset), positionsIn(block + 1), width);
        m_worker.kernels().scores(queries, queryStride, m_n, m_cache.cells(m_layer, lane, block, offset), positionsIn(block), width, scale,
                                  add, scoresOf(block), m_stride);
    }
}

void AttentionBatch::softmax() const {
    for (std::int64_t j = 0; j < m_n; ++j) {
        m_worker.kernels().softmax(m_scores + j * m_stride + (first(j) - m_base), last(j) + 1 - first(j));
    }
}

void AttentionBatch::mix(std::size_t lane, std::int64_t offset, std::int64_t width, float* out, std::int64_t outStride) const {
    for (std::int64_t j = 0; j < m_n; ++j) std::fill_n(out + j * outStride, width, 0.0F);
    for (std::int64_t block = firstBlock(); block < lastBlock(); ++block) {
        const Cells cells = m_cache.cells(m_layer, lane, block, offset);
        if (block + 1 < lastBlock()) prefetch(m_cache.cells(m_layer, lane, block + 1, offset), positionsIn(block + 1), width);
        const std::int64_t begin = block * kBlock;
        if (begin >= first(m_n - 1) && begin + kBlock <= last(0) + 1) {
            m_worker.kernels().mix(scoresOf(block), m_stride, m_n, cells, kBlock, width, out, outStride);
            continue;
        }
        for (std::int64_t j = 0; j < m_n; ++j) {
            const std::int64_t from = std::max(begin, first(j));
            const std::int64_t to = std::min(begin + kBlock, last(j) + 1);
            if (from >= to) continue;
            Cells seen = cells;
            seen.data += (from - begin) * cells.stride * bytesPerElement(cells.type);
            if (seen.scales != nullptr) seen.scales += (from - begin) * cells.scaleStride;
            m_worker.kernels().mix(m_scores + j * m_stride + (from - m_base), m_stride, 1, seen, to - from, width, out + j * outStride,
                                   outStride);
        }
    }
}

void AttentionBatch::capture(std::int64_t head) const {
    if (m_worker.step().capture != m_layer) return;
    for (std::int64_t j = 0; j < m_n; ++j) {
        AttentionRow* seen = m_worker.step().rows[static_cast<std::size_t>(m_tile.first + (m_heads ? 0 : j))].seen;
        if (seen == nullptr) continue;
        const std::int64_t h = head + (m_heads ? j : 0);
        std::copy_n(m_scores + j * m_stride + (first(j) - m_base), last(j) + 1 - first(j),
                    seen->weights.data() + h * (seen->position + 1) + first(j));
    }
}

}  // namespace loom::decode
