// SPDX-License-Identifier: GPL-3.0-or-later
// Candidates: the tokens that can still come, on their way through the sampler chain.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loom {

/// One token that can still be chosen.
struct Entry {
    double logit = 0;   ///< finite
    double weight = 0;  ///< exp((logit − Candidates::reference) / temperature), once weighed
    std::uint32_t id = 0;
};

/// Best first; ties go to the lower id.
[[nodiscard]] inline bool better(const Entry& a, const Entry& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; }

/// What a stage takes and leaves. Never empty once filled; stages may change the order of the entries, never which token they mean.
struct Candidates {
    std::vector<Entry> entries;
    double temperature = 1;  ///< logits are still to be divided by this; kept apart so that dividing costs no digits
    double reference = 0;    ///< the logit whose weight is 1
    bool weighed = false;    ///< weights belong to the logits and the temperature as they are

    /// Brings the weights up to date: the best token has 1.
    void weigh();
    [[nodiscard]] double total() const;  ///< of the weights, in the order of the entries
    /// Divides by the temperature, for stages whose arithmetic is on logits.
    void divideByTemperature();
    [[nodiscard]] const Entry& best() const { return *std::min_element(entries.begin(), entries.end(), better); }
};

/// Keeps the smallest set of first entries, in the order of `before`, whose weights reach `share` of the total; at least one. Halves the
/// stretch in which the set ends instead of sorting everything.
template <class Before>
void keepShare(std::vector<Entry>& entries, double total, double share, Before before) {
    constexpr std::size_t kShort = 64;
    const auto at = [&](std::size_t index) { return entries.begin() + static_cast<std::ptrdiff_t>(index); };
    const double wanted = share * total;
    double sum = 0;  // of what lies before `low`
    std::size_t low = 0;
    std::size_t high = entries.size();
    while (high - low > kShort) {
        const std::size_t middle = low + (high - low) / 2;
        std::nth_element(at(low), at(middle), at(high), before);
        double half = 0;
        for (std::size_t i = low; i < middle; ++i) half += entries[i].weight;
        if (sum + half >= wanted) {
            high = middle;
        } else {
            sum += half;
            low = middle;
        }
    }
    std::sort(at(low), at(high), before);
    while (low < high) {
        sum += entries[low++].weight;
        if (sum >= wanted) break;
    }
    entries.resize(low);
}

}  // namespace loom
