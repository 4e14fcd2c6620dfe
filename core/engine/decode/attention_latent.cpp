// SPDX-License-Identifier: GPL-3.0-or-later
// attendLatent: the past stays latent. Values are always absorbed, W^{UV} Σ p c; keys too ((W^{UK})ᵀ q · c, arXiv 2405.04434, section
// 2.1.2), unless a rotation stands behind W^{UK} or the naive path was asked for: then they are rebuilt, a block of positions at a time.
#include <algorithm>

#include "core/engine/decode/attention.h"

namespace loom::decode {
namespace {

/// Where a head finds its latents, and how wide they are.
struct LatentShape {
    std::int64_t groups;        ///< latents of a position: H per head, else 1
    std::int64_t queryWidth;    ///< of one head: d, or dN + dR
    std::int64_t contentWidth;  ///< of it: what meets the latent: d, or dN
    std::int64_t keyWidth;      ///< r or rK
    std::int64_t rotaryWidth;   ///< dR of a joint latent, else 0
    std::size_t valueLane;      ///< the same lane as keys where the latent is joint
    std::int64_t valueWidth;    ///< r or rV
    std::int64_t outWidth;      ///< of one head: d or dV
    bool rebuild;
};

LatentShape shapeOf(const StepContext& step) {
    const AttentionConfig& a = step.config.attention;
    if (a.latent == Latent::Joint) {
        return {1, a.qkHeadDim(), a.qkNopeHeadDim, a.kvLoraRank, a.qkRopeHeadDim, 0, a.kvLoraRank, a.vHeadDim, false};
    }
    const std::int64_t groups = a.latent == Latent::PerHead ? a.heads : 1;
    return {groups, a.headDim, a.headDim, a.kRank, 0, 1, a.vRank, a.headDim, !step.absorbed};
}

class LatentTask {
public:
    LatentTask(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const LatentShape& shape, const Queries& queries,
               const HeadTask& task)
        : m_worker(worker), m_weights(weights.attention), m_layer(layer), m_shape(shape), m_queries(queries), m_task(task) {}

    void run() const {
        for (std::int64_t t = m_task.tile.first; t < m_task.tile.first + m_task.tile.count; ++t) {
            const std::int64_t position = m_worker.step().rows[static_cast<std::size_t>(t)].position;
            for (std::int64_t head = m_task.first; head < m_task.last; ++head) {
                m_worker.step().rotation.turn(m_worker.kernels(), query(t, head) + m_queries.rotated, position);
            }
        }
        if (m_task.tile.count == 1) return runHeads(m_task.first, m_task.last);
        for (std::int64_t head = m_task.first; head < m_task.last; ++head) runHeads(head, head + 1);
    }

private:
    [[nodiscard]] float* query(std::int64_t t, std::int64_t head) const {
        return m_queries.data + t * m_queries.stride + head * m_shape.queryWidth;
    }

    /// Heads [first, last) of a single row, or one head of the tile's rows.
    void runHeads(std::int64_t first, std::int64_t last) const {
        const std::int64_t rows = m_task.tile.count;
        const bool oneRow = rows == 1;
        const std::int64_t n = oneRow ? last - first : rows;
        const AttentionBatch batch(m_worker, m_task.tile, m_layer, m_weights.window, oneRow, n);
        float* q = query(m_task.tile.first, first);
        const std::int64_t queryStride = oneRow ? m_shape.queryWidth : m_queries.stride;
        if (m_shape.rebuild) {
            scoreRebuilt(batch, first, q, queryStride);
        } else {
            float* absorbed = m_worker.own().queries.data();
            for (std::int64_t head = first; head < last; ++head) {
                m_worker.multiplyAlone(m_weights.keyUp[static_cast<std::size_t>(head)], query(m_task.tile.first, head), m_queries.stride,
                                       rows, absorbed + (head - first) * m_shape.keyWidth, m_shape.keyWidth);
            }
            batch.score(absorbed, m_shape.keyWidth, 0, m_task.group * m_shape.keyWidth, m_shape.keyWidth, m_weights.scale, false);
            if (m_shape.rotaryWidth > 0) {
                batch.score(q + m_shape.contentWidth, queryStride, 1, 0, m_shape.rotaryWidth, m_weights.scale, true);
            }
        }
        batch.softmax();
        batch.capture(first);
        float* mixed = m_worker.own().mixed.data();
        batch.mix(m_shape.valueLane, m_task.group * m_shape.valueWidth, m_shape.valueWidth, mixed, m_shape.valueWidth);
        const std::int64_t outStride = m_worker.step().config.attention.heads * m_shape.outWidth;
        for (std::int64_t head = first; head < last; ++head) {
            m_worker.multiplyAlone(m_weights.valueUp[static_cast<std::size_t>(head)], mixed + (head - first) * m_shape.valueWidth,
                                   m_shape.valueWidth, rows,
                                   m_worker.space().attended.data() + m_task.tile.first * outStride + head * m_shape.outWidth, outStride);
        }
    }

    /// Rebuilds one head's keys from their latents, turns them and lets the queries meet them.
    void scoreRebuilt(const AttentionBatch& batch, std::int64_t head, const float* queries, std::int64_t queryStride) const {
        const Kernels& k = m_worker.kernels();
        const std::int64_t d = m_shape.contentWidth;
        float* latents = m_worker.own().latents.data();
        float* keys = m_worker.own().keys.data();
        for (std::int64_t block = batch.firstBlock(); block < batch.lastBlock(); ++block) {
            const Cells cells = batch.cache().cells(m_layer, 0, block, m_task.group * m_shape.keyWidth);
            const std::int64_t count = batch.positionsIn(block);
            for (std::int64_t p = 0; p < count; ++p) {
                const float scale = cells.scales != nullptr ? cells.scales[p * cells.scaleStride] : 1.0F;
                k.read(cells.data + p * cells.stride * bytesPerElement(cells.type), cells.type, scale, m_shape.keyWidth,
                       latents + p * m_shape.keyWidth);
            }
            m_worker.multiplyAlone(m_weights.keyUp[static_cast<std::size_t>(head)], latents, m_shape.keyWidth, count, keys, d);
            for (std::int64_t p = 0; p < count; ++p) {
                m_worker.step().rotation.turn(k, keys + p * d + m_queries.rotated, block * kBlock + p);
            }
            const Cells rebuilt{reinterpret_cast<const std::byte*>(keys), nullptr, d, 0, DType::F32};
            k.scores(queries, queryStride, batch.queries(), rebuilt, count, d, m_weights.scale, false, batch.scoresOf(block),
                     batch.scoreStride());
        }
    }

    const Worker& m_worker;
    const AttentionWeights& m_weights;
    LayerIndex m_layer;
    const LatentShape& m_shape;
    const Queries& m_queries;
    const HeadTask& m_task;
};

}  // namespace

void attendLatent(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const Queries& queries,
                  std::span<const Tile> tiles) {
    const LatentShape shape = shapeOf(worker.step());
    const std::int64_t most = shape.rebuild ? 1 : kTile;
    forTasks(worker, tiles, shape.groups, most,
             [&](const HeadTask& task) { LatentTask(worker, weights, layer, shape, queries, task).run(); });
}

}  // namespace loom::decode
