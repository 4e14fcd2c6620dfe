// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/samplers/truncate.h"

#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr std::size_t kSmallSelection = 512;  // up to here a heap beats a partition

}  // namespace

void keepTopK(Candidates& candidates, std::int64_t k) {
    std::vector<Entry>& entries = candidates.entries;
    if (static_cast<std::uint64_t>(k) >= entries.size()) return;
    const auto end = entries.begin() + static_cast<std::ptrdiff_t>(k);
    if (static_cast<std::size_t>(k) <= kSmallSelection) {
        std::partial_sort(entries.begin(), end, entries.end(), better);
    } else {
        std::nth_element(entries.begin(), end, entries.end(), better);
        std::sort(entries.begin(), end, better);
    }
    entries.resize(static_cast<std::size_t>(k));
}

void keepTopP(Candidates& candidates, double p) {
    candidates.weigh();
    keepShare(candidates.entries, candidates.total(), p, better);
}

void keepMinP(Candidates& candidates, double p) {
    candidates.weigh();
    const double least = p * candidates.best().weight;
    std::erase_if(candidates.entries, [&](const Entry& entry) { return entry.weight < least; });
}

void keepTypical(Candidates& candidates, double mass) {
    candidates.weigh();
    const double total = candidates.total();
    const auto logWeight = [&](const Entry& entry) { return (entry.logit - candidates.reference) / candidates.temperature; };
    double entropy = 0;  // in nats; −ln p = ln total − logWeight
    for (const Entry& entry : candidates.entries) {
        if (entry.weight > 0) entropy += entry.weight / total * (std::log(total) - logWeight(entry));
    }
    const double typical = std::log(total) - entropy;  // the logWeight of a token that is as surprising as is to be expected
    keepShare(candidates.entries, total, mass, [&](const Entry& a, const Entry& b) {
        const double farA = std::abs(logWeight(a) - typical);
        const double farB = std::abs(logWeight(b) - typical);
        return farA != farB ? farA < farB : better(a, b);
    });
}

void keepTopNSigma(Candidates& candidates, double n) {
    const auto count = static_cast<double>(candidates.entries.size());
    double mean = 0;
    for (const Entry& entry : candidates.entries) mean += entry.logit / count;
    double variance = 0;
    for (const Entry& entry : candidates.entries) variance += (entry.logit - mean) * (entry.logit - mean) / count;
    const double least = candidates.best().logit - n * std::sqrt(variance);
    std::erase_if(candidates.entries, [&](const Entry& entry) { return entry.logit < least; });
}

}  // namespace loom
