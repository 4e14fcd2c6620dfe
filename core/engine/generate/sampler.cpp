// SPDX-License-Identifier: GPL-3.0-or-later
// The sampler chain: penalty → temperature → top-k → top-p → min-p → draw.
#include "core/engine/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();
constexpr std::size_t kSmallSelection = 512;  // up to here a heap beats a partition

using Index = std::uint32_t;

/// A token that can still be chosen.
struct Entry {
    float logit = 0;
    Index id = 0;
    double weight = 0;  // exp of the logit, the best token of all has 1; only where it is needed
};

/// Best first; ties go to the lower id.
bool better(const Entry& a, const Entry& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; }

auto at(std::vector<Entry>& entries, std::size_t index) { return entries.begin() + static_cast<std::ptrdiff_t>(index); }

/// Puts the `count` best in front, sorted.
void sortBest(std::vector<Entry>& entries, std::size_t count) {
    if (count <= kSmallSelection) {
        std::partial_sort(entries.begin(), at(entries, count), entries.end(), better);
    } else {
        std::nth_element(entries.begin(), at(entries, count), entries.end(), better);
        std::sort(entries.begin(), at(entries, count), better);
    }
}

/// Logits with NaN as -inf. +inf leaves only the infinite ones, all alike.
std::vector<float> cleaned(std::span<const float> logits) {
    std::vector<float> out(logits.begin(), logits.end());
    bool finite = false;
    bool infinite = false;
    for (float& x : out) {
        if (std::isnan(x)) x = kImpossible;
        finite = finite || std::isfinite(x);
        infinite = infinite || x == std::numeric_limits<float>::infinity();
    }
    if (!finite) {
        throw Error{"The network gave no finite number for any token", "logits",
                    "The checkpoint is damaged, or its numbers overflow in this precision"};
    }
    if (infinite) {
        for (float& x : out) x = x == std::numeric_limits<float>::infinity() ? 0.0F : kImpossible;
    }
    return out;
}

void applyPenalty(std::vector<float>& logits, double penalty, std::span<const TokenId> recent) {
    std::vector<TokenId> used(recent.begin(), recent.end());
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    constexpr double kLargest = std::numeric_limits<float>::max();
    for (const TokenId token : used) {
        if (token.value() < 0 || token.index() >= logits.size()) continue;
        float& logit = logits[token.index()];
        if (logit == kImpossible) continue;
        const double changed = logit > 0 ? logit / penalty : logit * penalty;
        logit = static_cast<float>(std::clamp(changed, -kLargest, kLargest));
    }
}

std::vector<Entry> possibleTokens(const std::vector<float>& logits) {
    std::vector<Entry> entries;
    entries.reserve(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (logits[i] != kImpossible) entries.push_back({logits[i], static_cast<Index>(i)});
    }
    return entries;
}

/// What survives the samplers, in the order of ids.
struct Survivors {
    std::vector<Entry> entries;
    double total = 0;  // of their weights
    SamplerTrace trace;

    [[nodiscard]] float probabilityOf(Index id) const {
        const auto found =
            std::lower_bound(entries.begin(), entries.end(), id, [](const Entry& entry, Index wanted) { return entry.id < wanted; });
        return found == entries.end() || found->id != id ? 0.0F : static_cast<float>(found->weight / total);
    }
};

double totalOf(const std::vector<Entry>& entries) {
    double total = 0;
    for (const Entry& entry : entries) total += entry.weight;
    return total;
}

/// Keeps the smallest set of best tokens that reaches `topP` of the total. Halves the stretch in which it ends instead of sorting.
void keepNucleus(std::vector<Entry>& entries, double topP) {
    constexpr std::size_t kShort = 64;
    const double wanted = topP * totalOf(entries);
    double sum = 0;  // of what lies before `low`
    std::size_t low = 0;
    std::size_t high = entries.size();
    while (high - low > kShort) {
        const std::size_t middle = low + (high - low) / 2;
        std::nth_element(at(entries, low), at(entries, middle), at(entries, high), better);
        double half = 0;
        for (std::size_t i = low; i < middle; ++i) half += entries[i].weight;
        if (sum + half >= wanted) {
            high = middle;
        } else {
            sum += half;
            low = middle;
        }
    }
    std::sort(at(entries, low), at(entries, high), better);
    while (low < high) {
        sum += entries[low++].weight;
        if (sum >= wanted) break;
    }
    entries.resize(low);
}

Survivors survive(std::vector<Entry> entries, float best, const SamplerSettings& settings) {
    Survivors out;
    if (settings.topK > 0 && static_cast<std::uint64_t>(settings.topK) < entries.size()) {
        const auto count = static_cast<std::size_t>(settings.topK);
        sortBest(entries, count);
        entries.resize(count);
    }
    out.trace.afterTopK = static_cast<std::int64_t>(entries.size());
    for (Entry& entry : entries) entry.weight = std::exp((static_cast<double>(entry.logit) - best) / settings.temperature);
    if (settings.topP < 1) keepNucleus(entries, settings.topP);
    out.trace.afterTopP = static_cast<std::int64_t>(entries.size());
    if (settings.minP > 0) std::erase_if(entries, [&](const Entry& entry) { return entry.weight < settings.minP; });
    out.trace.afterMinP = static_cast<std::int64_t>(entries.size());
    const auto byId = [](const Entry& a, const Entry& b) { return a.id < b.id; };
    if (!std::is_sorted(entries.begin(), entries.end(), byId)) std::sort(entries.begin(), entries.end(), byId);
    out.entries = std::move(entries);
    out.total = totalOf(out.entries);
    return out;
}

/// Walks through the survivors in the order of their ids, so that samplers that remove nothing change nothing.
Index draw(const Survivors& survivors, float uniform) {
    const double target = static_cast<double>(uniform) * survivors.total;
    double sum = 0;
    Index last = 0;
    for (const Entry& entry : survivors.entries) {
        if (entry.weight <= 0) continue;
        sum += entry.weight;
        last = entry.id;
        if (sum > target) break;
    }
    return last;
}

}  // namespace

SampleResult sample(std::span<const float> logits, const SamplerSettings& settings, std::span<const TokenId> recent, std::uint64_t seed,
                    std::uint64_t position, std::int64_t report) {
    if (const auto problem = problemWith(settings)) throw Error{*problem, "sampler settings", "Change it and try again"};
    const std::vector<float> plain = cleaned(logits);
    std::vector<Entry> entries = possibleTokens(plain);

    std::vector<float> adjusted = plain;
    if (settings.repetitionPenalty != 1) applyPenalty(adjusted, settings.repetitionPenalty, recent);
    const auto best = static_cast<Index>(std::max_element(adjusted.begin(), adjusted.end()) - adjusted.begin());

    Survivors survivors;
    Index chosen = best;
    if (settings.temperature == 0) {
        survivors = {{{adjusted[best], best, 1.0}}, 1.0, {}};
    } else {
        survivors = survive(possibleTokens(adjusted), adjusted[best], settings);
        chosen = draw(survivors, uniformAt(seed, position));
    }

    const double top = *std::max_element(plain.begin(), plain.end());
    double sum = 0;
    for (const Entry& entry : entries) sum += std::exp(entry.logit - top);
    const auto before = [&](Index id) { return static_cast<float>(std::exp(plain[id] - top) / sum); };
    SampleResult result;
    result.token = TokenId(chosen);
    result.probability = before(chosen);
    result.trace = survivors.trace;
    if (report <= 0) return result;

    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(static_cast<std::uint64_t>(report), entries.size()));
    sortBest(entries, count);
    entries.resize(count);
    const bool listed = std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.id == chosen; });
    if (!listed) entries.back().id = chosen;
    for (const Entry& entry : entries) {
        result.before.push_back({TokenId(entry.id), before(entry.id)});
        result.after.push_back(survivors.probabilityOf(entry.id));
    }
    return result;
}

}  // namespace loom
