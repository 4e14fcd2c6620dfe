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

class LatentForm final : public HeadForm {
public:
    LatentForm(const Worker& worker, const AttentionWeights& weights, LayerIndex layer, const Queries& queries)
        : m_worker(worker), m_weights(weights), m_layer(layer), m_shape(shapeOf(worker.step())), m_queries(queries) {}

    [[nodiscard]] std::int64_t groups() const override { return m_shape.groups; }
    [[nodiscard]] std::size_t valueLane() const override { return m_shape.valueLane; }
    [[nodiscard]] std::int64_t valueWidth() const override { return m_shape.valueWidth; }
    [[nodiscard]] std::int64_t absorbedWidth() const override { return m_shape.rebuild ? 0 : m_shape.keyWidth; }

    void prepare(const Tile& tile, std::int64_t head, float* absorbed) const override {
        for (std::int64_t t = tile.first; t < tile.first + tile.count; ++t) {
            m_worker.step().rotation.turn(m_worker.kernels(), query(t, head) + m_queries.rotated,
                                          m_worker.step().rows[static_cast<std::size_t>(t)].position);
        }
        if (m_shape.rebuild) return;
        m_worker.multiplyAlone(m_weights.keyUp[static_cast<std::size_t>(head)], query(tile.first, head), m_queries.stride, tile.count,
                               absorbed, m_shape.keyWidth);
    }

    void score(const AttentionBatch& batch, std::int64_t chunk, const float* absorbed) const override {
        const HeadTask& task = batch.task();
        const float* queries = query(task.tile.first, task.first);
        const std::int64_t stride = task.tile.count > 1 ? m_queries.stride : m_shape.queryWidth;
        if (m_shape.rebuild) return scoreRebuilt(batch, chunk, queries, stride);
        batch.score(chunk, absorbed, m_shape.keyWidth, 0, m_shape.keyWidth, false, m_weights.scale, false);
        if (m_shape.rotaryWidth == 0) return;
        batch.score(chunk, queries + m_shape.contentWidth, stride, 1, m_shape.rotaryWidth, true, m_weights.scale, true);
    }

    void finish(const Tile& tile, std::int64_t head, const float* mixed) const override {
        const std::int64_t stride = m_worker.step().config.attention.heads * m_shape.outWidth;
        m_worker.multiplyAlone(m_weights.valueUp[static_cast<std::size_t>(head)], mixed, m_shape.valueWidth, tile.count,
                               m_worker.space().attended.data() + tile.first * stride + head * m_shape.outWidth, stride);
    }

private:
    [[nodiscard]] float* query(std::int64_t t, std::int64_t head) const {
        return m_queries.data + t * m_queries.stride + head * m_shape.queryWidth;
    }

    /// Rebuilds each head's keys from their latents, turns them and lets the queries meet them.
    void scoreRebuilt(const AttentionBatch& batch, std::int64_t chunk, const float* queries, std::int64_t stride) const {
        const Kernels& k = m_worker.kernels();
        const HeadTask& task = batch.task();
        const std::int64_t d = m_shape.contentWidth;
        float* latents = m_worker.own().latents.data();
        float* keys = m_worker.own().keys.data();
        const bool rows = task.tile.count > 1;
        batch.forBlocks(chunk, [&](std::int64_t block, std::int64_t count, float* scores) {
            for (std::int64_t head = task.first; head < task.last; ++head) {
                const std::int64_t group = m_shape.groups == 1 ? 0 : head;
                if (head == task.first || m_shape.groups > 1) {
                    const Cells cells = batch.cache().cells(m_layer, 0, block, group * m_shape.keyWidth);
                    for (std::int64_t p = 0; p < count; ++p) {
                        const float scale = cells.scales != nullptr ? cells.scales[p * cells.scaleStride] : 1.0F;
                        k.read(cells.data + p * cells.stride * bytesPerElement(cells.type), cells.type, scale, m_shape.keyWidth,
                               latents + p * m_shape.keyWidth);
                    }
                }
                m_worker.multiplyAlone(m_weights.keyUp[static_cast<std::size_t>(head)], latents, m_shape.keyWidth, count, keys, d);
                for (std::int64_t p = 0; p < count; ++p) {
                    m_worker.step().rotation.turn(k, keys + p * d + m_queries.rotated, block * kBlock + p);
                }
                const Cells rebuilt{reinterpret_cast<const std::byte*>(keys), nullptr, d, 0, DType::F32};
                const std::int64_t q = head - task.first;
                k.scores(queries + q * stride, stride, rows ? task.tile.count : 1, rebuilt, count, d, m_weights.scale, false,
                         scores + q * kChunk, kChunk);
            }
        });
    }

    const Worker& m_worker;
    const AttentionWeights& m_weights;
    LayerIndex m_layer;
    LatentShape m_shape;
    const Queries& m_queries;
};

}  // namespace

void attendLatent(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const Queries& queries,
                  std::span<const Tile> tiles) {
    attendHeads(worker, layer, weights.attention.window, LatentForm(worker, weights.attention, layer, queries), tiles);
}

}  // namespace loom::decode
