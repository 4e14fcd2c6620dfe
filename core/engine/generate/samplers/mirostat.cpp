// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/samplers/mirostat.h"

#include <cmath>

namespace loom {

void keepUnsurprising(Candidates& candidates, double mu) {
    candidates.weigh();
    const double least = candidates.total() * std::exp2(-mu);
    const std::uint32_t best = candidates.best().id;
    std::erase_if(candidates.entries, [&](const Entry& entry) { return entry.weight < least && entry.id != best; });
}

double nextMirostatMu(double mu, double tau, double eta, double probability) { return mu - eta * (-std::log2(probability) - tau); }

}  // namespace loom
