// SPDX-License-Identifier: GPL-3.0-or-later
// Siblings: several stories that go on from the same prompt, written at once.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/generate.h"
#include "core/engine/api/engine.h"

namespace loom {

struct Sibling {
    TokenIds tokens;   ///< new tokens, the end-of-text token included if it came
    std::string text;  ///< the continuation only
    StopReason stopReason = StopReason::MaxTokens;
    std::uint64_t seed = 0;  ///< alone with this seed the same story is written
};

struct Siblings {
    TokenIds promptTokens;
    std::vector<Sibling> stories;
    NetworkFacts facts;
    double prefillTokensPerSecond = 0;
    double decodeTokensPerSecond = 0;  ///< of all stories together
    std::int64_t cacheBytes = 0;       ///< allocated for all of them, what they share counted once
    std::int64_t aloneBytes = 0;       ///< what caches of their own would take
};

/// The seed of story `index`: the request's own for the first, numbers made from it for the others.
[[nodiscard]] std::uint64_t siblingSeed(std::uint64_t seed, std::int64_t index);

/// Writes `count` stories. On the fast path the prompt is read once, its cache is shared, and every step computes all stories that go on;
/// on the reference path they are written one after the other. `onToken` is told which story got which step. Throws Error as a session
/// does, and where beam search is asked for. Cancelled: what was written so far.
[[nodiscard]] Siblings writeSiblings(Engine& engine, const std::shared_ptr<const OpenModel>& model, const NetworkOptions& options,
                                     const GenerateRequest& request, std::int64_t count,
                                     const std::function<void(std::int64_t, const TokenStep&)>& onToken, std::stop_token stop);

}  // namespace loom
