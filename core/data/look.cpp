// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/look.h"

#include <algorithm>
#include <array>

namespace loom {

void addLayer(AttentionMeans& means, const AttentionMap& map) {
    const auto cells = static_cast<std::size_t>(map.tokens * map.tokens);
    if (means.weights.empty()) {
        means.heads = map.heads;
        means.tokens = map.tokens;
        means.weights.assign(cells, 0.F);
    }
    for (std::int64_t head = 0; head < map.heads; ++head) {
        const float* from = map.weights.data() + static_cast<std::size_t>(head) * cells;
        for (std::size_t i = 0; i < cells; ++i) means.weights[i] += from[i];
    }
    ++means.layers;
}

void divide(AttentionMeans& means) {
    const auto maps = static_cast<float>(std::max<std::int64_t>(1, means.layers * means.heads));
    for (float& weight : means.weights) weight /= maps;
}

std::vector<std::int64_t> shownRanks(std::int64_t rank) {
    constexpr std::array<std::int64_t, 10> kSixteenths{16, 14, 12, 10, 8, 6, 4, 3, 2, 1};
    std::vector<std::int64_t> ranks;
    for (const std::int64_t part : kSixteenths) {
        const std::int64_t each = std::max<std::int64_t>(1, rank * part / 16);
        if (ranks.empty() || each < ranks.back()) ranks.push_back(each);
    }
    return ranks;
}

}  // namespace loom
