// SPDX-License-Identifier: GPL-3.0-or-later
// AttentionBatch: queries that read the same cells: scores, softmax and mixing over the blocks of a cache.
//
// A query's result does not hang on the others: scores are single products, the softmax is over its own positions, and mixing adds
// position after position, a whole block for all queries where all see it, else query by query.
#pragma once

#include <cstdint>

#include "core/engine/decode/worker.h"

namespace loom::decode {

/// Either several heads of one row (`heads` true), or consecutive rows of one head.
class AttentionBatch {
public:
    /// Queries of `tile` in `layer`, n heads of its only row or its rows. `window`: positions that a query sees, 0 = all.
    AttentionBatch(const Worker& worker, const Tile& tile, LayerIndex layer, std::int64_t window, bool heads, std::int64_t n);

    /// scores = scale · q·cells (added to what is there with `add`), of cells [offset, offset + width) of a lane.
    void score(const float* queries, std::int64_t queryStride, std::size_t lane, std::int64_t offset, std::int64_t width, float scale,
               bool add) const;
    void softmax() const;
    /// out[j] = Σ_p weight[j, p] · cells[p]; out [n, outStride].
    void mix(std::size_t lane, std::int64_t offset, std::int64_t width, float* out, std::int64_t outStride) const;
    /// Hands the weights to the rows that want them; the first query belongs to head `head`.
    void capture(std::int64_t head) const;

    [[nodiscard]] const BlockCache& cache() const { return m_cache; }
    [[nodiscard]] LayerIndex layer() const { return m_layer; }
    [[nodiscard]] std::int64_t queries() const { return m_n; }
    /// The blocks that any query sees.
    [[nodiscard]] std::int64_t firstBlock() const { return m_base / kBlock; }
    [[nodiscard]] std::int64_t lastBlock() const { return (m_end + kBlock - 1) / kBlock; }
    /// How many positions of a block are kept or being kept.
    [[nodiscard]] std::int64_t positionsIn(std::int64_t block) const;
    /// Where the scores of a block's first position stand; the next query's are scoreStride() further.
    [[nodiscard]] float* scoresOf(std::int64_t block) const { return m_scores + (block * kBlock - m_base); }
    [[nodiscard]] std::int64_t scoreStride() const { return m_stride; }

private:
    [[nodiscard]] std::int64_t last(std::int64_t query) const { return m_position + (m_heads ? 0 : query); }  ///< the newest position seen
    [[nodiscard]] std::int64_t first(std::int64_t query) const;                                               ///< the oldest

    const Worker& m_worker;
    const Tile& m_tile;
    LayerIndex m_layer;
    const BlockCache& m_cache;
    std::int64_t m_window;
    bool m_heads;
    std::int64_t m_n;
    std::int64_t m_position;  ///< of the first query
    std::int64_t m_base;      ///< the first position that has a score; begins a block
    std::int64_t m_end;       ///< behind the last
    float* m_scores;
    std::int64_t m_stride;
};

}  // namespace loom::decode
