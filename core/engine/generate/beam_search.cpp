// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/data/error.h"

namespace loom {
namespace {

float cleaned(float logit) { return std::isnan(logit) ? -std::numeric_limits<float>::infinity() : logit; }

/// log(sum of exp) of a row.
double logTotal(std::span<const float> logits) {
    double best = -std::numeric_limits<double>::infinity();
    for (const float logit : logits) best = std::max(best, static_cast<double>(cleaned(logit)));
    if (!std::isfinite(best)) {
        throw Error{"The network gave no finite number for any token", "logits",
                    "The checkpoint is damaged, or its numbers overflow in this precision"};
    }
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(cleaned(logit)) - best);
    return best + std::log(sum);
}

}  // namespace

Beams::Beams(const BeamSearch& options, std::int64_t maxTokens, std::vector<TokenId> ends, std::int64_t report)
    : m_options(options), m_maxTokens(maxTokens), m_ends(std::move(ends)), m_report(report) {}

bool Beams::ends(const Continuation& one) const {
    const TokenId token(static_cast<std::int64_t>(one.token));
    return m_length + 1 >= m_maxTokens || std::find(m_ends.begin(), m_ends.end(), token) != m_ends.end();
}

/// Of a text one token longer than the running ones.
double Beams::normalised(double score) const { return score / std::pow(static_cast<double>(m_length + 1), m_options.lengthPenalty); }

/// The `count` best continuations of all running beams.
void Beams::collect(std::span<const float> logits, std::size_t count) {
    const auto better = [](const Continuation& a, const Continuation& b) {
        if (a.score != b.score) return a.score > b.score;
        return a.beam != b.beam ? a.beam < b.beam : a.token < b.token;
    };
    const std::size_t V = logits.size() / m_running.size();
    m_best.clear();  // a heap with the worst in front
    for (std::size_t beam = 0; beam < m_running.size(); ++beam) {
        const auto row = logits.subspan(beam * V, V);
        const double total = logTotal(row);
        for (std::size_t id = 0; id < V; ++id) {
            const double logProbability = static_cast<double>(cleaned(row[id])) - total;
            const Continuation one{m_running[beam].score + logProbability, beam, static_cast<std::uint32_t>(id), 0};
            if (!std::isfinite(one.score) || (m_best.size() == count && !better(one, m_best.front()))) continue;
            if (m_best.size() == count) {
                std::pop_heap(m_best.begin(), m_best.end(), better);
                m_best.pop_back();
            }
            m_best.push_back(one);
            m_best.back().probability = static_cast<float>(std::exp(logProbability));
            std::push_heap(m_best.begin(), m_best.end(), better);
        }
    }
    std::sort_heap(m_best.begin(), m_best.end(), better);
}

std::int64_t Beams::addNode(const Continuation& from, std::span<const float> logits) {
    Node node{m_running[from.beam].node, m_length + 1, {TokenId(static_cast<std::int64_t>(from.token)), from.probability, {}}};
    if (m_report > 0) {
        const std::size_t V = logits.size() / m_running.size();
        const auto row = logits.subspan(from.beam * V, V);
        const double total = logTotal(row);
        std::vector<Candidate> all;
        for (std::size_t id = 0; id < V; ++id) {
            const double share = std::exp(static_cast<double>(cleaned(row[id])) - total);
            all.push_back({TokenId(static_cast<std::int64_t>(id)), static_cast<float>(share)});
        }
        auto& top = node.found.alternatives;
        top.resize(std::min(static_cast<std::size_t>(m_report), V));
        std::partial_sort_copy(all.begin(), all.end(), top.begin(), top.end(), [](const Candidate& a, const Candidate& b) {
            return a.probability != b.probability ? a.probability > b.probability : a.token.value() < b.token.value();
        });
        const auto listed = [&](const Candidate& c) { return c.token == node.found.token; };
        if (std::none_of(top.begin(), top.end(), listed)) top.back() = {node.found.token, from.probability};
    }
    m_nodes.push_back(std::move(node));
    return std::ssize(m_nodes) - 1;
}

void Beams::advance(std::span<const float> logits) {
    const auto width = static_cast<std::size_t>(m_options.width);
    collect(logits, width * std::max<std::size_t>(2, 1 + m_ends.size()));
    std::vector<Text> running;
    m_next.clear();
    bool allEnd = true;
    for (std::size_t rank = 0; rank < m_best.size(); ++rank) {
        const Continuation& one = m_best[rank];
        if (!ends(one)) {
            allEnd = false;
            if (running.size() == width) continue;
            running.push_back({addNode(one, logits), one.score});
            m_next.push_back({one.beam, TokenId(static_cast<std::int64_t>(one.token))});
        } else if (rank < width) {
            const double score = normalised(one.score);
            if (m_finished.size() == width && score <= m_finished.back().score) continue;
            const auto place = std::find_if(m_finished.begin(), m_finished.end(), [&](const Text& text) { return text.score < score; });
            m_finished.insert(place, {addNode(one, logits), score});
            if (m_finished.size() > width) m_finished.pop_back();
        }
    }
    const bool full = m_finished.size() == width;
    const double hope = running.empty() ? 0 : normalised(running.front().score);
    m_running = std::move(running);
    ++m_length;
    m_done = allEnd || (full && (m_options.earlyStopping || hope <= m_finished.back().score));
}

std::vector<std::int64_t> Beams::path(std::int64_t node) const {
    std::vector<std::int64_t> nodes;
    for (; node >= 0; node = m_nodes[static_cast<std::size_t>(node)].parent) nodes.push_back(node);
    std::reverse(nodes.begin(), nodes.end());
    return nodes;
}

std::vector<Beams::Found> Beams::certain(std::int64_t first) const {
    std::vector<std::int64_t> common;
    if (m_done) {
        if (!m_finished.empty()) common = path(m_finished.front().node);
    } else {
        bool begun = false;
        for (const auto* texts : {&m_running, &m_finished}) {
            for (const Text& text : *texts) {
                const std::vector<std::int64_t> other = path(text.node);
                if (!std::exchange(begun, true)) common = other;
                const auto end = std::mismatch(common.begin(), common.end(), other.begin(), other.end()).first;
                common.erase(end, common.end());
            }
        }
    }
    std::vector<Found> tokens;
    for (auto i = static_cast<std::size_t>(first); i < common.size(); ++i)
        tokens.push_back(m_nodes[static_cast<std::size_t>(common[i])].found);
    return tokens;
}

BeamCaches::BeamCaches(const Network& network, const Sequence& trunk, TokenIds prompt, std::int64_t capacity)
    : m_network(network), m_trunk(&trunk), m_fork(network.facts().fast), m_capacity(capacity) {
    m_branches.push_back({std::move(prompt), nullptr});
}

bool BeamCaches::advance(std::span<const Beams::Next> next, std::vector<float>& logits, const std::stop_token& stop) {
    std::vector<std::size_t> uses(m_branches.size(), 0);
    for (const Beams::Next& one : next) ++uses[one.parent];
    std::vector<Branch> branches;
    for (const Beams::Next& one : next) {
        Branch& parent = m_branches[one.parent];
        Branch& branch = branches.emplace_back(Branch{parent.text, nullptr});
        branch.text.push_back(one.token);
        if (!m_fork) continue;
        if (--uses[one.parent] == 0 && parent.sequence)
            branch.sequence = std::move(parent.sequence);
        else
            branch.sequence = valueOrThrow(m_network.fork(parent.sequence ? *parent.sequence : *m_trunk, m_capacity));
    }
    if (!m_fork) return advanceAlone(branches, logits, stop);
    std::vector<Sequence*> sequences;
    TokenIds tokens;
    for (const Branch& branch : branches) {
        sequences.push_back(branch.sequence.get());
        tokens.push_back(branch.text.back());
    }
    m_branches = std::move(branches);
    valueOrThrow(m_network.forwardTogether(sequences, tokens, logits));
    return !stop.stop_requested();
}

/// Each beam takes a sequence, preferably one that has read much of its text, and reads what is missing.
bool BeamCaches::advanceAlone(std::vector<Branch>& branches, std::vector<float>& logits, const std::stop_token& stop) {
    for (Branch& old : m_branches)
        if (old.sequence) m_spare.push_back(std::move(old));
    m_branches.clear();
    logits.clear();
    for (Branch& branch : branches) {
        const auto shared = [&](const Branch& spare) {
            return std::mismatch(spare.text.begin(), spare.text.end(), branch.text.begin(), branch.text.end()).first - spare.text.begin();
        };
        const auto best =
            std::max_element(m_spare.begin(), m_spare.end(), [&](const Branch& a, const Branch& b) { return shared(a) < shared(b); });
        std::int64_t kept = 0;
        if (best == m_spare.end() || m_spare.size() + m_branches.size() < branches.size()) {
            branch.sequence = valueOrThrow(m_network.newSequence(m_capacity));
        } else {
            kept = std::min<std::int64_t>(shared(*best), std::ssize(branch.text) - 1);
            branch.sequence = std::move(best->sequence);
            m_spare.erase(best);
            valueOrThrow(branch.sequence->truncate(kept));
        }
        ForwardOutput out;
        if (!readInBlocks(*branch.sequence, std::span(branch.text).subspan(static_cast<std::size_t>(kept)), out, stop)) return false;
        logits.insert(logits.end(), out.logits.begin(), out.logits.end());
        m_branches.push_back(std::move(branch));
    }
    return !stop.stop_requested();
}

}  // namespace loom
