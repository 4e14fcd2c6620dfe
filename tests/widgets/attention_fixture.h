// SPDX-License-Identifier: GPL-3.0-or-later
// A small story and attention map for tests of the Inside page.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/data/attention_map.h"
#include "core/data/story_update.h"

namespace loom::test {

/// Tokens " t0", " t1", …
inline StoryUpdate storyOf(int tokens) {
    StoryUpdate update;
    update.reset.emplace();
    for (int i = 0; i < tokens; ++i) {
        TokenStep step;
        step.position = i;
        step.text = " t" + std::to_string(i);
        step.label = step.text;
        update.reset->push_back(step);
    }
    return update;
}

/// Head h: query q puts 0.64 on key (q + h) mod (q + 1) and the rest evenly on the others; query 0 all on itself.
inline float peakedWeight(int head, int query, int key) {
    if (query == 0) return 1;
    return key == (query + head) % (query + 1) ? 0.64F : 0.36F / static_cast<float>(query);
}

inline std::shared_ptr<AttentionMap> peakedMap(int heads, int tokens, int layer = 0) {
    auto map = std::make_shared<AttentionMap>();
    map->heads = heads;
    map->tokens = tokens;
    map->layer = LayerIndex(layer);
    map->weights.resize(static_cast<std::size_t>(heads) * static_cast<std::size_t>(tokens) * static_cast<std::size_t>(tokens));
    for (int h = 0; h < heads; ++h) {
        for (int q = 0; q < tokens; ++q) {
            for (int k = 0; k <= q; ++k) map->weights[static_cast<std::size_t>((h * tokens + q) * tokens + k)] = peakedWeight(h, q, k);
        }
    }
    return map;
}

inline std::shared_ptr<AttentionRow> peakedRow(int heads, int position, int layer = 0) {
    auto row = std::make_shared<AttentionRow>();
    row->heads = heads;
    row->position = position;
    row->layer = LayerIndex(layer);
    for (int h = 0; h < heads; ++h) {
        for (int k = 0; k <= position; ++k) row->weights.push_back(peakedWeight(h, position, k));
    }
    return row;
}

}  // namespace loom::test
