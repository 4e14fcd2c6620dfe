// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/samplers/candidates.h"

#include <cmath>

namespace loom {

void Candidates::weigh() {
    if (weighed) return;
    reference = best().logit;
    for (Entry& entry : entries) entry.weight = std::exp((entry.logit - reference) / temperature);
    weighed = true;
}

double Candidates::total() const {
    double sum = 0;
    for (const Entry& entry : entries) sum += entry.weight;
    return sum;
}

void Candidates::divideByTemperature() {
    constexpr double kLargest = 1e150;  // a tiny temperature must not make infinities, whose differences are no numbers
    if (temperature == 1) return;
    for (Entry& entry : entries) entry.logit = std::clamp(entry.logit / temperature, -kLargest, kLargest);
    temperature = 1;
    weighed = false;
}

}  // namespace loom
