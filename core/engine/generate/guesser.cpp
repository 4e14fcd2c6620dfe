// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/guesser.h"

#include <algorithm>
#include <utility>

namespace loom {

void guessByLookup(const TokenIds& ids, std::int64_t count, TokenIds& guesses) {
    guesses.clear();
    const std::int64_t n = std::ssize(ids);
    for (std::int64_t width = std::min(kLongestLookup, n - 1); width >= kShortestLookup; --width) {
        const auto tail = ids.end() - width;
        for (std::int64_t at = n - width - 1; at >= 0; --at) {
            if (!std::equal(tail, ids.end(), ids.begin() + at)) continue;
            const auto from = ids.begin() + at + width;
            guesses.assign(from, from + std::min<std::int64_t>(count, ids.end() - from));
            return;
        }
    }
}

void LookupGuesser::guess(const TokenIds& ids, std::int64_t count, const Sampler& /*story*/, const std::stop_token& /*stop*/,
                          TokenIds& guesses) {
    guessByLookup(ids, count, guesses);
}

DraftGuesser::DraftGuesser(std::shared_ptr<const Network> network, std::int64_t context)
    : m_network(std::move(network)), m_sequence(valueOrThrow(m_network->newSequence(0))), m_context(context) {}

void DraftGuesser::guess(const TokenIds& ids, std::int64_t count, const Sampler& story, const std::stop_token& stop, TokenIds& guesses) {
    guesses.clear();
    const std::int64_t n = std::ssize(ids);
    count = std::min(count, m_context - n);
    if (count <= 0 || n == 0) return;
    const auto same = std::mismatch(m_read.begin(), m_read.end(), ids.begin(), ids.end()).first - m_read.begin();
    const auto kept = std::min<std::int64_t>(same, n - 1);  // the last token is computed for its logits
    valueOrThrow(m_sequence->truncate(kept));
    m_read.resize(static_cast<std::size_t>(kept));
    if (m_sequence->capacity() < n + count) {
        valueOrThrow(m_sequence->reserve(std::min(m_context, std::max(n + count, 2 * m_sequence->capacity()))));
    }
    const auto fresh = std::span(ids).subspan(static_cast<std::size_t>(kept));
    const bool whole = readInBlocks(*m_sequence, fresh, m_out, stop);
    m_read.insert(m_read.end(), fresh.begin(), fresh.begin() + (m_sequence->length() - kept));
    if (!whole) return;
    m_text = ids;
    m_sampler.follow(story);
    for (;;) {
        const SampleResult& next = m_sampler.choose(m_out.logits, m_text, static_cast<std::uint64_t>(std::ssize(m_text)), 0);
        guesses.push_back(next.token);
        m_text.push_back(next.token);
        if (std::ssize(guesses) == count || stop.stop_requested()) return;
        valueOrThrow(m_sequence->forward(std::span(&m_text.back(), 1), {}, m_out));
        m_read.push_back(next.token);
    }
}

}  // namespace loom
