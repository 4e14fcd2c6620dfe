// SPDX-License-Identifier: GPL-3.0-or-later
// Attention of one layer over a step's rows, in every form (core/lab/model is the readable version).
#pragma once

#include <cstdint>
#include <span>

#include "core/engine/decode/attention_batch.h"

namespace loom::decode {

/// Queries [R, stride] of a layer, the heads behind each other, and where in a head its rotated part begins.
struct Queries {
    float* data = nullptr;
    std::int64_t stride = 0;
    std::int64_t rotated = 0;
};

/// The whole of it: keeps what the rows leave in the cache and writes what attention adds to the stream into space.attention, this
/// thread's elements of it: the range that is returned. With `wantedOnly` only for the rows that are wanted after the last layer.
ThreadTeam::Range attend(const Worker& worker, const LayerWeights& weights, LayerIndex layer, bool wantedOnly);

/// A piece of work: heads [first, last), which all read cells of key/value head `group`, of one tile.
struct HeadTask {
    Tile tile;
    std::int64_t group = 0;
    std::int64_t first = 0;
    std::int64_t last = 0;
};
/// Calls work(task) for this thread's pieces. `groups` key/value heads; a piece has at most `most` heads.
template <class Work>
void forTasks(const Worker& worker, std::span<const Tile> tiles, std::int64_t groups, std::int64_t most, Work work) {
    const std::int64_t perGroup = worker.step().config.attention.heads / groups;
    const auto count = static_cast<std::int64_t>(tiles.size());
    std::int64_t heads = perGroup < most ? perGroup : most;
    if (count * groups < worker.threads()) heads = std::min(heads, (perGroup + worker.threads() - 1) / worker.threads());
    const std::int64_t pieces = (perGroup + heads - 1) / heads;
    for (std::int64_t i = worker.thread(); i < count * groups * pieces; i += worker.threads()) {  // long and short tiles in turns
        const std::int64_t group = i / count / pieces;
        const std::int64_t begin = i / count % pieces * heads;
        work(HeadTask{tiles[static_cast<std::size_t>(i % count)], group, group * perGroup + begin,
                      group * perGroup + std::min(begin + heads, perGroup)});
    }
}

/// Rows and columns of whole keys and values: none of a latent, or one that has been expanded.
struct FullShape {
    std::int64_t groups = 0;
    std::int64_t keyWidth = 0;
    std::int64_t valueWidth = 0;
};
/// Scores, softmax and mixing over whole keys and values: space.attended [R, H·valueWidth].
void attendFull(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const FullShape& shape, const Queries& queries,
                std::span<const Tile> tiles);
/// The same over latents: absorbed, or with keys that are rebuilt block by block.
void attendLatent(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const Queries& queries, std::span<const Tile> tiles);

/// Writes a row of a lane into the cache and, where they are wanted, its norm.
void keep(const Worker& worker, const StepRow& row, LayerIndex layer, std::size_t lane, const float* values);

}  // namespace loom::decode
