// SPDX-License-Identifier: GPL-3.0-or-later
// PartSums: joining.
#include "core/engine/decode/part_sums.h"

#include <algorithm>
#include <cmath>

namespace loom::decode {

PartSums::Factors PartSums::join(const Kernels& kernels, const PartSums& part, const float* partMixed, float* mixed, std::int64_t width) {
    if (part.total == 0.0F) return {};
    if (total == 0.0F) {
        *this = part;
        if (partMixed != mixed) std::copy_n(partMixed, width, mixed);
        return {};
    }
    const float best = std::max(largest, part.largest);
    const Factors factors{std::exp(largest - best), std::exp(part.largest - best)};
    kernels.blend(mixed, factors.kept, partMixed, factors.taken, width);
    largest = best;
    total = total * factors.kept + part.total * factors.taken;
    return factors;
}

}  // namespace loom::decode
