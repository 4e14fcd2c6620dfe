// SPDX-License-Identifier: GPL-3.0-or-later
// Beam search: follows several beginnings of a text at once and keeps the most likely ones. No random number is drawn.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/data/generate.h"
#include "core/engine/api/network.h"
#include "core/engine/generate/sampler.h"

namespace loom {

/// The search without the network: told the logits of the running beams, it says which beams run next. Computes what transformers does
/// (generate with num_beams, length_penalty and early_stopping): each step looks at the best width · (1 + end tokens), at least 2 · width,
/// continuations of all beams; those of the first `width` that end are texts, the others that do not end run on.
class Beams {
public:
    struct Next {
        std::size_t parent;  ///< index among the beams that ran before
        TokenId token;
    };
    /// A token of a text that was found.
    struct Found {
        TokenId token;
        float probability = 0;
        std::vector<Candidate> alternatives;  ///< the most likely ones, best first, with the token itself; as many as were asked for
    };

    /// Texts of up to `maxTokens` ≥ 1 tokens, an end token included.
    Beams(const BeamSearch& options, std::int64_t maxTokens, std::vector<TokenId> ends, std::int64_t report);
    /// Takes logits [beams, V] of the running beams (at first one: the prompt). Ties go to the earlier beam and the lower id; NaN counts as
    /// -inf. Throws Error when no logit is finite.
    void advance(std::span<const float> logits);
    [[nodiscard]] bool done() const { return m_done; }
    [[nodiscard]] const std::vector<Next>& next() const { return m_next; }
    /// The tokens from `first` on that every text the search may still find begins with; the best text's, once it is done.
    [[nodiscard]] std::vector<Found> certain(std::int64_t first) const;
    /// Of the best text. There is one when the search is done.
    [[nodiscard]] double score() const { return m_finished.front().score; }

private:
    struct Node {
        std::int64_t parent;  ///< -1: the prompt
        std::int64_t length;
        Found found;
    };
    struct Text {
        std::int64_t node = -1;
        double score = 0;  ///< sum of log probabilities; of finished texts: divided by length^lengthPenalty
    };
    struct Continuation {
        double score;
        std::size_t beam;
        std::uint32_t token;
        float probability;
    };
    void collect(std::span<const float> logits, std::size_t count);
    [[nodiscard]] std::int64_t addNode(const Continuation& from, std::span<const float> logits);
    [[nodiscard]] bool ends(const Continuation& one) const;
    [[nodiscard]] double normalised(double score) const;
    [[nodiscard]] std::vector<std::int64_t> path(std::int64_t node) const;

    BeamSearch m_options;
    std::int64_t m_maxTokens;
    std::vector<TokenId> m_ends;
    std::int64_t m_report;
    std::vector<Node> m_nodes;
    std::vector<Text> m_running = {Text{}};
    std::vector<Text> m_finished;  ///< best first, at most `width`
    std::vector<Next> m_next;
    std::vector<Continuation> m_best;  ///< of all beams, best first
    std::int64_t m_length = 0;         ///< of the running texts
    bool m_done = false;
};

/// The caches of the running beams: forks that share what they have in common on the fast path, sequences of their own on the reference.
class BeamCaches {
public:
    /// `trunk` has read `prompt`. Throws the network's Error.
    BeamCaches(const Network& network, const Sequence& trunk, TokenIds prompt, std::int64_t capacity);
    /// Makes the caches those of `next` and computes logits [next, V]. False where `stop` was requested.
    [[nodiscard]] bool advance(std::span<const Beams::Next> next, std::vector<float>& logits, const std::stop_token& stop);

private:
    struct Branch {
        TokenIds text;
        std::unique_ptr<Sequence> sequence;  ///< null: the trunk's
    };
    [[nodiscard]] bool advanceAlone(std::vector<Branch>& branches, std::vector<float>& logits, const std::stop_token& stop);

    const Network& m_network;
    const Sequence* m_trunk;
    bool m_fork;
    std::int64_t m_capacity;
    std::vector<Branch> m_branches;
    std::vector<Branch> m_spare;  ///< the reference's sequences that no beam uses now
};

}  // namespace loom
