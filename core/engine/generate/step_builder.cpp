// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/step_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "core/data/error.h"

namespace loom {

TokenStep StepBuilder::next(TokenId token, TokenOrigin origin) {
    TokenStep step;
    step.token = token;
    step.position = m_position++;
    step.origin = guarded([&] { return m_tokenizer.specialName(token); }).value_or(std::nullopt) ? TokenOrigin::Special : origin;
    step.text = m_assembler.push(guarded([&] { return m_tokenizer.bytes(token, m_previous); }).value_or(std::string()));
    step.label = label(token);
    m_previous = token;
    return step;
}

std::string StepBuilder::label(TokenId token) const {
    return guarded([&] { return m_tokenizer.label(token); }).value_or("<" + std::to_string(token.value()) + ">");
}

std::vector<Alternative> StepBuilder::alternatives(const SampleResult& result) const {
    std::vector<Alternative> list;
    list.reserve(result.before.size());
    for (std::size_t i = 0; i < result.before.size(); ++i) {
        const Candidate& candidate = result.before[i];
        list.push_back({candidate.token, label(candidate.token), candidate.probability, result.after[i]});
    }
    return list;
}

std::vector<Alternative> StepBuilder::expected(const std::vector<Candidate>& candidates) const {
    std::vector<Alternative> list;
    list.reserve(candidates.size());
    for (const Candidate& one : candidates) list.push_back({one.token, label(one.token), one.probability, one.probability});
    return list;
}

void StepBuilder::describePromptToken(TokenStep& step, std::span<const float> logits, std::int64_t count) const {
    const auto logit = [&](std::size_t id) {
        return std::isnan(logits[id]) ? -std::numeric_limits<double>::infinity() : double{logits[id]};
    };
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t id = 0; id < logits.size(); ++id) best = std::max(best, logit(id));
    if (!std::isfinite(best)) return;
    double sum = 0;
    for (std::size_t id = 0; id < logits.size(); ++id) sum += std::exp(logit(id) - best);
    const auto probability = [&](std::size_t id) { return static_cast<float>(std::exp(logit(id) - best) / sum); };

    std::vector<std::size_t> ids(logits.size());
    std::iota(ids.begin(), ids.end(), std::size_t{0});
    const auto kept = ids.begin() + std::min<std::ptrdiff_t>(count, std::ssize(ids));
    std::partial_sort(ids.begin(), kept, ids.end(),
                      [&](std::size_t a, std::size_t b) { return std::pair(-logit(a), a) < std::pair(-logit(b), b); });
    ids.erase(kept, ids.end());
    if (std::find(ids.begin(), ids.end(), step.token.index()) == ids.end()) ids.push_back(step.token.index());

    step.probability = probability(step.token.index());
    for (const std::size_t id : ids) {
        const TokenId token{static_cast<std::int64_t>(id)};
        step.alternatives.push_back({token, label(token), probability(id), probability(id)});
    }
}

}  // namespace loom
