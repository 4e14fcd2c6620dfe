// SPDX-License-Identifier: GPL-3.0-or-later
// attendHeads: how heads and positions are divided among threads, and how chunks come together.
#include <algorithm>

#include "core/engine/decode/attention.h"

namespace loom::decode {
namespace {

class HeadWork {
public:
    HeadWork(const Worker& worker, LayerIndex layer, std::int64_t window, const HeadForm& form)
        : m_worker(worker), m_layer(layer), m_window(window), m_form(form), m_heads(worker.step().config.attention.heads) {}

    /// This thread's tiles and heads.
    void byHeads(std::span<const Tile> tiles) const {
        const auto count = static_cast<std::int64_t>(tiles.size());
        std::int64_t most = std::min(m_heads, kTile);
        if (count < 4 * m_worker.threads()) most = std::min(most, (m_heads + m_worker.threads() - 1) / m_worker.threads());
        const std::int64_t pieces = (m_heads + most - 1) / most;
        for (std::int64_t i = m_worker.thread(); i < count * pieces; i += m_worker.threads()) {  // long and short tiles in turns
            const std::int64_t first = i / count * most;
            const Tile& tile = tiles[static_cast<std::size_t>(i % count)];
            const std::int64_t last = std::min(first + most, m_heads);
            if (tile.count == 1) {
                whole({tile, first, last});
            } else {
                for (std::int64_t head = first; head < last; ++head) whole({tile, head, head + 1});
            }
        }
    }

    /// Whether a step's only row is better divided by positions.
    [[nodiscard]] bool dividesPositions(std::span<const Tile> tiles) const {
        if (tiles.size() != 1 || tiles.front().count != 1 || m_worker.threads() == 1 || m_worker.step().capture == m_layer) return false;
        const AttentionBatch batch(m_worker, {tiles.front(), 0, 1}, m_layer, m_form.groups(), m_window);
        return batch.lastChunk() - batch.firstChunk() >= kSplitChunks * m_worker.threads();
    }

    void byPositions(const Tile& tile) const {
        Workspace& space = m_worker.space();
        const std::int64_t width = m_form.valueWidth();
        const ThreadTeam::Range heads = m_worker.share(m_heads);
        for (std::int64_t head = heads.first; head < heads.last; ++head) {
            m_form.prepare(tile, head, space.absorbed.data() + head * m_form.absorbedWidth());
        }
        m_worker.meet();
        const AttentionBatch any(m_worker, {tile, 0, 1}, m_layer, m_form.groups(), m_window);
        const std::int64_t chunks = any.lastChunk() - any.firstChunk();
        const ThreadTeam::Range mine = m_worker.share(chunks);
        for (std::int64_t i = mine.first; i < mine.last; ++i) {
            for (std::int64_t first = 0; first < m_heads; first += kTile) {
                const AttentionBatch batch(m_worker, {tile, first, std::min(first + kTile, m_heads)}, m_layer, m_form.groups(), m_window);
                const std::int64_t place = i * m_heads + first;
                part(batch, any.firstChunk() + i, space.absorbed.data() + first * m_form.absorbedWidth(), space.partSums.data() + place,
                     space.parts.data() + place * width);
            }
        }
        m_worker.meet();
        for (std::int64_t head = heads.first; head < heads.last; ++head) {
            float* mixed = m_worker.own().mixed.data();
            PartSums sums;
            for (std::int64_t i = 0; i < chunks; ++i) {
                const std::int64_t place = i * m_heads + head;
                sums.join(m_worker.kernels(), space.partSums[static_cast<std::size_t>(place)], space.parts.data() + place * width, mixed,
                          width);
            }
            m_worker.kernels().scale(mixed, 1.0F / sums.total, width);
            m_form.finish(tile, head, mixed);
        }
    }

private:
    /// One chunk: sums [queries of the batch], mixed [queries, valueWidth].
    void part(const AttentionBatch& batch, std::int64_t chunk, const float* absorbed, PartSums* sums, float* mixed) const {
        m_form.score(batch, chunk, absorbed);
        batch.weigh(chunk, sums);
        batch.mix(chunk, m_form.valueLane(), m_form.valueWidth(), mixed, m_form.valueWidth());
    }

    /// All chunks of a batch, one after the other.
    void whole(const HeadTask& task) const {
        const AttentionBatch batch(m_worker, task, m_layer, m_form.groups(), m_window);
        const std::int64_t n = batch.queries();
        const std::int64_t width = m_form.valueWidth();
        float* absorbed = m_worker.own().queries.data();
        float* mixed = m_worker.own().mixed.data();
        for (std::int64_t head = task.first; head < task.last; ++head) {
            m_form.prepare(task.tile, head, absorbed + (head - task.first) * m_form.absorbedWidth());
        }
        PartSums sums[kTile];
        PartSums more[kTile];
        for (std::int64_t chunk = batch.firstChunk(); chunk < batch.lastChunk(); ++chunk) {
            float* to = chunk == batch.firstChunk() ? mixed : m_worker.own().part.data();
            part(batch, chunk, absorbed, more, to);
            for (std::int64_t j = 0; j < n; ++j) {
                const PartSums::Factors factors = sums[j].join(m_worker.kernels(), more[j], to + j * width, mixed + j * width, width);
                if (batch.captured()) batch.capture(j, chunk, factors);
            }
        }
        for (std::int64_t j = 0; j < n; ++j) {
            const float inverse = 1.0F / sums[j].total;
            m_worker.kernels().scale(mixed + j * width, inverse, width);
            if (batch.captured()) batch.finishCapture(j, inverse);
        }
        if (task.tile.count > 1) return m_form.finish(task.tile, task.first, mixed);
        for (std::int64_t head = task.first; head < task.last; ++head) {
            m_form.finish(task.tile, head, mixed + (head - task.first) * width);
        }
    }

    const Worker& m_worker;
    LayerIndex m_layer;
    std::int64_t m_window;
    const HeadForm& m_form;
    std::int64_t m_heads;
};

}  // namespace

void attendHeads(const Worker& worker, LayerIndex layer, std::int64_t window, const HeadForm& form, std::span<const Tile> tiles) {
    const HeadWork work(worker, layer, window, form);
    if (work.dividesPositions(tiles)) {
        work.byPositions(tiles.front());
    } else {
        work.byHeads(tiles);
    }
}

}  // namespace loom::decode
