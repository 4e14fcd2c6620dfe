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

/// What forms of attention differ in between the cells and the heads' outputs.
class HeadForm {
public:
    HeadForm() = default;
    HeadForm(const HeadForm&) = delete;
    HeadForm& operator=(const HeadForm&) = delete;
    virtual ~HeadForm() = default;

    [[nodiscard]] virtual std::int64_t groups() const = 0;         ///< key/value heads of a position
    [[nodiscard]] virtual std::size_t valueLane() const = 0;       ///< which lane is mixed
    [[nodiscard]] virtual std::int64_t valueWidth() const = 0;     ///< of a group's cells in it
    [[nodiscard]] virtual std::int64_t absorbedWidth() const = 0;  ///< of a query that has taken W^{UK} in; 0 = keys are met as they are
    /// Rotates the queries of a head of all rows of `tile`, and writes them absorbed to `absorbed` [rows, absorbedWidth()].
    virtual void prepare(const Tile& tile, std::int64_t head, float* absorbed) const = 0;
    /// Scores of a chunk; `absorbed` [queries of the batch, absorbedWidth()].
    virtual void score(const AttentionBatch& batch, std::int64_t chunk, const float* absorbed) const = 0;
    /// Makes space.attended of a head from its mixed cells [rows, valueWidth()].
    virtual void finish(const Tile& tile, std::int64_t head, const float* mixed) const = 0;
};

/// Scores, softmax and mixing of all heads: space.attended. A long past of a single row is divided among the threads by positions, which
/// meet then; anything else by tiles and heads.
void attendHeads(const Worker& worker, LayerIndex layer, std::int64_t window, const HeadForm& form, std::span<const Tile> tiles);

/// Rows and columns of whole keys and values: none of a latent, or one that has been expanded.
struct FullShape {
    std::int64_t groups = 0;
    std::int64_t keyWidth = 0;
    std::int64_t valueWidth = 0;
};
void attendFull(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const FullShape& shape, const Queries& queries,
                std::span<const Tile> tiles);
/// The same over latents: absorbed, or with keys that are rebuilt block by block.
void attendLatent(const Worker& worker, const LayerWeights& weights, LayerIndex layer, const Queries& queries, std::span<const Tile> tiles);

/// Writes a row of a lane into the cache and, where they are wanted, its norm.
void keep(const Worker& worker, const StepRow& row, LayerIndex layer, std::size_t lane, const float* values);

}  // namespace loom::decode
