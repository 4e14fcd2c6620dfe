// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/samplers/reweigh.h"

#include <algorithm>
#include <limits>

namespace loom {

void applyTemperature(Candidates& candidates, double temperature) {
    if (temperature == 0) {
        candidates.entries.front() = candidates.best();
        candidates.entries.resize(1);
        return;
    }
    candidates.temperature *= temperature;
    candidates.weighed = false;
}

void applyRepetitionPenalty(Candidates& candidates, double penalty, std::span<const TokenId> used, std::vector<std::uint8_t>& marks) {
    constexpr double kLargest = std::numeric_limits<float>::max();
    candidates.divideByTemperature();
    const auto mark = [&](std::uint8_t value) {
        for (const TokenId token : used)
            if (token.value() >= 0 && token.index() < marks.size()) marks[token.index()] = value;
    };
    mark(1);
    for (Entry& entry : candidates.entries) {
        if (marks[entry.id] == 0) continue;
        const double changed = entry.logit > 0 ? entry.logit / penalty : entry.logit * penalty;
        entry.logit = static_cast<double>(static_cast<float>(std::clamp(changed, -kLargest, kLargest)));
    }
    mark(0);
    candidates.weighed = false;
}

}  // namespace loom
