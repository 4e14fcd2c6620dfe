// SPDX-License-Identifier: GPL-3.0-or-later
// comparePaths: one story decoded on several paths in step, so that their logits, bytes and times stand side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/absorption.h"
#include "core/data/cache_occupancy.h"
#include "core/engine/api/network.h"

namespace loom {

/// Where the two best logits are no further apart than this, either may be chosen: no difference between paths.
inline constexpr double kClearChoice = 1e-3;

/// What one path took.
struct PathMeasure {
    std::string name;  ///< "naive", "absorbed", "fast", …
    MlaPath path = MlaPath::Naive;
    CacheUse cache;                       ///< at the end
    double prefillSeconds = 0;            ///< for the whole prompt
    double secondsPerToken = 0;           ///< median over the decoded tokens
    std::optional<StepMemory> lastStep;   ///< what the last step allocated; nothing where that cannot be counted
    std::optional<StepMemory> firstStep;  ///< what a step without any past allocates: the same work but for the past
    /// Bytes that the last step made only because of its past: scores, and on a path that rebuilds keys and values, those.
    [[nodiscard]] std::optional<std::int64_t> bytesForPast() const;
};

/// A step at which two paths chose different tokens.
struct PathDifference {
    std::int64_t step = 0;
    TokenId chosen;     ///< by the first path
    TokenId other;      ///< by the other
    double margin = 0;  ///< between the first path's two best logits
};

struct PathComparison {
    TokenIds prompt;
    TokenIds tokens;                          ///< written greedily by the first path; every path read the same
    std::vector<PathMeasure> paths;           ///< in the order asked for
    std::int64_t sameTokens = 0;              ///< steps at which all paths chose the same token
    std::vector<PathDifference> differences;  ///< all others, ties included
    double maxLogitDifference = 0;            ///< over all steps and the whole vocabulary, between the first path and any other
    double smallestMargin = 0;                ///< between the two best logits of the first path, over all steps
    /// What per-head keys and values of the past (all positions but the newest) would take, all layers together, in the computing type.
    std::int64_t perHeadPastBytes = 0;
    std::optional<AbsorbObstacle> obstacle;  ///< why there is no absorbed path; then only the naive one was run

    /// No difference where the choice was clear.
    [[nodiscard]] bool sameChoices() const;
};

/// One way to compute a network.
struct Contender {
    std::string name;
    MlaPath path = MlaPath::Naive;
    std::function<std::unique_ptr<Sequence>(std::int64_t)> newSequence;  ///< empty, with room for so many positions; throws Error
};

/// Decodes `count` tokens after `prompt` (not empty) with each contender; the first one writes. End tokens are written on like others.
/// Throws Error: too long for the context, nobody to compare, "Cancelled" (within one token).
[[nodiscard]] PathComparison compareContenders(const ModelConfig& config, const std::vector<Contender>& contenders, const TokenIds& prompt,
                                               std::int64_t count, std::stop_token stop);
/// What computes through `network`, under its facts' path and precision.
[[nodiscard]] Contender contender(std::string name, MlaPath path, std::shared_ptr<const Network> network);

/// The reference on each of `paths`, leaving out an absorbed path that does not exist; otherwise the same.
[[nodiscard]] PathComparison comparePaths(ReferenceModel& network, const TokenIds& prompt, std::int64_t count,
                                          const std::vector<MlaPath>& paths, std::stop_token stop);

}  // namespace loom
