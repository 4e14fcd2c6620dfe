// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: one thread's part of a step: what it multiplies, and when it waits for the others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/data/attention_map.h"
#include "core/data/ids.h"
#include "core/engine/decode/block_cache.h"
#include "core/engine/decode/decode_weights.h"
#include "core/engine/decode/rotation.h"
#include "core/engine/decode/thread_team.h"
#include "core/engine/decode/workspace.h"

namespace loom::decode {

/// One token to be computed. Its position in the cache must be writable.
struct StepRow {
    BlockCache* cache = nullptr;
    std::int64_t position = 0;
    TokenId token;
    float* norms = nullptr;        ///< [L, lanes]: gets the L2 norms of what is kept, if given
    AttentionRow* seen = nullptr;  ///< gets its attention weights in the captured layer; [H, position + 1] zeros before
};

/// Consecutive positions of one text, at most kTile.
struct Tile {
    std::int64_t first = 0;  ///< row
    std::int64_t count = 0;
};

/// What all threads of a step read.
struct StepContext {
    const ModelConfig& config;
    const DecodeWeights& weights;
    const Kernels& kernels;
    Precision precision;
    bool absorbed;
    const RotationTable& rotation;
    Workspace& space;
    ThreadTeam& team;
    std::span<const StepRow> rows;
    std::span<const Tile> tiles;        ///< of all rows
    std::span<const Tile> wantedTiles;  ///< of the rows that are wanted after the last layer
    std::int64_t wanted = 0;            ///< the first of them
    std::optional<LayerIndex> capture;
};

class Worker {
public:
    Worker(StepContext& step, std::int64_t thread)
        : m_step(step), m_thread(thread), m_own(step.space.threads[static_cast<std::size_t>(thread)]) {}

    [[nodiscard]] const StepContext& step() const { return m_step; }
    [[nodiscard]] Workspace& space() const { return m_step.space; }
    [[nodiscard]] ThreadSpace& own() const { return m_own; }
    [[nodiscard]] const Kernels& kernels() const { return m_step.kernels; }
    [[nodiscard]] std::int64_t thread() const { return m_thread; }
    [[nodiscard]] std::int64_t threads() const { return m_step.team.threads(); }
    [[nodiscard]] bool quantised() const { return m_step.precision == Precision::Int8 || m_step.precision == Precision::Int4; }
    void meet() const { m_step.team.meet(); }
    [[nodiscard]] ThreadTeam::Range share(std::int64_t count) const { return ThreadTeam::share(count, m_thread, threads()); }

    /// Rows x [count, columns] as products want them: normalised where `norm` is given, quantised where the precision says so. With more
    /// than kAlone rows the threads divide them and meet. Good until the next call.
    [[nodiscard]] ActivationsView input(const float* x, std::int64_t stride, std::int64_t columns, std::int64_t count,
                                        const NormWeights* norm) const;
    /// This thread's rows of W x + b: writes and returns them, element ranges of every y [count, stride].
    ThreadTeam::Range multiply(const PackedMatrix& w, const Floats* bias, const ActivationsView& x, std::int64_t count, float* y,
                               std::int64_t stride) const;
    /// y[t] = W x[t], all of it on this thread; x [count, stride] in f32. For the small matrices of a head.
    void multiplyAlone(const PackedMatrix& w, const float* x, std::int64_t stride, std::int64_t count, float* y,
                       std::int64_t yStride) const;
    void normalise(const NormWeights& norm, const float* x, std::int64_t n, float* out) const;
    /// to[t] += from[t] in a range of elements; both [count, stride].
    void add(float* to, const float* from, std::int64_t stride, std::int64_t count, ThreadTeam::Range range) const;

private:
    StepContext& m_step;
    std::int64_t m_thread;
    ThreadSpace& m_own;
};

/// A view that begins at row t of another over so many columns.
[[nodiscard]] ActivationsView fromRow(ActivationsView view, std::int64_t t, std::int64_t columns);

}  // namespace loom::decode
