// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace loom {
namespace {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
};

/// The character at `at`; a byte that starts none stands for itself.
Character characterAt(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (bytes == 1 || at + bytes > text.size()) return {first, 1};
    char32_t code = first & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) code = (code << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    return {code, bytes};
}

bool isLetter(char32_t c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c < 0xC0) return false;                   // Latin-1 punctuation and signs
    if (c == 0xD7 || c == 0xF7) return false;     // × ÷
    if (c >= 0x2000 && c < 0x2C00) return false;  // punctuation, arrows, signs, shapes
    if (c >= 0x3000 && c < 0x3040) return false;  // punctuation of Chinese and Japanese
    return c < 0xFE00 || c >= 0x20000;            // variation selectors, replacement character, pictures
}

bool isApostrophe(char32_t c) { return c == '\'' || c == 0x2019; }
bool endsSentence(char32_t c) { return c == '.' || c == '!' || c == '?' || c == 0x2026; }

/// Calls word(std::string) and end() as they come.
template <class Word, class End>
void scan(std::string_view text, Word&& word, End&& end) {
    std::string current;
    const auto finish = [&] {
        if (!current.empty()) word(std::exchange(current, {}));
    };
    for (std::size_t at = 0; at < text.size();) {
        const Character c = characterAt(text, at);
        const std::size_t next = at + c.bytes;
        if (isLetter(c.code)) {
            for (std::size_t i = at; i < next; ++i) {
                const char byte = text[i];
                current += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
            }
        } else if (isApostrophe(c.code) && !current.empty() && next < text.size() && isLetter(characterAt(text, next).code)) {
            current += '\'';
        } else {
            finish();
            if (endsSentence(c.code)) end();
        }
        at = next;
    }
    finish();
    end();
}

constexpr std::array<std::string_view, 92> kFunctionWords{
    "a",    "about", "after", "again", "all",   "also", "am",   "an",   "and",   "any",  "are",  "as",   "at",   "be",   "because", "been",
    "but",  "by",    "came",  "can",   "could", "day",  "did",  "do",   "down",  "for",  "from", "get",  "go",   "got",  "had",     "has",
    "have", "he",    "her",   "him",   "his",   "how",  "i",    "if",   "in",    "into", "is",   "it",   "its",  "just", "like",    "me",
    "my",   "no",    "not",   "of",    "on",    "once", "one",  "or",   "out",   "over", "said", "saw",  "she",  "so",   "some",    "that",
    "the",  "their", "them",  "then",  "there", "they", "this", "time", "to",    "too",  "two",  "up",   "upon", "us",   "very",    "was",
    "we",   "went",  "were",  "what",  "when",  "who",  "will", "with", "would", "you",  "your", "yours"};
static_assert(std::is_sorted(kFunctionWords.begin(), kFunctionWords.end()));

}  // namespace

std::vector<std::string> wordsOf(std::string_view text) {
    std::vector<std::string> words;
    scan(
        text, [&](std::string word) { words.push_back(std::move(word)); }, [] {});
    return words;
}

std::vector<std::vector<std::string>> sentencesOf(std::string_view text) {
    std::vector<std::vector<std::string>> sentences;
    std::vector<std::string> current;
    scan(
        text, [&](std::string word) { current.push_back(std::move(word)); },
        [&] {
            if (!current.empty()) sentences.push_back(std::exchange(current, {}));
        });
    return sentences;
}

WordSet wordSet(std::string_view text) {
    WordSet words;
    scan(
        text, [&](std::string word) { words.insert(std::move(word)); }, [] {});
    return words;
}

bool isFunctionWord(std::string_view word) { return std::binary_search(kFunctionWords.begin(), kFunctionWords.end(), word); }

}  // namespace loom
