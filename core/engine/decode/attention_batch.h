// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionBatch: queries that pass by a cache together, a chunk of positions at a time.
//
// Softmax over any number of positions in one pass over the cache (arXiv 1805.02867; arXiv 2205.14135, section 3.1): a chunk gives
// Σ e^(s − m) · cells and Σ e^(s − m), m the largest score of the chunk; PartSums::join puts chunks together in their order. Chunks begin
// at multiples of kChunk, so a query's bits hang neither on the other queries nor on which thread took which chunk.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/engine/decode/worker.h"

namespace loom::decode {

/// Heads [first, last) of a tile: of its only row up to kTile at once, else one after the other with all rows.
struct HeadTask {
    Tile tile;
    std::int64_t first = 0;
    std::int64_t last = 0;
};

/// Either several heads of one row, or the rows of a tile in one head.
class AttentionBatch {
public:
    /// `groups` key/value heads; `window`: positions that a query sees, 0 = all.
    AttentionBatch(const Worker& worker, const HeadTask& task, LayerIndex layer, std::int64_t groups, std::int64_t window);

    [[nodiscard]] const HeadTask& task() const { return m_task; }
    [[nodiscard]] LayerIndex layer() const { return m_layer; }
    [[nodiscard]] const BlockCache& cache() const { return m_cache; }
    [[nodiscard]] std::int64_t queries() const { return m_n; }
    /// The chunks that any query sees.
    [[nodiscard]] std::int64_t firstChunk() const { return first(0) / kChunk; }
    [[nodiscard]] std::int64_t lastChunk() const { return (m_end + kChunk - 1) / kChunk; }

    /// Calls body(block, positions in it, its first score of query 0) for the blocks of a chunk that any query sees; the next query's
    /// scores are kChunk further.
    template <class Body>
    void forBlocks(std::int64_t chunk, Body body) const {
        const std::int64_t end = std::min((chunk + 1) * kChunk, m_end);
        for (std::int64_t p = std::max(chunk * kChunk, first(0) / kBlock * kBlock); p < end; p += kBlock) {
            body(p / kBlock, std::min(kBlock, end - p), m_scores + (p - chunk * kChunk));
        }
    }
    /// Calls body(group, its first query, how many) for the key/value heads that the queries belong to.
    template <class Body>
    void forGroups(Body body) const {
        if (m_task.tile.count > 1) return body(m_task.first / m_perGroup, std::int64_t{0}, m_n);
        for (std::int64_t head = m_task.first; head < m_task.last;) {
            const std::int64_t end = std::min((head / m_perGroup + 1) * m_perGroup, m_task.last);
            body(head / m_perGroup, head - m_task.first, end - head);
            head = end;
        }
    }

    /// scores = scale · q · cells of a chunk (added to what is there with `add`). Cells of the queries' own groups, `width` each, or with
    /// `shared` the same for all.
    void score(std::int64_t chunk, const float* queries, std::int64_t queryStride, std::size_t lane, std::int64_t width, bool shared,
               float scale, bool add) const;
    /// e^(score − largest) of a chunk, in place; sums [queries()].
    void weigh(std::int64_t chunk, PartSums* sums) const;
    /// out[j] = Σ_p weight[j, p] · cells[p] over a chunk; out [queries(), outStride].
    void mix(std::int64_t chunk, std::size_t lane, std::int64_t width, float* out, std::int64_t outStride) const;

    /// Whether a row wants to know its weights in this layer.
    [[nodiscard]] bool captured() const;
    /// Hands query j's weights of a chunk to the row that wants them.
    void capture(std::int64_t j, std::int64_t chunk, PartSums::Factors factors) const;
    /// Divides them by the sum of all.
    void finishCapture(std::int64_t j, float inverse) const;

private:
    [[nodiscard]] std::int64_t last(std::int64_t query) const {  ///< the newest position seen
        return m_position + (m_task.tile.count > 1 ? query : 0);
    }
    [[nodiscard]] std::int64_t first(std::int64_t query) const;  ///< the oldest
    /// The weights of query j's head in its row's AttentionRow, null where nobody wants them.
    [[nodiscard]] float* seen(std::int64_t query) const;

    const Worker& m_worker;
    HeadTask m_task;
    LayerIndex m_layer;
    const BlockCache& m_cache;
    std::int64_t m_perGroup;
    std::int64_t m_window;
    std::int64_t m_n;
    std::int64_t m_position;  ///< of the first query
    std::int64_t m_end;       ///< behind the last position that any query sees
    float* m_scores;          ///< [queries(), kChunk]
};

}  // namespace loom::decode
