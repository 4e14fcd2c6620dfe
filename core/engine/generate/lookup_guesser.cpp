// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/lookup_guesser.h"

#include <algorithm>

namespace loom {

void guessByLookup(const TokenIds& ids, std::int64_t count, TokenIds& guesses) {
    guesses.clear();
    const std::int64_t n = std::ssize(ids);
    for (std::int64_t width = std::min(kLongestLookup, n - 1); width >= kShortestLookup; --width) {
        const auto tail = ids.end() - width;
        for (std::int64_t at = n - width - 1; at >= 0; --at) {
            if (!std::equal(tail, ids.end(), ids.begin() + at)) continue;
            const auto from = ids.begin() + at + width;
            guesses.assign(from, from + std::min<std::int64_t>(count, ids.end() - from));
            return;
        }
    }
}

}  // namespace loom
