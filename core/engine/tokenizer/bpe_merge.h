// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-pair merging: joins neighbours, cheapest first, until no pair can be joined. O(n log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace loom {

struct Merge {
    double cost = 0;          ///< a rank, or minus a score: the lowest goes first
    std::uint32_t token = 0;  ///< what the pair becomes
};

/// Few symbols: the cheapest pair is looked for anew at every step, without a heap.
template <class Lookup>
void mergeFewSymbols(std::vector<std::uint32_t>& symbols, const Lookup& lookup, std::vector<Merge>& costs) {
    constexpr double kNever = std::numeric_limits<double>::infinity();
    const auto priced = [&](std::size_t at) { return lookup(symbols[at], symbols[at + 1]).value_or(Merge{kNever, 0}); };
    costs.clear();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) costs.push_back(priced(i));
    for (;;) {
        std::size_t best = 0;
        double lowest = kNever;
        for (std::size_t i = 0; i < costs.size(); ++i) {
            if (costs[i].cost >= lowest) continue;
            lowest = costs[i].cost;
            best = i;
        }
        if (lowest == kNever) return;
        symbols[best] = costs[best].token;
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        costs.erase(costs.begin() + static_cast<std::ptrdiff_t>(best));
        if (best < costs.size()) costs[best] = priced(best);
        if (best > 0) costs[best - 1] = priced(best - 1);
    }
}

/// Merges `symbols` in place. `lookup(left, right)` gives std::optional<Merge> of finite cost. Of equal costs the leftmost goes first.
template <class Lookup>
void mergeSymbols(std::vector<std::uint32_t>& symbols, const Lookup& lookup) {
    constexpr std::size_t kFew = 32;
    constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    struct Candidate {
        Merge merge;
        std::uint32_t at, left, right;
        bool operator<(const Candidate& other) const {  // the top of the queue is the greatest
            return merge.cost != other.merge.cost ? merge.cost > other.merge.cost : at > other.at;
        }
    };
    if (symbols.size() < 2) return;
    if (symbols.size() <= kFew) {
        std::vector<Merge> costs;
        costs.reserve(symbols.size());
        mergeFewSymbols(symbols, lookup, costs);
        return;
    }
    const auto count = static_cast<std::uint32_t>(symbols.size());  // a text of 4 GiB is refused long before
    std::vector<std::uint32_t> next(count);
    std::vector<std::uint32_t> previous(count);
    std::vector<bool> alive(count, true);
    std::vector<Candidate> heap;
    heap.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        next[i] = i + 1 < count ? i + 1 : kNone;
        previous[i] = i > 0 ? i - 1 : kNone;
        if (i + 1 == count) break;
        if (const std::optional<Merge> merge = lookup(symbols[i], symbols[i + 1])) heap.push_back({*merge, i, symbols[i], symbols[i + 1]});
    }
    std::priority_queue<Candidate> queue(std::less<Candidate>{}, std::move(heap));
    const auto consider = [&](std::uint32_t at) {
        if (at == kNone || next[at] == kNone) return;
        const std::uint32_t left = symbols[at];
        const std::uint32_t right = symbols[next[at]];
        if (const std::optional<Merge> merge = lookup(left, right)) queue.push({*merge, at, left, right});
    };
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        const std::uint32_t right = next[best.at];
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
    for (std::uint32_t i = 0; i != kNone; i = next[i]) symbols[kept++] = symbols[i];
    symbols.resize(kept);
}

}  // namespace loom
