// SPDX-License-Identifier: GPL-3.0-or-later
// What views receive while a story is being written: several token steps at once, never more than 30 times a second.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/data/generate.h"
#include "core/data/ids.h"

namespace loom {

/// Apply in this order: reset, appended, cached.
struct StoryUpdate {
    JobId job;
    std::optional<std::vector<TokenStep>>
        reset;                        ///< the story starts anew with these tokens (history and prompt), nothing cached beyond `reused`
    std::int64_t reused = 0;          ///< with reset: how many of them were in the cache already
    std::vector<TokenStep> appended;  ///< new tokens at the end of the story, in order
    std::vector<TokenStep> cached;    ///< steps whose position is in the cache now: norms, attention, for prompt tokens alternatives
    std::int64_t prefillDone = 0;     ///< while the prompt is read
    std::int64_t prefillTotal = 0;
    CacheUse cache;              ///< as it is at the end of this update
    double tokensPerSecond = 0;  ///< decode speed over the last second; 0 = not known yet
};

}  // namespace loom
