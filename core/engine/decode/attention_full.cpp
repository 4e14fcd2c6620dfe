// SPDX-License-Identifier: GPL-3.0-or-later
// attendFull: every position has whole keys and values.
#include "core/engine/decode/attention.h"

namespace loom::decode {
namespace {

class FullForm final : public HeadForm {
public:
    FullForm(const Worker& worker, const AttentionWeights& weights, const FullShape& shape, const Queries& queries)
        : m_worker(worker), m_weights(weights), m_shape(shape), m_queries(queries) {}

    [[nodiscard]] std::int64_t groups() const override { return m_shape.groups; }
    [[nodiscard]] std::size_t valueLane() const override { return 1; }
    [[nodiscard]] std::int64_t valueWidth() const override { return m_shape.valueWidth; }
    [[nodiscard]] std::int64_t absorbedWidth() const override { return 0; }

    void prepare(const Tile& tile, std::int64_t head, float* /*absorbed*/) const override {
        for (std::int64_t t = tile.first; t < tile.first + tile.count; ++t) {
            m_worker.step().rotation.turn(m_worker.kernels(), query(t, head) + m_queries.rotated,
                                          m_worker.step().rows[static_cast<std::size_t>(t)].position);
        }
    }

    void score(const AttentionBatch& batch, std::int64_t chunk, const float* /*absorbed*/) const override {
        const HeadTask& task = batch.task();
        const std::int64_t stride = task.tile.count > 1 ? m_queries.stride : m_shape.keyWidth;
        batch.score(chunk, query(task.tile.first, task.first), stride, 0, m_shape.keyWidth, false, m_weights.scale, false);
    }

    void finish(const Tile& tile, std::int64_t head, const float* mixed) const override {
        const std::int64_t width = m_shape.valueWidth;
        const std::int64_t stride = m_worker.step().config.attention.heads * width;
        for (std::int64_t j = 0; j < tile.count; ++j) {
            std::copy_n(mixed + j * width, width, m_worker.space().attended.data() + (tile.first + j) * stride + head * width);
        }
    }

private:
    [[nodiscard]] float* query(std::int64_t t, std::int64_t head) const {
        return m_queries.data + t * m_queries.stride + head * m_shape.keyWidth;
    }

    const Worker& m_worker;
    const AttentionWeights& m_weights;
    const FullShape& m_shape;
    const Queries& m_queries;
};

}  // namespace

void attendFull(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const FullShape& shape, const Queries& queries,
                std::span<const Tile> tiles) {
    attendHeads(worker, layer, weights.attention.window, FullForm(worker, weights.attention, shape, queries), tiles);
}

}  // namespace loom::decode
