// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/samplers/xtc.h"

namespace loom {

void excludeTopChoices(Candidates& candidates, double probability, double threshold, float uniform) {
    if (static_cast<double>(uniform) >= probability) return;
    candidates.weigh();
    const double least = threshold * candidates.total();
    const Entry* last = nullptr;  // the least likely of the likely
    for (const Entry& entry : candidates.entries) {
        if (entry.weight >= least && (last == nullptr || better(*last, entry))) last = &entry;
    }
    if (last == nullptr) return;
    const Entry spared = *last;
    std::erase_if(candidates.entries, [&](const Entry& entry) { return entry.weight >= least && better(entry, spared); });
    candidates.weighed = false;  // the best may be gone, and beside it the others may weigh nothing
}

}  // namespace loom
