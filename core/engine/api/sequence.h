// SPDX-License-Identifier: GPL-3.0-or-later
// Sequence: a network reading and writing one text, whichever path computes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/data/attention_map.h"
#include "core/data/cache_occupancy.h"
#include "core/data/error.h"
#include "core/data/ids.h"

namespace loom {

struct ForwardOptions {
    bool allLogits = false;             ///< logits of every position of the block, else of the last only
    bool norms = false;                 ///< L2 norms of what each lane keeps
    std::optional<LayerIndex> capture;  ///< attention rows of this layer
    bool layerTimes = false;            ///< how long each layer took; costs a wait for the device per layer
    bool memory = false;                ///< what the step allocated; the reference path only
};

/// What one step allocated in host memory, its cache apart. Everything is freed when the step is over.
struct StepMemory {
    std::int64_t total = 0;    ///< sum of the sizes of all tensors made
    std::int64_t peak = 0;     ///< most that was alive at once
    std::int64_t largest = 0;  ///< the largest single tensor
};

struct ForwardOutput {
    std::vector<float> logits;                                   ///< [T, V] with allLogits, else [V]
    std::vector<float> norms;                                    ///< [T, L, lanes] if asked for
    std::vector<std::shared_ptr<const AttentionRow>> attention;  ///< T rows if a layer is captured
    std::vector<std::chrono::nanoseconds> layerTimes;            ///< [L] if asked for
    std::optional<StepMemory> memory;                            ///< if asked for and the network computes in host memory
};

/// One sequence with its cache. Used by one thread at a time.
class Sequence {
public:
    virtual ~Sequence() = default;
    /// Appends T ≥ 1 tokens and writes what was asked for into `out`, whose memory is used again. An error where the cache is full
    /// (capacity()), the context ends or a token is outside the vocabulary; the sequence is then as before.
    [[nodiscard]] virtual Result<void> forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) = 0;
    /// The same into memory of its own.
    [[nodiscard]] Result<ForwardOutput> forward(std::span<const TokenId> tokens, const ForwardOptions& options) {
        ForwardOutput out;
        if (auto done = forward(tokens, options, out); !done) return tl::unexpected(std::move(done.error()));
        return out;
    }
    /// Forgets everything from `length` on.
    [[nodiscard]] virtual Result<void> truncate(std::int64_t length) = 0;
    /// Makes room for at least `capacity` positions.
    [[nodiscard]] virtual Result<void> reserve(std::int64_t capacity) = 0;
    /// For measurements: as if `length` positions had been read. What is kept of those that were not is undefined. An error beyond
    /// capacity().
    [[nodiscard]] virtual Result<void> pretend(std::int64_t length) = 0;
    [[nodiscard]] virtual std::int64_t length() const = 0;
    [[nodiscard]] virtual std::int64_t capacity() const = 0;
    [[nodiscard]] virtual CacheUse cacheUse() const = 0;
};

/// Appends a text in blocks of 128 tokens; out.logits [V] belong to its last token. False where `stop` was requested before the end: what
/// was read by then stays. Throws the sequence's Error.
[[nodiscard]] bool readInBlocks(Sequence& sequence, std::span<const TokenId> tokens, ForwardOutput& out, const std::stop_token& stop);

}  // namespace loom
