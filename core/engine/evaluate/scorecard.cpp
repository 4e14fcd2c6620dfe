// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/scorecard.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

namespace loom {
namespace {

constexpr std::size_t kRepeat = 4;
constexpr std::size_t kShortestSentence = 3;
constexpr std::size_t kMostListed = 50;

/// Words as numbers: equal words, equal numbers.
std::vector<std::int64_t> numbered(const std::vector<std::string>& words) {
    std::unordered_map<std::string, std::int64_t> ids;
    std::vector<std::int64_t> numbers;
    numbers.reserve(words.size());
    for (const std::string& word : words) numbers.push_back(ids.try_emplace(word, std::ssize(ids)).first->second);
    return numbers;
}

/// Number of the class of each n-gram: those of n words from those of n − 1.
std::vector<std::int64_t> grams(const std::vector<std::int64_t>& words, std::size_t n) {
    std::vector<std::int64_t> classes = words;
    for (std::size_t length = 2; length <= n; ++length) {
        if (classes.size() < 2) return {};
        std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> ids;
        std::vector<std::int64_t> longer;
        for (std::size_t i = 0; i + 1 < classes.size(); ++i) {
            longer.push_back(ids.try_emplace({classes[i], words[i + length - 1]}, std::ssize(ids)).first->second);
        }
        classes = std::move(longer);
    }
    return classes;
}

double distinctShare(const std::vector<std::int64_t>& words, std::size_t n) {
    const std::vector<std::int64_t> all = grams(words, n);
    if (all.empty()) return 0;
    return static_cast<double>(std::set<std::int64_t>(all.begin(), all.end()).size()) / static_cast<double>(all.size());
}

double repeatedShare(const std::vector<std::int64_t>& words) {
    if (words.empty()) return 0;
    std::set<std::int64_t> seen;
    std::int64_t repeated = 0;
    for (const std::int64_t gram : grams(words, kRepeat)) {
        if (!seen.insert(gram).second) ++repeated;
    }
    return static_cast<double>(repeated) / static_cast<double>(words.size());
}

/// Longest common prefix of neighbours among all suffixes in order; order by prefix doubling, prefixes by Kasai et al. 2001.
std::int64_t longestRepeat(const std::vector<std::int64_t>& words) {
    const std::size_t n = words.size();
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<std::int64_t> rank = words;
    std::vector<std::int64_t> next(n);
    for (std::size_t width = 1; n > 1; width *= 2) {
        const auto key = [&](std::size_t i) { return std::pair(rank[i], i + width < n ? rank[i + width] : -1); };
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
        next[order[0]] = 0;
        for (std::size_t i = 1; i < n; ++i) next[order[i]] = next[order[i - 1]] + (key(order[i - 1]) < key(order[i]) ? 1 : 0);
        rank = next;
        if (rank[order[n - 1]] == static_cast<std::int64_t>(n) - 1) break;
    }
    std::size_t longest = 0;
    std::size_t common = 0;
    for (std::size_t i = 0; i < n && n > 1; ++i) {
        if (rank[i] == 0) {
            common = 0;
            continue;
        }
        const std::size_t before = order[static_cast<std::size_t>(rank[i]) - 1];
        while (i + common < n && before + common < n && words[i + common] == words[before + common]) ++common;
        longest = std::max(longest, common);
        if (common > 0) --common;
    }
    return static_cast<std::int64_t>(longest);
}

std::int64_t repeatedSentences(const std::vector<std::vector<std::string>>& sentences) {
    std::set<std::vector<std::string>> seen;
    std::int64_t repeated = 0;
    for (const auto& sentence : sentences) {
        if (sentence.size() >= kShortestSentence && !seen.insert(sentence).second) ++repeated;
    }
    return repeated;
}

std::vector<std::string> wantedWords(const ScoreRequest& request) {
    std::vector<std::string> wanted;
    const auto add = [&](std::string word) {
        if (std::find(wanted.begin(), wanted.end(), word) == wanted.end()) wanted.push_back(std::move(word));
    };
    for (const std::string& asked : request.wanted) {
        for (std::string& word : wordsOf(asked)) add(std::move(word));
    }
    if (!request.wanted.empty()) return wanted;
    for (std::string& word : wordsOf(request.prompt)) {
        if (!isFunctionWord(word)) add(std::move(word));
    }
    return wanted;
}

bool isNumber(const std::string& word) { return word.find_first_not_of("0123456789") == std::string::npos; }

void judgeSpelling(const std::vector<std::string>& words, const ScoreRequest& request, Scorecard& card) {
    if (request.vocabulary == nullptr) return;
    const WordSet prompt = wordSet(request.prompt);
    WordSet listed;
    card.misspelt = 0;
    for (const std::string& word : words) {
        if (request.vocabulary->contains(word) || prompt.contains(word) || isNumber(word)) continue;
        ++*card.misspelt;
        if (listed.size() < kMostListed && listed.insert(word).second) card.misspeltWords.push_back(word);
    }
}

}  // namespace

double Scorecard::wantedShare() const {
    return wanted.empty() ? 1.0 : static_cast<double>(used.size()) / static_cast<double>(wanted.size());
}

std::optional<double> Scorecard::spelledShare() const {
    if (!misspelt) return std::nullopt;
    return words == 0 ? 1.0 : 1.0 - static_cast<double>(*misspelt) / static_cast<double>(words);
}

Scorecard scoreStory(std::string_view text, const ScoreRequest& request) {
    const std::vector<std::string> words = wordsOf(text);
    const std::vector<std::vector<std::string>> sentences = sentencesOf(text);
    const std::vector<std::int64_t> numbers = numbered(words);
    const WordSet distinct(words.begin(), words.end());
    Scorecard card;
    card.characters = std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    card.words = std::ssize(words);
    card.distinctWords = std::ssize(distinct);
    card.sentences = std::ssize(sentences);
    card.wordsPerSentence = sentences.empty() ? 0 : static_cast<double>(words.size()) / static_cast<double>(sentences.size());
    for (std::size_t n = 1; n <= card.distinct.size(); ++n) card.distinct[n - 1] = distinctShare(numbers, n);
    card.repetition = repeatedShare(numbers);
    card.longestRepeat = longestRepeat(numbers);
    card.repeatedSentences = repeatedSentences(sentences);
    card.wanted = wantedWords(request);
    std::copy_if(card.wanted.begin(), card.wanted.end(), std::back_inserter(card.used),
                 [&](const std::string& word) { return distinct.contains(word); });
    judgeSpelling(words, request, card);
    return card;
}

}  // namespace loom
