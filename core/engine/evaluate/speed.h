// SPDX-License-Identifier: GPL-3.0-or-later
// Speed: how fast a network reads and writes here, and how much of what memory allows that is.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "core/engine/api/engine.h"

namespace loom {

struct SpeedOptions {
    NetworkOptions network = {};
    std::int64_t context = 0;    ///< positions that count as read before writing is measured
    std::int64_t prefill = 256;  ///< tokens read at once; 0 = reading is not measured
    std::int64_t decode = 64;    ///< tokens written in each repeat
    std::int64_t repeats = 5;
};

/// Tokens per second of all repeats.
struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

struct Speed {
    NetworkFacts facts;
    double loadSeconds = 0;        ///< weights packed, threads chosen
    double firstTokenSeconds = 0;  ///< from the beginning of loading to the logits after a prompt of one token
    Spread prefill;
    Spread decode;
    CacheUse cache;              ///< when writing was measured
    std::int64_t stepBytes = 0;  ///< weights and cache that writing one token reads
    double bytesPerSecond = 0;   ///< what reading memory reaches here with as many threads
    std::int64_t peakBytes = 0;  ///< most physical memory this process has taken

    /// Of what memory allows: stepBytes · decode.median / bytesPerSecond. Above 1 where caches hold the weights.
    [[nodiscard]] double shareOfLimit() const;
};

/// Measures. Throws Error: no room for the context, the network cannot be built, cancelled (between repeats).
[[nodiscard]] Speed measureSpeed(Engine& engine, const OpenModel& model, const SpeedOptions& options, std::stop_token stop);

/// Bytes per second that `threads` threads read together from `bytes` of memory, the best of five passes.
[[nodiscard]] double readBandwidth(std::int64_t threads, std::int64_t bytes = std::int64_t{512} << 20);

}  // namespace loom
