// SPDX-License-Identifier: GPL-3.0-or-later
// Scorecard: what can be said of a story without another network: variety, repetition, length, the prompt's words, spelling.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/evaluate/words.h"

namespace loom {

struct ScoreRequest {
    std::string prompt;                   ///< what the story was to go on from; its words are known and may be used
    std::vector<std::string> wanted;      ///< words that the story was to use; empty = the prompt's, function words left out
    const WordSet* vocabulary = nullptr;  ///< words that are spelt right; none = spelling is not judged
};

struct Scorecard {
    std::int64_t characters = 0;  ///< of UTF-8
    std::int64_t words = 0;
    std::int64_t distinctWords = 0;
    std::int64_t sentences = 0;
    double wordsPerSentence = 0;
    /// Distinct n-grams of words over all n-grams, n = 1, 2, 3 (Li et al. 2016, arXiv 1510.03055); 1 = nothing said twice. 0 where there is
    /// none.
    std::array<double, 3> distinct{};
    double repetition = 0;                   ///< share of words that end a four-word sequence which stood in the story before
    std::int64_t longestRepeat = 0;          ///< words of the longest sequence that occurs twice (the two may overlap)
    std::int64_t repeatedSentences = 0;      ///< sentences of three words or more that stood in the story before
    std::vector<std::string> wanted;         ///< distinct words that were to be used
    std::vector<std::string> used;           ///< those that were
    std::optional<std::int64_t> misspelt;    ///< words that the vocabulary lacks; nothing without a vocabulary
    std::vector<std::string> misspeltWords;  ///< distinct, in order of appearance, at most 50

    [[nodiscard]] double wantedShare() const;                  ///< 1 where nothing was wanted
    [[nodiscard]] std::optional<double> spelledShare() const;  ///< of all words; 1 in a story without words
};

/// Scores what was written after the prompt. `text` is UTF-8. Linear in its length but for longestRepeat (n log n).
[[nodiscard]] Scorecard scoreStory(std::string_view text, const ScoreRequest& request);

}  // namespace loom
