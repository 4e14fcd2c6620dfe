// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/samplers/dry.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "core/data/error.h"

namespace loom {
namespace {

/// The length in bytes of the character that `text` begins with.
std::size_t characterLength(std::string_view text) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
    return length;
}

/// overlap[i]: how many of the last tokens are the same as those that end i tokens earlier (the Z function of the story read backwards).
void findOverlaps(std::span<const TokenId> story, std::vector<std::int32_t>& overlap) {
    const auto n = static_cast<std::int32_t>(story.size());
    const auto back = [&](std::int32_t i) { return story[static_cast<std::size_t>(n - 1 - i)]; };
    overlap.assign(story.size(), 0);
    std::int32_t left = 0;
    std::int32_t right = 0;  // [left, right) is the stretch known to be a copy that reaches furthest
    for (std::int32_t i = 1; i < n; ++i) {
        std::int32_t same = i < right ? std::min(right - i, overlap[static_cast<std::size_t>(i - left)]) : 0;
        while (i + same < n && back(same) == back(i + same)) ++same;
        overlap[static_cast<std::size_t>(i)] = same;
        if (i + same > right) {
            left = i;
            right = i + same;
        }
    }
}

}  // namespace

TokenFlags breakingTokens(const Tokenizer& tokenizer, std::int64_t vocab, const std::string& characters) {
    TokenFlags flags(static_cast<std::size_t>(vocab), 0);
    for (std::size_t id = 0; id < flags.size(); ++id) {
        // Ids that the tokenizer does not know (a padded vocabulary) have no text.
        const std::string text = guarded([&] { return tokenizer.bytes(TokenId(static_cast<std::int64_t>(id)), {}); }).value_or("");
        for (std::string_view rest = characters; !rest.empty() && flags[id] == 0; rest.remove_prefix(characterLength(rest)))
            flags[id] = text.find(rest.substr(0, characterLength(rest))) != std::string::npos ? 1 : 0;
    }
    return flags;
}

void applyDry(Candidates& candidates, const SamplerSettings& settings, std::span<const TokenId> story,
              std::span<const std::uint8_t> breakers, DryScratch& scratch) {
    if (settings.dryRange > 0 && settings.dryRange < std::ssize(story)) story = story.last(static_cast<std::size_t>(settings.dryRange));
    const auto breaks = [&](TokenId token) {
        return token.value() >= 0 && token.index() < breakers.size() && breakers[token.index()] != 0;
    };
    const auto end = std::find_if(story.rbegin(), story.rend(), breaks);
    const std::int64_t limit = end - story.rbegin();
    if (limit < settings.dryAllowed) return;

    candidates.divideByTemperature();
    findOverlaps(story, scratch.overlap);
    std::vector<std::int32_t>& longest = scratch.longest;  // by id: 1 + the longest repeat that the token would prolong
    const auto follower = [&](std::size_t i) { return story[story.size() - i]; };
    for (std::size_t i = 1; i < story.size(); ++i) {
        const std::int64_t repeat = std::min<std::int64_t>(scratch.overlap[i], limit);
        const TokenId next = follower(i);
        if (repeat < settings.dryAllowed || next.value() < 0 || next.index() >= longest.size() || breaks(next)) continue;
        longest[next.index()] = std::max(longest[next.index()], static_cast<std::int32_t>(repeat) + 1);
    }
    // Beyond this exponent the penalty is more than any float, and stays there.
    const double most = settings.dryBase > 1 ? std::log(std::numeric_limits<float>::max()) / std::log(settings.dryBase) : 0;
    for (Entry& entry : candidates.entries) {
        if (longest[entry.id] == 0) continue;
        const double over = static_cast<double>(longest[entry.id] - 1 - settings.dryAllowed);
        entry.logit -= settings.dryMultiplier * std::pow(settings.dryBase, settings.dryBase > 1 ? std::min(over, most) : 0);
    }
    for (std::size_t i = 1; i < story.size(); ++i) {
        const TokenId next = follower(i);
        if (next.value() >= 0 && next.index() < longest.size()) longest[next.index()] = 0;
    }
    candidates.weighed = false;
}

}  // namespace loom
