// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-pair merging: joins neighbours, cheapest first, until no pair can be joined. O(n log n).
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

namespace loom {

struct Merge {
    double cost = 0;          ///< a rank, or minus a score: the lowest goes first
    std::uint32_t token = 0;  ///< what the pair becomes
};

/// Merges `symbols` in place. `lookup(left, right)` gives std::optional<Merge>. Of equal costs the leftmost goes first.
template <class Lookup>
void mergeSymbols(std::vector<std::uint32_t>& symbols, const Lookup& lookup) {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    struct Candidate {
        Merge merge;
        std::size_t at;
        std::uint32_t left, right;
        bool operator<(const Candidate& other) const {  // the top of the queue is the greatest
            return merge.cost != other.merge.cost ? merge.cost > other.merge.cost : at > other.at;
        }
    };
    const std::size_t count = symbols.size();
    if (count < 2) return;
    std::vector<std::size_t> next(count);
    std::vector<std::size_t> previous(count);
    std::vector<bool> alive(count, true);
    std::vector<Candidate> heap;
    heap.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        next[i] = i + 1 < count ? i + 1 : kNone;
        previous[i] = i > 0 ? i - 1 : kNone;
        if (i + 1 == count) break;
        if (const std::optional<Merge> merge = lookup(symbols[i], symbols[i + 1])) heap.push_back({*merge, i, symbols[i], symbols[i + 1]});
    }
    std::priority_queue<Candidate> queue(std::less<Candidate>{}, std::move(heap));
    const auto consider = [&](std::size_t at) {
        if (at == kNone || next[at] == kNone) return;
        const std::uint32_t left = symbols[at];
        const std::uint32_t right = symbols[next[at]];
        if (const std::optional<Merge> merge = lookup(left, right)) queue.push({*merge, at, left, right});
    };
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        const std::size_t right = next[best.at];
        // Symbols only grow, so a candidate whose two symbols are still the same is still true.
        if (!alive[best.at] || right == kNone || symbols[best.at] != best.left || symbols[right] != best.right) continue;
        symbols[best.at] = best.merge.token;
        alive[right] = false;
        next[best.at] = next[right];
        if (next[right] != kNone) previous[next[right]] = best.at;
        consider(best.at);
        consider(previous[best.at]);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i != kNone; i = next[i]) symbols[kept++] = symbols[i];
    symbols.resize(kept);
}

}  // namespace loom
