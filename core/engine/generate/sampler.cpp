// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/data/error.h"
#include "core/engine/generate/samplers/mirostat.h"
#include "core/engine/generate/samplers/reweigh.h"
#include "core/engine/generate/samplers/truncate.h"
#include "core/engine/generate/samplers/xtc.h"

namespace loom {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();

bool byId(const Entry& a, const Entry& b) { return a.id < b.id; }

/// Walks through the survivors in the order of their ids, so that samplers that remove nothing change nothing.
const Entry& draw(const std::vector<Entry>& survivors, double total, float uniform) {
    const double target = static_cast<double>(uniform) * total;
    double sum = 0;
    const Entry* last = &survivors.front();
    for (const Entry& entry : survivors) {
        if (entry.weight <= 0) continue;
        sum += entry.weight;
        last = &entry;
        if (sum > target) break;
    }
    return *last;
}

/// Half the sum of |new share − old share|: how much probability went from some tokens to others.
float movedShare(const std::vector<Entry>& entries, double total, const std::vector<double>& before, double totalBefore) {
    double moved = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) moved += std::abs(entries[i].weight / total - before[i] / totalBefore);
    return static_cast<float>(moved / 2);
}

}  // namespace

Sampler::Sampler(SamplerSettings settings, std::uint64_t seed, std::shared_ptr<const TokenFlags> breakers, std::optional<double> mu) {
    if (const auto problem = problemWith(settings)) throw Error{*problem, "sampler settings", "Change it and try again"};
    const double start = mu && std::isfinite(*mu) ? *mu : 2 * settings.mirostatTau;
    m_state = {std::move(settings), seed, std::move(breakers), start};
}

void Sampler::reserve(std::int64_t vocab, std::int64_t context) {
    const auto V = static_cast<std::size_t>(vocab);
    m_scratch->candidates.entries.reserve(V);
    m_scratch->weights.reserve(V);
    if (isOn(m_state.settings, SamplerStage::Repetition)) m_scratch->marks.resize(V, 0);
    if (isOn(m_state.settings, SamplerStage::Dry)) {
        m_scratch->dry.longest.resize(V, 0);
        m_scratch->dry.overlap.reserve(static_cast<std::size_t>(context));
    }
}

void Sampler::follow(const Sampler& other) { m_state = other.m_state; }

/// The tokens that are possible at all, in the order of ids. +inf leaves only the infinite ones, all alike.
void Sampler::fill(std::span<const float> logits) {
    std::vector<Entry>& entries = m_scratch->candidates.entries;
    entries.clear();
    const bool infinite = std::find(logits.begin(), logits.end(), kInfinite) != logits.end();
    bool finite = false;
    for (std::size_t id = 0; id < logits.size(); ++id) {
        const float logit = logits[id];
        finite = finite || std::isfinite(logit);
        if (infinite && logit == kInfinite) entries.push_back({0, 0, static_cast<std::uint32_t>(id)});
        if (!infinite && std::isfinite(logit)) entries.push_back({static_cast<double>(logit), 0, static_cast<std::uint32_t>(id)});
    }
    if (!finite) {
        throw Error{"The network gave no finite number for any token", "logits",
                    "The checkpoint is damaged, or its numbers overflow in this precision"};
    }
    m_scratch->candidates.temperature = 1;
    m_scratch->candidates.weighed = false;
}

void Sampler::run(SamplerStage stage, std::span<const TokenId> story, std::uint64_t position) {
    const SamplerSettings& s = m_state.settings;
    switch (stage) {
        case SamplerStage::Repetition: return applyRepetitionPenalty(m_scratch->candidates, s.repetitionPenalty, story, m_scratch->marks);
        case SamplerStage::Dry:
            return applyDry(m_scratch->candidates, s, story,
                            m_state.breakers ? std::span<const std::uint8_t>(*m_state.breakers) : std::span<const std::uint8_t>(),
                            m_scratch->dry);
        case SamplerStage::Temperature: return applyTemperature(m_scratch->candidates, s.temperature);
        case SamplerStage::TopNSigma: return keepTopNSigma(m_scratch->candidates, s.topNSigma);
        case SamplerStage::TopK: return keepTopK(m_scratch->candidates, s.topK);
        case SamplerStage::Typical: return keepTypical(m_scratch->candidates, s.typicalP);
        case SamplerStage::TopP: return keepTopP(m_scratch->candidates, s.topP);
        case SamplerStage::MinP: return keepMinP(m_scratch->candidates, s.minP);
        case SamplerStage::Xtc:
            return excludeTopChoices(m_scratch->candidates, s.xtcProbability, s.xtcThreshold,
                                     uniformAt(m_state.seed, position, RandomStream::Xtc));
        case SamplerStage::Mirostat: return keepUnsurprising(m_scratch->candidates, m_state.mu);
    }
}

void Sampler::traced(SamplerStage stage, std::span<const TokenId> story, std::uint64_t position) {
    m_scratch->candidates.weigh();
    const std::vector<Entry>& entries = m_scratch->candidates.entries;
    const std::size_t tokens = entries.size();
    const double before = m_scratch->candidates.total();
    m_scratch->weights.clear();
    for (const Entry& entry : entries) m_scratch->weights.push_back(entry.weight);
    run(stage, story, position);

    StageTrace& trace = m_scratch->result.trace.stages.at(m_scratch->result.trace.count++);
    trace = {stage, static_cast<std::int32_t>(tokens), static_cast<std::int32_t>(entries.size()), 1, 0};
    if (entries.size() < tokens) {
        trace.kept = static_cast<float>(std::min(1.0, m_scratch->candidates.total() / before));
    } else if (!m_scratch->candidates.weighed) {
        m_scratch->candidates.weigh();
        trace.moved = movedShare(entries, m_scratch->candidates.total(), m_scratch->weights, before);
    }
}

const SampleResult& Sampler::choose(std::span<const float> logits, std::span<const TokenId> story, std::uint64_t position,
                                    std::int64_t count) {
    const SamplerSettings& s = m_state.settings;
    reserve(std::ssize(logits), 0);
    fill(logits);
    std::vector<Entry>& entries = m_scratch->candidates.entries;
    m_scratch->candidates.weigh();
    const double plainTotal = m_scratch->candidates.total();
    const double plainBest = m_scratch->candidates.reference;
    m_scratch->top.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, std::ssize(entries))));
    std::partial_sort_copy(entries.begin(), entries.end(), m_scratch->top.begin(), m_scratch->top.end(), better);

    m_scratch->result.trace.count = 0;
    for (const SamplerStage stage : s.order) {
        if (!isOn(s, stage)) continue;
        if (count > 0)
            traced(stage, story, position);
        else
            run(stage, story, position);
    }
    m_scratch->candidates.weigh();
    if (!std::is_sorted(entries.begin(), entries.end(), byId)) std::sort(entries.begin(), entries.end(), byId);
    const double total = m_scratch->candidates.total();
    const Entry& chosen = draw(entries, total, uniformAt(m_state.seed, position));
    if (s.mirostatTau > 0) m_state.mu = nextMirostatMu(m_state.mu, s.mirostatTau, s.mirostatEta, chosen.weight / total);
    m_scratch->result.trace.mirostatMu = s.mirostatTau > 0 ? m_state.mu : 0;

    const float logit = logits[chosen.id];
    const auto before = [&](double x) { return static_cast<float>(std::exp(x - plainBest) / plainTotal); };
    m_scratch->result.token = TokenId(static_cast<std::int64_t>(chosen.id));
    m_scratch->result.probability = before(logit == kInfinite ? 0.0 : static_cast<double>(logit));
    const bool listed =
        std::any_of(m_scratch->top.begin(), m_scratch->top.end(), [&](const Entry& entry) { return entry.id == chosen.id; });
    if (!m_scratch->top.empty() && !listed) m_scratch->top.back() = {logit == kInfinite ? 0.0 : static_cast<double>(logit), 0, chosen.id};
    m_scratch->result.before.clear();
    m_scratch->result.after.clear();
    for (const Entry& entry : m_scratch->top) {
        m_scratch->result.before.push_back({TokenId(static_cast<std::int64_t>(entry.id)), before(entry.logit)});
        const auto found = std::lower_bound(entries.begin(), entries.end(), entry, byId);
        m_scratch->result.after.push_back(found == entries.end() || found->id != entry.id ? 0.0F
                                                                                          : static_cast<float>(found->weight / total));
    }
    return m_scratch->result;
}

SampleResult sample(std::span<const float> logits, const SamplerSettings& settings, std::span<const TokenId> recent, std::uint64_t seed,
                    std::uint64_t position, std::int64_t report) {
    return Sampler(settings, seed).choose(logits, recent, position, report);
}

}  // namespace loom
