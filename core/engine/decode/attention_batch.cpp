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
        for (std::int64_t i = 0; i < bytes; i += kLine) __builtin_prefetch(row + i, 0, 2);
    }
}

}  // namespace

AttentionBatch::AttentionBatch(const Worker& worker, const HeadTask& task, LayerIndex layer, std::int64_t groups, std::int64_t window)
    : m_worker(worker),
      m_task(task),
      m_layer(layer),
      m_cache(*worker.step().rows[static_cast<std::size_t>(task.tile.first)].cache),
      m_perGroup(worker.step().config.attention.heads / groups),
      m_window(window),
      m_n(task.tile.count > 1 ? task.tile.count : task.last - task.first),
      m_position(worker.step().rows[static_cast<std::size_t>(task.tile.first)].position),
      m_end(last(m_n - 1) + 1),
      m_scores(worker.own().scores.data()) {}

std::int64_t AttentionBatch::first(std::int64_t query) const {
    return m_window == 0 ? 0 : std::max<std::int64_t>(0, last(query) + 1 - m_window);
}

void AttentionBatch::score(std::int64_t chunk, const float* queries, std::int64_t queryStride, std::size_t lane, std::int64_t width,
                           bool shared, float scale, bool add) const {
    forBlocks(chunk, [&](std::int64_t block, std::int64_t positions, float* scores) {
        const bool more = (block + 1) * kBlock < m_end;
        const auto part = [&](std::int64_t offset, std::int64_t query, std::int64_t n) {
            if (more) prefetch(m_cache.cells(m_layer, lane, block + 1, offset), kBlock, width);
            m_worker.kernels().scores(queries + query * queryStride, queryStride, n, m_cache.cells(m_layer, lane, block, offset), positions,
                                      width, scale, add, scores + query * kChunk, kChunk);
        };
        if (shared) return part(0, 0, m_n);
        forGroups([&](std::int64_t group, std::int64_t query, std::int64_t n) { part(group * width, query, n); });
    });
}

void AttentionBatch::weigh(std::int64_t chunk, PartSums* sums) const {
    for (std::int64_t j = 0; j < m_n; ++j) {
        const std::int64_t from = std::max(chunk * kChunk, first(j));
        const std::int64_t to = std::min((chunk + 1) * kChunk, last(j) + 1);
        sums[j].total = m_worker.kernels().exponentials(m_scores + j * kChunk + (from - chunk * kChunk), to - from, &sums[j].largest);
    }
}

void AttentionBatch::mix(std::int64_t chunk, std::size_t lane, std::int64_t width, float* out, std::int64_t outStride) const {
    for (std::int64_t j = 0; j < m_n; ++j) std::fill_n(out + j * outStride, width, 0.0F);
    forBlocks(chunk, [&](std::int64_t block, std::int64_t positions, const float* weights) {
        const std::int64_t begin = block * kBlock;
        const bool more = begin + kBlock < m_end;
        const bool all = begin >= first(m_n - 1) && begin + positions <= last(0) + 1;  // every query sees all of it
        forGroups([&](std::int64_t group, std::int64_t query, std::int64_t n) {
            const Cells cells = m_cache.cells(m_layer, lane, block, group * width);
            if (more) prefetch(m_cache.cells(m_layer, lane, block + 1, group * width), kBlock, width);
            if (all) {
                m_worker.kernels().mix(weights + query * kChunk, kChunk, n, cells, positions, width, out + query * outStride, outStride);
                return;
            }
            for (std::int64_t j = query; j < query + n; ++j) {
                const std::int64_t from = std::max(begin, first(j));
                const std::int64_t to = std::min(begin + positions, last(j) + 1);
                if (from >= to) continue;
                Cells seen = cells;
                seen.data += (from - begin) * cells.stride * bytesPerElement(cells.type);
                if (seen.scales != nullptr) seen.scales += (from - begin) * cells.scaleStride;
                m_worker.kernels().mix(weights + j * kChunk + (from - begin), kChunk, 1, seen, to - from, width, out + j * outStride,
                                       outStride);
            }
        });
    });
}

bool AttentionBatch::captured() const { return m_worker.step().capture == m_layer; }

float* AttentionBatch::seen(std::int64_t query) const {
    const bool rows = m_task.tile.count > 1;
    AttentionRow* row = m_worker.step().rows[static_cast<std::size_t>(m_task.tile.first + (rows ? query : 0))].seen;
    if (row == nullptr) return nullptr;
    return row->weights.data() + (m_task.first + (rows ? 0 : query)) * (row->position + 1);
}

void AttentionBatch::capture(std::int64_t j, std::int64_t chunk, PartSums::Factors factors) const {
    float* weights = seen(j);
    const std::int64_t from = std::max(chunk * kChunk, first(j));
    const std::int64_t to = std::min((chunk + 1) * kChunk, last(j) + 1);
    if (weights == nullptr || from >= to) return;
    if (factors.kept != 1.0F) m_worker.kernels().scale(weights, factors.kept, from);
    std::copy_n(m_scores + j * kChunk + (from - chunk * kChunk), to - from, weights + from);
    if (factors.taken != 1.0F) m_worker.kernels().scale(weights + from, factors.taken, to - from);
}

void AttentionBatch::finishCapture(std::int64_t j, float inverse) const {
    if (float* weights = seen(j); weights != nullptr) m_worker.kernels().scale(weights, inverse, last(j) + 1);
}

}  // namespace loom::decode
