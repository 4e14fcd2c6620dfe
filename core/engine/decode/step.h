// SPDX-License-Identifier: GPL-3.0-or-later
// Stepper: one pass of a set of rows through the network, on all threads of a team.
//
// Rows may be a text that is read (many positions of one sequence), one token each of several sequences, or guesses that are checked. What
// a row gives does not change a bit with the rows beside it, with how a text was cut into steps, or with the number of threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/decode/team_watch.h"
#include "core/engine/decode/worker.h"

namespace loom::decode {

/// What is wanted of a step.
struct StepWish {
    std::int64_t firstLogits = 0;                    ///< rows from this one on get logits
    float* logits = nullptr;                         ///< [rows − firstLogits, V]
    std::optional<LayerIndex> capture;               ///< the layer whose weights StepRow::seen gets
    std::chrono::nanoseconds* layerTimes = nullptr;  ///< [L]: how long each layer took is added, if given
};

/// Not thread-safe. Config and weights must outlive it.
class Stepper {
public:
    Stepper(const ModelConfig& config, const DecodeWeights& weights, Precision precision, bool absorbed, const Kernels& kernels,
            BufferAllocator& allocator, std::int64_t threads);

    /// Room for caches of `capacity` positions; steps over those then allocate nothing. Throws Error where memory is short.
    void reserve(std::int64_t capacity);
    [[nodiscard]] std::int64_t threads() const { return m_team->threads(); }
    void setThreads(std::int64_t threads);
    /// What a step of one token takes with one thread, so that the first steps that wait for a displaced thread are known for that.
    void setAloneTime(std::chrono::duration<double> time) { m_watch.setAlone(time); }
    /// At most kStepRows rows. Rows of one cache stand together, in the order of their positions, each after what is kept.
    void run(std::span<const StepRow> rows, const StepWish& wish);

private:
    void work(StepContext& context, const StepWish& wish, std::int64_t thread) const;
    void layer(const Worker& worker, LayerIndex index, bool last) const;

    const ModelConfig& m_config;
    const DecodeWeights& m_weights;
    Precision m_precision;
    bool m_absorbed;
    const Kernels& m_kernels;
    BufferAllocator& m_allocator;
    RotationTable m_rotation;
    Workspace m_space;
    std::int64_t m_capacity = 0;
    std::unique_ptr<ThreadTeam> m_team;
    ThreadTeam m_alone{1};
    TeamWatch m_watch;
    std::vector<Tile> m_tiles;
    std::vector<Tile> m_wantedTiles;
};

}  // namespace loom::decode
