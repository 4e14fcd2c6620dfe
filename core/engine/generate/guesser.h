// SPDX-License-Identifier: GPL-3.0-or-later
// Guesser: says how a text may go on, so that several tokens are checked in one step (speculative decoding, arXiv 2211.17192). The
// sampler's random numbers belong to positions, so a guess is right exactly where the network itself would have chosen that token: no text
// changes.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "core/data/generate.h"
#include "core/data/ids.h"
#include "core/engine/api/network.h"
#include "core/engine/generate/sampler.h"

namespace loom {

class Guesser {
public:
    Guesser() = default;
    Guesser(const Guesser&) = delete;
    Guesser& operator=(const Guesser&) = delete;
    virtual ~Guesser() = default;
    /// At most `count` tokens that may follow `ids`; none where nothing can be said. `story` is what the story's next token will be
    /// chosen with.
    virtual void guess(const TokenIds& ids, std::int64_t count, const Sampler& story, const std::stop_token& stop, TokenIds& guesses) = 0;
};

/// The longest of the last kLongest … kShortest tokens that occurred before, at its latest place: what followed there (prompt lookup).
/// O(length · kLongest).
inline constexpr std::int64_t kLongestLookup = 4, kShortestLookup = 2;
void guessByLookup(const TokenIds& ids, std::int64_t count, TokenIds& guesses);

class LookupGuesser final : public Guesser {
public:
    void guess(const TokenIds& ids, std::int64_t count, const Sampler& story, const std::stop_token& stop, TokenIds& guesses) override;
};

/// A smaller or coarser network with the same tokenizer writes ahead, with the story's own samplers, their state and its random numbers.
class DraftGuesser final : public Guesser {
public:
    /// `context`: positions that the network reads at most. Longer stories are not guessed any more.
    DraftGuesser(std::shared_ptr<const Network> network, std::int64_t context);
    void guess(const TokenIds& ids, std::int64_t count, const Sampler& story, const std::stop_token& stop, TokenIds& guesses) override;

private:
    std::shared_ptr<const Network> m_network;
    std::unique_ptr<Sequence> m_sequence;
    std::int64_t m_context;
    Sampler m_sampler{{}, 0};
    TokenIds m_read;  ///< what the sequence holds
    TokenIds m_text;  ///< ids and what was guessed behind them
    ForwardOutput m_out;
};

}  // namespace loom
