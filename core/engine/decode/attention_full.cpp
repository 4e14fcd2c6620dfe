// SPDX-License-Identifier: GPL-3.0-or-later
// attendFull: every position has whole keys and values.
#include "core/engine/decode/attention.h"

namespace loom::decode {

void attendFull(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const FullShape& shape, const Queries& queries,
                std::span<const Tile> tiles) {
    const std::int64_t outStride = worker.step().config.attention.heads * shape.valueWidth;
    const float scale = weights.attention.scale;
    const RotationTable& rotation = worker.step().rotation;
    forTasks(worker, tiles, shape.groups, kTile, [&](const HeadTask& task) {
        const auto query = [&](std::int64_t t, std::int64_t head) { return queries.data + t * queries.stride + head * shape.keyWidth; };
        const auto attended = [&](std::int64_t head) {
            return worker.space().attended.data() + task.tile.first * outStride + head * shape.valueWidth;
        };
        for (std::int64_t t = task.tile.first; t < task.tile.first + task.tile.count; ++t) {
            const std::int64_t position = worker.step().rows[static_cast<std::size_t>(t)].position;
            for (std::int64_t head = task.first; head < task.last; ++head) {
                rotation.turn(worker.kernels(), query(t, head) + queries.rotated, position);
            }
        }
        const auto run = [&](const AttentionBatch& batch, std::int64_t head, std::int64_t queryStride, std::int64_t stride) {
            batch.score(query(task.tile.first, head), queryStride, 0, task.group * shape.keyWidth, shape.keyWidth, scale, false);
            batch.softmax();
            batch.capture(head);
            batch.mix(1, task.group * shape.valueWidth, shape.valueWidth, attended(head), stride);
        };
        if (task.tile.count == 1) {
            const AttentionBatch batch(worker, task.tile, layer, weights.attention.window, true, task.last - task.first);
            return run(batch, task.first, shape.keyWidth, shape.valueWidth);
        }
        const AttentionBatch batch(worker, task.tile, layer, weights.attention.window, false, task.tile.count);
        for (std::int64_t head = task.first; head < task.last; ++head) run(batch, head, queries.stride, outStride);
    });
}

}  // namespace loom::decode
